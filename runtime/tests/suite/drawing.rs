//! What a model draws, and how it is shown.

use embedded_graphics::image::Image;
use embedded_graphics::mock_display::MockDisplay;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, GrayColor, Rgb565, RgbColor};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use pixling::{Model, Request, Temperature, Way};
use pixling_test_support::small::{self, ARENA, CLASSES, COMPONENTS, LATENT, file};
use std::ops::Range;

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

/// Means and deviations, in steps, of the Gaussians in `bytes`.
fn coded(bytes: &[u8], dimensions: usize, unit: u16) -> Vec<(Vec<i8>, Vec<f64>)> {
    let normals = bytes.chunks_exact(dimensions + dimensions.div_ceil(2));
    let normal = |bytes: &[u8]| {
        let means = bytes[..dimensions].iter().map(|mean| *mean as i8);
        let code = |d: usize| bytes[dimensions + d / 2] >> (d % 2 * 4) & 15;
        let deviation = |d| match code(d) {
            0 => 0.0,
            code => f64::from(unit) / 256.0 * 2f64.powf(f64::from(code - 1) / 4.0),
        };
        (means.collect(), (0..dimensions).map(deviation).collect())
    };
    normals.map(normal).collect()
}

/// Counts which of some means are drawn, in proportion to their weights and 1; gives the one of each draw.
fn choices(draws: &[Vec<i8>], normals: &[(Vec<i8>, Vec<f64>)], weights: &[u8]) -> Vec<usize> {
    let choice = |draw: &Vec<i8>| {
        let found = normals.iter().position(|(means, _)| means == draw);
        found.unwrap_or_else(|| panic!("{draw:?} is no mean"))
    };
    let choices: Vec<usize> = draws.iter().map(choice).collect();
    let total: f64 = weights.iter().map(|weight| f64::from(*weight) + 1.0).sum();
    for (index, weight) in weights.iter().enumerate() {
        let expected = draws.len() as f64 * (f64::from(*weight) + 1.0) / total;
        let count = choices.iter().filter(|&&choice| choice == index).count() as f64;
        let bound = 5.0 * expected.sqrt().max(1.0);
        assert!(
            (count - expected).abs() < bound,
            "{index}: {count}, not {expected}"
        );
    }
    choices
}

/// Draws of a Gaussian have its deviations, in dimensions where next to none saturates.
fn have_deviations(draws: &[Vec<i8>], normals: &[(Vec<i8>, Vec<f64>)], choices: &[usize]) -> usize {
    let mut measured = 0;
    for (index, (means, deviations)) in normals.iter().enumerate() {
        for (d, (mean, deviation)) in means.iter().zip(deviations).enumerate() {
            let mean = f64::from(*mean);
            if mean.abs() + 3.5 * deviation > 127.0 {
                continue;
            }
            let own = draws
                .iter()
                .zip(choices)
                .filter(|(_, choice)| **choice == index);
            let squares: Vec<f64> = own.map(|(z, _)| (f64::from(z[d]) - mean).powi(2)).collect();
            let variance = squares.iter().sum::<f64>() / squares.len() as f64;
            // Rounding to a step adds a twelfth.
            if *deviation == 0.0 {
                assert_eq!(variance, 0.0);
                continue;
            }
            let ratio = variance / (deviation * deviation + 1.0 / 12.0);
            let bound = 6.0 * (2.0 / squares.len() as f64).sqrt();
            assert!(
                (ratio - 1.0).abs() < bound,
                "{index} {d}: {ratio} of {deviation}"
            );
            measured += 1;
        }
    }
    measured
}

#[test]
fn a_mixture_is_drawn_as_the_format_says() {
    let parts = small::mixed(small::MIXED);
    let file = small::file_of(&parts);
    let model = Model::load(&file).unwrap();
    let mixture = parts.mixture.unwrap();
    assert_eq!([model.components(), model.styles()], COMPONENTS);
    let components = usize::from(mixture.components);
    let styles = coded(&mixture.styles, 2, mixture.unit);
    let all = coded(&mixture.normals, 6, mixture.unit);
    for class in 0..CLASSES {
        let first = usize::from(class) * components;
        let normals = &all[first..][..components];
        let weights = &mixture.weights[first..][..components];
        let draws = |way, temperature| -> Vec<Vec<i8>> {
            let draw = |seed| {
                let request = Request {
                    way,
                    z_s_temperature: temperature,
                    z_u_temperature: temperature,
                    ..Request::new(class, seed)
                };
                let mut latent = vec![0; LATENT.into()];
                model.sample(&request, &mut latent).unwrap();
                latent
            };
            (0..4000).map(draw).collect()
        };
        let part = |draws: &[Vec<i8>], dimensions: Range<usize>| -> Vec<Vec<i8>> {
            draws
                .iter()
                .map(|it| it[dimensions.clone()].to_vec())
                .collect()
        };
        let cut = |normals: &[(Vec<i8>, Vec<f64>)], dimensions: Range<usize>| {
            let cut = normals.iter().map(|(means, deviations)| {
                (
                    means[dimensions.clone()].to_vec(),
                    deviations[dimensions.clone()].to_vec(),
                )
            });
            cut.collect::<Vec<_>>()
        };
        let [cold, hot] = [Temperature::ZERO, Temperature::ONE].map(|it| draws(Way::Joint, it));
        let chosen = choices(&cold, normals, weights);
        assert!(have_deviations(&hot, normals, &chosen) > 4);

        // The same components of `z_s`, and styles of their own.
        let [cold, hot] = [Temperature::ZERO, Temperature::ONE].map(|it| draws(Way::Styled, it));
        let z_s = cut(normals, 0..4);
        assert_eq!(choices(&part(&cold, 0..4), &z_s, weights), chosen);
        let styled = choices(&part(&cold, 4..6), &styles, &mixture.style_weights);
        assert!(have_deviations(&part(&hot, 4..6), &styles, &styled) > 2);
    }
}

#[test]
fn a_style_of_a_mixture_is_shared_where_it_is_asked_for() {
    let file = small::file_of(&small::mixed(small::MIXED));
    let model = Model::load(&file).unwrap();
    let style = |class, seed, way| {
        let mut latent = [0; LATENT as usize];
        let request = Request {
            style: 11,
            way,
            ..Request::new(class, seed)
        };
        model.sample(&request, &mut latent).unwrap();
        [latent[4], latent[5]]
    };
    for class in 0..CLASSES {
        for seed in 0..20 {
            assert_eq!(style(class, seed, Way::Styled), style(0, 0, Way::Styled));
        }
    }
    assert_ne!(style(0, 1, Way::Joint), style(1, 1, Way::Joint));
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
