//! A model in flash that is not memory-mapped draws what it draws in memory, and is refused for the same reasons.

use crate::common::Rom;
use pixling::flash::{PagedError, PagedModel};
use pixling::write::{seal, to_bytes};
use pixling::{
    Activation, FORMAT_VERSION, GenerateError, HEADER_BYTES, LoadError, Model, Operator, Request,
    SelfTestError, Step, Way, Window,
};
use pixling_test_support::small::{
    self, ALL_INT4, ALL_INT8, ARENA, CLASSES, MIXED, MODULATED_ARENA, file, file_of,
};
use pixling_test_support::{Network, same, shape};

/// More than any model here needs.
const BUFFER: usize = 2048;

fn load_error<const READ: usize>(bytes: &[u8]) -> LoadError {
    let end = bytes.len() as u32;
    match PagedModel::load(Rom::<READ>::new(bytes), 0..end, &mut [0; BUFFER]).err() {
        Some(PagedError::Load(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Every picture of the file, by buffers from the smallest to one that holds all of the file.
fn same_pictures<const READ: usize>(bytes: &[u8], before: usize) {
    let model = Model::load(bytes).unwrap();
    let mut flash = vec![0xa5; before];
    flash.extend_from_slice(bytes);
    flash.resize(flash.len().next_multiple_of(READ), 0xff);
    let range = before as u32..flash.len() as u32;
    let least = model.page_bytes(READ);
    for size in [0, 1, 17, 64, 200, bytes.len() / 2, bytes.len() + 100].map(|more| least + more) {
        let mut buffer = vec![0; size];
        let mut paged =
            PagedModel::load(Rom::<READ>::new(&flash), range.clone(), &mut buffer).unwrap();
        assert_eq!(paged.arena_bytes(), model.arena_bytes());
        assert_eq!(paged.rows_arena_bytes(), model.rows_arena_bytes());
        assert_eq!(paged.file_bytes(), bytes.len());
        assert_eq!(
            (paged.classes(), paged.macs()),
            (model.classes(), model.macs())
        );
        assert_eq!(
            (paged.width(), paged.height(), paged.channels()),
            (model.width(), model.height(), model.channels())
        );
        let (mut arena, mut other) = (
            vec![0x5a; MODULATED_ARENA + 100],
            vec![0xa5; MODULATED_ARENA + 100],
        );
        paged.self_test(&mut arena).unwrap();
        let ways = [Way::Joint, Way::Styled];
        for (class, way) in (0..CLASSES).flat_map(|class| ways.map(|way| (class, way))) {
            let request = Request {
                way,
                ..Request::new(class, u64::from(class) + 40)
            };
            let expected = model.generate(&request, &mut other).unwrap();
            let picture = paged.generate(&request, &mut arena).unwrap();
            assert_eq!(picture, expected);
            let mut rows = paged.rows(&request, &mut arena).unwrap();
            let mut from_rows = Vec::new();
            while let Some(row) = rows.next_row().unwrap() {
                from_rows.extend_from_slice(row);
            }
            assert_eq!(from_rows, expected.pixels());
            assert_eq!(rows.step().unwrap(), Step::Done);
        }
        paged.take_traffic();
        paged.generate(&Request::new(0, 0), &mut arena).unwrap();
        let traffic = paged.take_traffic();
        if size > least + bytes.len() {
            assert_eq!((traffic.reads, traffic.bytes), (0, 0), "all of it is kept");
        } else if size == least {
            assert!(traffic.reads > 0 && traffic.bytes > 0);
        }
    }
}

#[test]
fn pictures_are_those_of_a_file_in_memory() {
    let mut mirrored = small::parts(ALL_INT8);
    mirrored.pixels = (127..=255).collect();
    same_pictures::<1>(&file_of(&mirrored), 7);
    same_pictures::<4>(&file_of(&mirrored), 0);
    let mixed = file_of(&small::mixed(ALL_INT4));
    same_pictures::<1>(&mixed, 3);
    same_pictures::<32>(&mixed, 64);
    for before in [0, 1, 7, 64] {
        same_pictures::<1>(&file(), before);
        same_pictures::<2>(&file(), before);
        same_pictures::<4>(&file(), before);
        same_pictures::<32>(&file(), before);
    }
    // Weights of four bits in some of the layers.
    for layers in 0..16 {
        let codings = std::array::from_fn(|index| {
            let of = if layers >> index & 1 == 0 {
                ALL_INT8
            } else {
                ALL_INT4
            };
            of[index]
        });
        let file = file_of(&small::parts(codings));
        same_pictures::<1>(&file, 5);
        same_pictures::<4>(&file, 0);
    }
    same_pictures::<4>(include_bytes!("../../../tests/golden/format-2.pxl"), 2);
    for codings in [ALL_INT8, ALL_INT4, MIXED] {
        let modulated = file_of(&small::modulated(codings));
        same_pictures::<1>(&modulated, 5);
        same_pictures::<32>(&modulated, 0);
    }
    // In colour.
    let parts = small::parts(ALL_INT8);
    let colours = to_bytes(&parts.contents(&parts.layers()[..3], &[])).unwrap();
    same_pictures::<4>(&colours, 3);
}

#[test]
fn the_smallest_buffer_works_and_one_byte_less_is_refused() {
    fn check<const READ: usize>() {
        let file = file();
        let least = Model::load(&file).unwrap().page_bytes(READ);
        let mut flash = file.clone();
        flash.resize(4096, 0xff);
        let mut buffer = vec![0; least];
        let mut load = |size: usize| {
            PagedModel::load(Rom::<READ>::new(&flash), 0..4096, &mut buffer[..size])
                .map(|mut paged| paged.self_test(&mut [0; ARENA]).unwrap())
        };
        load(least).unwrap();
        let refused = |found| PagedError::BufferTooSmall {
            needed: least,
            found,
        };
        assert_eq!(load(least - 1).unwrap_err(), refused(least - 1));
        // So small that the file cannot be read: the least for any model.
        let Err(PagedError::BufferTooSmall { needed, found: 100 }) = load(100) else {
            panic!("a hundred bytes are enough");
        };
        // With that much it is read, and tells its own needs.
        assert!(needed < least);
        assert_eq!(load(needed).unwrap_err(), refused(needed));
    }
    check::<1>();
    check::<4>();
    check::<32>();
}

/// Of the layers that need less of a page, more channels are read together. With the smallest blocks it takes 78 reads.
#[test]
fn blocks_fill_the_page() {
    let file = file_of(&small::modulated(MIXED));
    let mut buffer = vec![0; Model::load(&file).unwrap().page_bytes(1)];
    let mut paged =
        PagedModel::load(Rom::<1>::new(&file), 0..file.len() as u32, &mut buffer).unwrap();
    paged.take_traffic();
    paged
        .generate(&Request::new(0, 0), &mut [0; MODULATED_ARENA])
        .unwrap();
    assert_eq!(paged.take_traffic().reads, 66);
}

#[test]
fn a_file_cut_at_any_byte_is_refused_alike() {
    let file = file();
    for length in 0..file.len() {
        let cut = &file[..length];
        assert_eq!(load_error::<1>(cut), Model::load(cut).unwrap_err());
    }
}

#[test]
fn a_flip_of_any_bit_is_refused_alike() {
    let file = file();
    for bit in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            load_error::<1>(&damaged),
            Model::load(&damaged).unwrap_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn other_files_are_told_apart() {
    assert_eq!(load_error::<1>(b"\x89PNG\r\n\x1a\n"), LoadError::NotAModel);
    let mut future = file();
    future[4] += 1;
    assert_eq!(
        load_error::<1>(&future),
        LoadError::UnsupportedVersion {
            found: FORMAT_VERSION + 1
        }
    );
}

/// Behind a checksum that was made to fit, a file is refused with the same section, offset and rule, or draws the same.
#[test]
fn a_forged_payload_is_refused_alike_or_draws_alike() {
    forged_payloads(&file());
    forged_payloads(&file_of(&small::modulated(MIXED)));
}

fn forged_payloads(file: &[u8]) {
    let payload = &file[HEADER_BYTES..];
    let (mut refused, mut drawn) = (0, 0);
    let mut attempt = |payload: &[u8]| {
        let bytes = seal(payload).unwrap();
        let end = bytes.len() as u32;
        // So large that no forged layer is refused for its page.
        let mut buffer = vec![0; 1 << 16];
        let paged = PagedModel::load(Rom::<1>::new(&bytes), 0..end, &mut buffer);
        match (Model::load(&bytes), paged) {
            (Err(expected), Err(PagedError::Load(found))) => {
                assert_eq!(found, expected);
                refused += 1;
            }
            (Ok(model), Ok(mut paged)) => {
                let (mut arena, mut other) =
                    (vec![0; model.arena_bytes()], vec![0; model.arena_bytes()]);
                let request = Request::new(0, 1);
                let expected = model.generate(&request, &mut arena).unwrap();
                assert_eq!(paged.generate(&request, &mut other).unwrap(), expected);
                drawn += 1;
            }
            (expected, found) => panic!("{expected:?}, {:?}", found.map(|_| ())),
        }
    };
    for index in 0..payload.len() {
        attempt(&payload[..index]);
        // Every value of every byte is tried on a file in memory; here those on either side of what is decoded.
        for value in [0, 1, 2, 3, 4, 10, 13, 127, 128, 129, 192, 255] {
            let mut forged = payload.to_vec();
            forged[index] = value;
            attempt(&forged);
        }
    }
    assert!(
        refused > 1_000 && drawn > 1_000,
        "{refused} refused, {drawn} drawn"
    );
}

#[test]
fn texts_of_many_pages_are_read_to_their_end() {
    let parts = small::parts(ALL_INT8);
    let layers = parts.layers();
    // Characters of two and three bytes that straddle pieces of every size.
    let long = "äö日本\n".repeat(100);
    let mut contents = parts.contents(&layers, &[]);
    contents.name = &long;
    contents.licence = "x";
    same_pictures::<1>(&to_bytes(&contents).unwrap(), 0);
    // Bytes that are no text, at each of the ends.
    let bytes = to_bytes(&contents).unwrap();
    for index in [0, 1, 300, long.len() - 2] {
        let mut payload = bytes[HEADER_BYTES..].to_vec();
        payload[2 + index] = 0xff;
        let forged = seal(&payload).unwrap();
        assert_eq!(load_error::<1>(&forged), Model::load(&forged).unwrap_err());
    }
}

#[test]
fn errors_say_the_numbers_and_the_remedy() {
    let text = |error: PagedError<&str>| error.to_string();
    assert_eq!(
        text(PagedError::Read("no answer")),
        "the flash cannot be read: \"no answer\""
    );
    let (needed, found) = (129, 128);
    assert_eq!(
        text(PagedError::BufferTooSmall { needed, found }),
        "the buffer is too small: 129 bytes needed, 128 given"
    );
    let (needed, most) = (101, 100);
    assert_eq!(
        text(PagedError::TooMuchWork { needed, most }),
        "a picture takes 101 multiply-accumulates, an update at most 100"
    );
    let changed = text(PagedError::Changed);
    assert!(changed.ends_with("load it again"), "{changed}");
    // Errors of a file are the same as in memory.
    let refused = Model::load(b"PXL").unwrap_err();
    assert_eq!(text(refused.into()), refused.to_string());
}

#[test]
fn a_request_is_refused_alike() {
    let file = file();
    let end = file.len() as u32;
    let mut buffer = [0; BUFFER];
    let mut paged = PagedModel::load(Rom::<1>::new(&file), 0..end, &mut buffer).unwrap();
    let error = paged
        .generate(&Request::new(CLASSES, 0), &mut [0; ARENA])
        .unwrap_err();
    assert_eq!(
        error,
        PagedError::Generate(GenerateError::NoSuchClass {
            class: CLASSES,
            classes: CLASSES
        })
    );
    let error = paged
        .generate(&Request::new(0, 0), &mut [0; ARENA - 1])
        .unwrap_err();
    let too_small = GenerateError::ArenaTooSmall {
        needed: ARENA,
        found: ARENA - 1,
    };
    assert_eq!(error, PagedError::Generate(too_small));
}

#[test]
fn a_golden_picture_that_differs_is_named() {
    let mut payload = file()[HEADER_BYTES..].to_vec();
    // The last golden checksum stands before the number of layers.
    let model = file();
    let model = Model::load(&model).unwrap();
    let checksum = model.golden()[1].checksum;
    let mut varint = Vec::new();
    let mut rest = checksum;
    while rest >= 0x80 {
        varint.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    varint.push(rest as u8);
    let at = payload
        .windows(varint.len())
        .position(|it| it == varint)
        .unwrap();
    payload[at] ^= 1;
    let forged = seal(&payload).unwrap();
    let end = forged.len() as u32;
    let mut buffer = [0; BUFFER];
    let mut paged = PagedModel::load(Rom::<1>::new(&forged), 0..end, &mut buffer).unwrap();
    assert_eq!(
        paged.self_test(&mut [0; ARENA]).unwrap_err(),
        PagedError::SelfTest(SelfTestError::Differs {
            golden: 1,
            expected: checksum ^ 1,
            found: checksum
        })
    );
}

/// A read that fails, whichever it is, is told; the same step then succeeds.
#[test]
fn a_step_that_could_not_read_may_be_tried_again() {
    steps_that_could_not_read(&file());
    steps_that_could_not_read(&file_of(&small::modulated(MIXED)));
}

fn steps_that_could_not_read(file: &[u8]) {
    let least = Model::load(file).unwrap().page_bytes(1);
    let end = file.len() as u32;
    let request = Request::new(1, 9);
    let mut arena = [0; MODULATED_ARENA];
    let expected = Model::load(file).unwrap();
    let expected = expected.generate(&request, &mut arena).unwrap();

    let rom = Rom::<1>::new(file);
    let fails = rom.fails.clone();
    let mut buffer = vec![0; least];
    let mut paged = PagedModel::load(rom, 0..end, &mut buffer).unwrap();
    let mut other = [0; MODULATED_ARENA];
    let mut rows = paged.rows(&request, &mut other).unwrap();
    let (mut pixels, mut failures) = (Vec::new(), 0);
    for number in 0.. {
        // The first, second or third read of this step.
        fails.set(Some(number % 3));
        let step = match rows.step() {
            Err(PagedError::Read(_)) => {
                failures += 1;
                fails.set(None);
                rows.step().unwrap()
            }
            step => step.unwrap(),
        };
        fails.set(None);
        match step {
            Step::Layer(_) => {}
            Step::Row(_) => pixels.extend_from_slice(rows.row()),
            Step::Done => break,
        }
    }
    assert_eq!(pixels, expected.pixels());
    assert!(failures > 10, "{failures}");
}

/// Another file appears in the place of the one that was loaded: no picture is made of what no longer fits.
#[test]
fn a_file_that_changed_its_shapes_is_refused() {
    shapes_that_changed(&file());
    shapes_that_changed(&file_of(&small::modulated(MIXED)));
}

fn shapes_that_changed(file: &[u8]) {
    let least = Model::load(file).unwrap().page_bytes(1);
    let payload = file.len() - HEADER_BYTES;
    let (mut told, mut drawn) = (0, 0);
    for index in 0..payload {
        let rom = Rom::<1>::new(file);
        let bytes = rom.bytes.clone();
        let mut buffer = vec![0; least];
        let mut paged = PagedModel::load(rom, 0..file.len() as u32, &mut buffer).unwrap();
        bytes.borrow_mut()[HEADER_BYTES + index] ^= 0x1f;
        match paged.generate(&Request::new(0, 0), &mut [0; MODULATED_ARENA]) {
            Err(PagedError::Changed) => told += 1,
            // A number of a table.
            Ok(_) => drawn += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(told > 20 && drawn > 100, "{told} told, {drawn} drawn");
}

/// Layers that pass every check and whose tables are as long as before, in a picture or rings of another size.
#[test]
fn other_layers_of_the_same_length_are_refused() {
    let file = file();
    // The last layer: a convolution, its window, its output.
    let last = [1, 3, 3, 1, 1, 1, 6, 4, 1];
    let at = file.windows(last.len()).position(|it| it == last).unwrap();
    for other in [[1, 9, 1, 1, 4, 0, 6, 4, 1], [1, 3, 3, 1, 1, 1, 5, 4, 1]] {
        let rom = Rom::<1>::new(&file);
        let bytes = rom.bytes.clone();
        let least = Model::load(&file).unwrap().page_bytes(1);
        let mut buffer = vec![0; least];
        let mut paged = PagedModel::load(rom, 0..file.len() as u32, &mut buffer).unwrap();
        bytes.borrow_mut()[at..][..other.len()].copy_from_slice(&other);
        let whole = seal(&bytes.borrow()[HEADER_BYTES..]).unwrap();
        assert!(Model::load(&whole).is_ok(), "{other:?}");
        let error = paged
            .generate(&Request::new(0, 0), &mut [0; ARENA])
            .unwrap_err();
        assert_eq!(error, PagedError::Changed);
        let error = paged
            .rows(&Request::new(0, 0), &mut [0; ARENA])
            .err()
            .unwrap();
        assert_eq!(error, PagedError::Changed);
    }
}

/// A file of one layer in the place of a file of two, as long and with an arena as large.
#[test]
fn a_file_of_fewer_layers_is_refused() {
    let network = |layers: &[(Operator, u16)], int4| {
        let layer = |&(operator, channels)| (operator, shape(1, 1, channels), Activation::Linear);
        let network = Network {
            name: "pixel".into(),
            latent: 4,
            layers: layers.iter().map(layer).collect(),
            int4,
        };
        network.file(1)
    };
    let two = network(&[(Operator::Dense, 19), (Operator::Conv2d(same(1)), 3)], 1);
    let window = Window {
        kernel_height: 3,
        kernel_width: 7,
        stride: 1,
        padding_top: 2,
        padding_left: 6,
    };
    let one = network(&[(Operator::Conv2d(window), 3)], 0);
    let model = Model::load(&two).unwrap();
    let arena = |file: &[u8]| Model::load(file).unwrap().arena_bytes();
    assert_eq!((one.len(), arena(&one)), (two.len(), arena(&two)));

    let rom = Rom::<1>::new(&two);
    let bytes = rom.bytes.clone();
    let mut buffer = vec![0; model.page_bytes(1)];
    let mut paged = PagedModel::load(rom, 0..two.len() as u32, &mut buffer).unwrap();
    assert_eq!(paged.macs(), model.macs());
    bytes.borrow_mut()[..one.len()].copy_from_slice(&one);
    let mut arena = vec![0x5a; model.arena_bytes()];
    let error = paged.generate(&Request::new(0, 0), &mut arena);
    assert_eq!(error.unwrap_err(), PagedError::Changed);
}
