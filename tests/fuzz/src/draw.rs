//! Whatever a model file is, both readers say the same of it, and what they draw is the same in every way to draw.

use crate::rules;
use embedded_storage::nor_flash::{
    ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_read,
};
use pixling::flash::{PagedError, PagedModel};
use pixling::{GenerateError, LoadError, Model, Request, Temperature, Way};

/// Models that compute more are only begun: a target must stay fast.
const MOST_MACS: u64 = 1 << 18;
/// Models with larger arenas are only loaded.
const MOST_ARENA: usize = 1 << 20;
/// Steps of what is only begun.
const FIRST_STEPS: usize = 16;

/// A driver's failure: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Never;

impl NorFlashError for Never {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Flash that is read in words of `READ` bytes, with the file somewhere in it.
struct Rom<const READ: usize>(Vec<u8>);

impl<const READ: usize> ErrorType for Rom<READ> {
    type Error = Never;
}

impl<const READ: usize> ReadNorFlash for Rom<READ> {
    const READ_SIZE: usize = READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Never> {
        let allowed = check_read(self, offset, bytes.len());
        assert_eq!(allowed, Ok(()), "{} bytes read at {offset}", bytes.len());
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

/// Loads the bytes from memory and through a driver, and draws where they are a model. Says whether they are.
pub(crate) fn load_and_draw(bytes: &[u8], noise: u64) -> Result<(), LoadError> {
    match noise % 3 {
        0 => with_words::<1>(bytes, noise),
        1 => with_words::<4>(bytes, noise),
        _ => with_words::<32>(bytes, noise),
    }
}

fn with_words<const READ: usize>(bytes: &[u8], noise: u64) -> Result<(), LoadError> {
    let before = noise as usize % 40;
    let mut flash = vec![0xa5; before];
    flash.extend_from_slice(bytes);
    let range = before as u32..flash.len() as u32;
    flash.resize(flash.len().next_multiple_of(READ), 0xff);
    let rom = Rom::<READ>(flash);

    let model = match Model::load(bytes) {
        Ok(model) => model,
        Err(error) => {
            // As much as any file can be checked with.
            let found = PagedModel::load(rom, range, &mut [0; 1024]).err();
            assert_eq!(found, Some(PagedError::Load(error)));
            return Err(error);
        }
    };
    rules::are_kept(&model);
    let needed = model.page_bytes(READ);
    let mut buffer = vec![0; needed + (noise >> 8) as usize % (bytes.len() + 64)];
    let short = Rom::<READ>(rom.0.clone());
    let refused = PagedModel::load(short, range.clone(), &mut buffer[..needed - 1]).err();
    assert!(
        matches!(refused, Some(PagedError::BufferTooSmall { found, .. }) if found == needed - 1),
        "{refused:?}"
    );
    let mut paged = match PagedModel::load(rom, range, &mut buffer) {
        Ok(paged) => paged,
        Err(error) => panic!("{error:?}, but it loads from memory"),
    };
    assert_eq!(
        [
            paged.file_bytes(),
            paged.arena_bytes(),
            paged.rows_arena_bytes()
        ],
        [
            model.file_bytes(),
            model.arena_bytes(),
            model.rows_arena_bytes()
        ]
    );
    assert_eq!(
        [
            paged.classes(),
            paged.width(),
            paged.height(),
            paged.channels()
        ],
        [
            model.classes(),
            model.width(),
            model.height(),
            model.channels()
        ]
    );
    if model.arena_bytes() > MOST_ARENA {
        return Ok(());
    }
    for (class, hot) in [(0, false), ((noise >> 16) as u16 % model.classes(), true)] {
        let mut request = Request::new(class, noise);
        if hot {
            request.z_s_temperature = Temperature::from_percent(u16::MAX);
            request.style = !noise;
            request.way = Way::Styled;
        }
        if model.macs() > MOST_MACS {
            begin(&model, &mut paged, &request);
        } else {
            same_pictures(&model, &mut paged, &request);
        }
    }
    refuses_requests(&model, &mut paged);
    if model.macs() <= MOST_MACS {
        same_self_test(&model, &mut paged);
    }
    Ok(())
}

/// A picture as a whole, in steps, row by row, each from memory and through the driver, in arenas of exactly as much as
/// is needed and with whatever was in them.
fn same_pictures<F: ReadNorFlash<Error = Never>>(
    model: &Model<'_>,
    paged: &mut PagedModel<'_, F>,
    request: &Request,
) {
    let mut arena = vec![0x5a; model.arena_bytes()];
    let picture = model
        .generate(request, &mut arena)
        .expect("a checked model draws");
    let expected = picture.pixels().to_vec();
    assert_eq!(expected.len(), model.picture_bytes());

    let mut arena = vec![0xa5; model.arena_bytes()];
    let again = model
        .start(request, &mut arena)
        .expect("and again")
        .finish();
    assert_eq!(again.pixels(), expected);
    let mut latent = vec![0; model.z_s() + model.z_u()];
    model.sample(request, &mut latent).expect("of that length");
    let decoded = model.decode(&latent, &mut arena).expect("and again");
    assert_eq!(decoded.pixels(), expected);

    let mut rows_arena = vec![0xa5; model.rows_arena_bytes()];
    let mut rows = model.rows(request, &mut rows_arena).expect("and in rows");
    let mut found = Vec::with_capacity(expected.len());
    while let Some(row) = rows.next_row() {
        found.extend_from_slice(row);
    }
    assert_eq!(found, expected, "in rows");

    arena.fill(0x33);
    let picture = paged
        .generate(request, &mut arena)
        .expect("through a driver");
    assert_eq!(picture.pixels(), expected, "through a driver");
    rows_arena.fill(0x33);
    let mut rows = paged.rows(request, &mut rows_arena).expect("and in rows");
    found.clear();
    while let Some(row) = rows.next_row().expect("the driver reads") {
        found.extend_from_slice(row);
    }
    assert_eq!(found, expected, "in rows through a driver");
}

/// The first steps of a picture that would take too long.
fn begin<F: ReadNorFlash<Error = Never>>(
    model: &Model<'_>,
    paged: &mut PagedModel<'_, F>,
    request: &Request,
) {
    let [mut one, mut other] = [0x5a, 0xa5].map(|fill| vec![fill; model.rows_arena_bytes()]);
    let mut from_memory = model
        .rows(request, &mut one)
        .expect("a checked model draws");
    let mut from_flash = paged.rows(request, &mut other).expect("through a driver");
    let mut macs = 0;
    for _ in 0..FIRST_STEPS {
        let step = from_memory.step();
        assert_eq!(from_flash.step(), Ok(step));
        if let pixling::Step::Row(_) = step {
            assert_eq!(from_flash.row(), from_memory.row());
        }
        // A row of the largest layers alone is millions.
        macs += rules::macs_of_a_row(model, step);
        if macs > MOST_MACS {
            break;
        }
    }
}

/// A class too many and an arena too small are refused, with both numbers.
fn refuses_requests<F: ReadNorFlash<Error = Never>>(
    model: &Model<'_>,
    paged: &mut PagedModel<'_, F>,
) {
    let mut arena = vec![0; model.arena_bytes()];
    let no_class = Request::new(model.classes(), 0);
    let expected = GenerateError::NoSuchClass {
        class: model.classes(),
        classes: model.classes(),
    };
    assert_eq!(model.generate(&no_class, &mut arena).err(), Some(expected));
    let found = paged.generate(&no_class, &mut arena).err();
    assert_eq!(found, Some(PagedError::Generate(expected)));

    let (needed, found) = (arena.len(), arena.len() - 1);
    let expected = GenerateError::ArenaTooSmall { needed, found };
    let (request, less) = (Request::new(0, 0), &mut arena[1..]);
    assert_eq!(model.generate(&request, less).err(), Some(expected));
    let found = paged.generate(&request, less).err();
    assert_eq!(found, Some(PagedError::Generate(expected)));
}

/// The self test passes when the golden pictures have their checksums, by another implementation of them.
fn same_self_test<F: ReadNorFlash<Error = Never>>(
    model: &Model<'_>,
    paged: &mut PagedModel<'_, F>,
) {
    let mut arena = vec![0; model.arena_bytes()];
    let passes = passes_self_test(model);
    let outcome = model.self_test(&mut arena);
    assert_eq!(outcome.is_ok(), passes, "{outcome:?}");
    let expected = outcome.map_err(PagedError::SelfTest);
    assert_eq!(paged.self_test(&mut arena), expected);
}

/// Whether all golden pictures have their checksums.
pub(crate) fn passes_self_test(model: &Model<'_>) -> bool {
    let mut arena = vec![0; model.arena_bytes()];
    model.golden().iter().all(|golden| {
        let request = Request::new(golden.class, golden.seed);
        let picture = model.generate(&request, &mut arena).expect("a class of it");
        crc32fast::hash(picture.pixels()) == golden.checksum
    })
}
