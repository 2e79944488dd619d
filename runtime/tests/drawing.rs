//! What a model draws, and how it is shown.

use embedded_graphics::image::Image;
use embedded_graphics::mock_display::MockDisplay;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, GrayColor, Rgb565, RgbColor};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use pixling::{Model, Request, Temperature};
use pixling_test_support::small::{self, ARENA, CLASSES, LATENT, file};

fn pixels(model: &Model<'_>, request: &Request) -> Vec<u8> {
    let mut arena = vec![0; model.arena_bytes()];
    model
        .generate(request, &mut arena)
        .unwrap()
        .pixels()
        .to_vec()
}

#[test]
fn the_same_request_draws_the_same_bytes_whatever_the_arena_held() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let request = Request::new(1, 99);
    let expected = pixels(&model, &request);
    for fill in [0x00, 0x80, 0xff] {
        let mut arena = vec![fill; ARENA + 100];
        assert_eq!(
            model.generate(&request, &mut arena).unwrap().pixels(),
            expected
        );
    }
}

#[test]
fn seeds_styles_and_classes_change_the_picture() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let request = Request::new(1, 5);
    let base = pixels(&model, &request);
    assert_ne!(base, pixels(&model, &Request { seed: 6, ..request }));
    assert_ne!(
        base,
        pixels(
            &model,
            &Request {
                style: 6,
                ..request
            }
        )
    );
    assert_ne!(
        base,
        pixels(
            &model,
            &Request {
                class: 2,
                ..request
            }
        )
    );
}

#[test]
fn temperature_zero_draws_the_mean() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let cold = |seed| Request {
        z_s_temperature: Temperature::ZERO,
        z_u_temperature: Temperature::ZERO,
        ..Request::new(2, seed)
    };
    assert_eq!(pixels(&model, &cold(1)), pixels(&model, &cold(2)));
}

#[test]
fn style_is_shared_between_classes() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let mut latents = Vec::new();
    for class in 0..CLASSES {
        let mut latent = [0; LATENT as usize];
        model.sample(&Request::new(class, 11), &mut latent).unwrap();
        latents.push(latent);
    }
    assert_eq!(latents[0][4..], latents[1][4..]);
    assert_ne!(latents[0][..4], latents[1][..4]);
}

#[test]
fn decoding_a_sampled_latent_is_generating() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let request = Request::new(0, 3);
    let mut latent = [0; LATENT as usize];
    model.sample(&request, &mut latent).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model.decode(&latent, &mut arena).unwrap();
    assert_eq!(picture.pixels(), pixels(&model, &request));
    assert!(model.decode(&latent[1..], &mut [0; ARENA]).is_err());
}

#[test]
fn the_self_test_notices_a_changed_weight() {
    let parts = small::parts(small::MIXED);
    let mut changed = small::parts(small::MIXED);
    changed.packed[3].weights[0] ^= 0x40;
    let golden = Model::load(&file()).unwrap().golden().to_vec();
    for (parts, passes) in [(parts, true), (changed, false)] {
        let layers = parts.layers();
        let file = pixling::write::to_bytes(&parts.contents(&layers, &golden)).unwrap();
        let model = Model::load(&file).unwrap();
        assert_eq!(model.self_test(&mut [0; ARENA]).is_ok(), passes);
    }
}

#[test]
fn a_picture_is_drawn_in_grey_and_in_colour() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let mut arena = [0; ARENA];
    let picture = model.generate(&Request::new(1, 4), &mut arena).unwrap();

    let mut display = MockDisplay::<Gray8>::new();
    Image::new(&picture.gray(), Point::new(2, 3))
        .draw(&mut display)
        .unwrap();
    for y in 0..6 {
        for x in 0..4 {
            let drawn = display.get_pixel(Point::new(x + 2, y + 3)).unwrap();
            assert_eq!(drawn.luma(), picture.pixel(x as u16, y as u16).unwrap()[0]);
        }
    }

    let mut display = MockDisplay::<Rgb565>::new();
    Image::new(&picture.rgb565(), Point::zero())
        .draw(&mut display)
        .unwrap();
    for y in 0..6 {
        for x in 0..4 {
            let drawn = display.get_pixel(Point::new(x, y)).unwrap();
            let grey = f64::from(picture.pixel(x as u16, y as u16).unwrap()[0]);
            assert_eq!(f64::from(drawn.r()), (grey * 31.0 / 255.0).round());
            assert_eq!(f64::from(drawn.g()), (grey * 63.0 / 255.0).round());
        }
    }
}

#[test]
fn a_part_of_a_picture_is_the_same_part_dithered() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let mut arena = [0; ARENA];
    let picture = model.generate(&Request::new(1, 4), &mut arena).unwrap();
    let dithered = picture.dithered();
    let mut whole = MockDisplay::<BinaryColor>::new();
    Image::new(&dithered, Point::zero())
        .draw(&mut whole)
        .unwrap();
    let mut part = MockDisplay::<BinaryColor>::new();
    let area = Rectangle::new(Point::new(1, 2), Size::new(2, 3));
    Image::new(&dithered.sub_image(&area), Point::zero())
        .draw(&mut part)
        .unwrap();
    for y in 0..3 {
        for x in 0..2 {
            assert_eq!(
                part.get_pixel(Point::new(x, y)),
                whole.get_pixel(Point::new(x + 1, y + 2))
            );
        }
    }
}
