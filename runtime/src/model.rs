//! A checked model file.

use crate::check;
use crate::envelope::{self, HEADER_BYTES};
use crate::kernels::cell::Cell;
use crate::layer::{Layer, Shape};
use crate::record::{Golden, Header, lines};
use crate::{
    Drawing, GenerateError, LoadError, Picture, Request, Rows, Rule, Section, SelfTestError,
};
use crate::{latent, schedule};

/// A generator, borrowed from the bytes of its file. It holds no weights: those stay where they are.
#[derive(Clone, Debug)]
pub struct Model<'m> {
    header: Header<'m>,
    /// The layers, one record after another.
    layers: &'m [u8],
    classes: u16,
    /// Of a picture.
    shape: Shape,
    macs: u64,
    file_bytes: usize,
    /// Bytes of the feature maps' rows that the schedule keeps.
    kept_bytes: u32,
}

impl<'m> Model<'m> {
    /// Reads a file in place and checks all of it. Bytes behind the file are ignored, so that a whole flash partition
    /// may be given.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names what is wrong and where. No input makes this function panic.
    pub fn load(bytes: &'m [u8]) -> Result<Model<'m>, LoadError> {
        let payload = envelope::open(bytes)?;
        let offset = |rest: &[u8]| (HEADER_BYTES + payload.len().saturating_sub(rest.len())) as u32;
        let malformed = |section, offset| LoadError::Malformed { section, offset };
        let invalid = |section, offset| {
            move |rule| LoadError::Invalid {
                section,
                offset,
                rule,
            }
        };

        let (section, start) = (Section::Header, offset(payload));
        let (header, records) = postcard::take_from_bytes::<Header<'m>>(payload)
            .map_err(|_| malformed(section, start))?;
        let classes = check::header(&header).map_err(invalid(section, start))?;

        let mut layers = Layers::new(&header, records);
        let mut macs = 0u64;
        for index in 0..header.layers {
            let (section, start) = (Section::Layer(index as u8), offset(layers.rest));
            let layer = layers.next().ok_or(malformed(section, start))?;
            check::layer(&layer).map_err(invalid(section, start))?;
            macs = macs.saturating_add(layer.macs());
        }
        let invalid = invalid(Section::End, offset(layers.rest));
        if !layers.rest.is_empty() {
            return Err(invalid(Rule::Rest));
        }
        let shape = layers.input;
        check::picture(shape).map_err(invalid)?;
        let cells = schedule::cells(Layers::new(&header, records));
        let kept_bytes = u32::try_from(cells.saturating_mul(Cell::BYTES as u64))
            .map_err(|_| invalid(Rule::Memory))?;
        Ok(Model {
            header,
            layers: records,
            classes,
            shape,
            macs,
            file_bytes: HEADER_BYTES.saturating_add(payload.len()),
            kept_bytes,
        })
    }

    /// The name that its maker gave it.
    pub fn name(&self) -> &'m str {
        self.header.name
    }

    /// What it was trained on.
    pub fn data(&self) -> &'m str {
        self.header.data
    }

    /// The licence of that data.
    pub fn licence(&self) -> &'m str {
        self.header.licence
    }

    /// The number of classes; a request asks for one below it.
    pub fn classes(&self) -> u16 {
        self.classes
    }

    /// The name of a class.
    pub fn class_label(&self, class: u16) -> Option<&'m str> {
        lines(self.header.labels).nth(usize::from(class))
    }

    /// Columns of a picture.
    pub fn width(&self) -> u16 {
        self.shape.width
    }

    /// Rows of a picture.
    pub fn height(&self) -> u16 {
        self.shape.height
    }

    /// Values per pixel: 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> u16 {
        self.shape.channels
    }

    /// Bytes of a picture.
    pub fn picture_bytes(&self) -> usize {
        self.shape.values() as usize
    }

    /// Bytes of the whole file.
    pub fn file_bytes(&self) -> usize {
        self.file_bytes
    }

    /// Dimensions of `z_s`, the label relevant part of the latent.
    pub fn z_s(&self) -> usize {
        usize::from(self.header.z_s)
    }

    /// Dimensions of `z_u`, the label irrelevant part of the latent.
    pub fn z_u(&self) -> usize {
        usize::from(self.header.z_u)
    }

    /// The smallest arena that [`generate`](Self::generate) and [`start`](Self::start) draw in, at whatever address it
    /// lies; the picture is in it.
    pub fn arena_bytes(&self) -> usize {
        self.kept().saturating_add(self.picture_bytes())
    }

    /// The smallest arena that [`rows`](Self::rows) draws in, at whatever address it lies.
    pub fn rows_arena_bytes(&self) -> usize {
        self.kept().saturating_add(self.row_bytes())
    }

    fn kept(&self) -> usize {
        (self.kept_bytes as usize).saturating_add(Cell::SLACK)
    }

    fn row_bytes(&self) -> usize {
        usize::from(self.shape.width).saturating_mul(usize::from(self.shape.channels))
    }

    pub(crate) fn layer_count(&self) -> usize {
        self.header.layers as usize
    }

    pub(crate) fn pixel_table(&self) -> &'m [u8] {
        self.header.pixels
    }

    /// Multiply-accumulates per picture.
    pub fn macs(&self) -> u64 {
        self.macs
    }

    /// The decoder's layers in order.
    pub fn layers(&self) -> Layers<'m> {
        Layers::new(&self.header, self.layers)
    }

    /// The pictures of the [self test](Self::self_test).
    pub fn golden(&self) -> &[Golden] {
        &self.header.golden
    }

    /// Draws a picture into the arena. The picture borrows it: the next one may overwrite it.
    ///
    /// # Errors
    ///
    /// When the class is not one of the model's, or the arena is smaller than [`arena_bytes`](Self::arena_bytes).
    pub fn generate<'a>(
        &self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<Picture<'a>, GenerateError> {
        Ok(self.start(request, arena)?.finish())
    }

    /// Starts a picture that is then computed in steps of bounded length, between which other things may happen.
    ///
    /// # Errors
    ///
    /// As [`generate`](Self::generate).
    pub fn start<'a>(
        &self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<Drawing<'a, 'm>, GenerateError> {
        self.check_class(request)?;
        let mut drawing = Drawing::new(self, arena)?;
        latent::sample(&self.header, request, drawing.latent());
        Ok(drawing)
    }

    /// Starts a picture that is computed and handed out a row at a time, in an arena that need not hold the picture.
    ///
    /// # Errors
    ///
    /// When the class is not one of the model's, or the arena is smaller than
    /// [`rows_arena_bytes`](Self::rows_arena_bytes).
    pub fn rows<'a>(
        &self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<Rows<'a, 'm>, GenerateError> {
        self.check_class(request)?;
        let mut rows = Rows::new(self, arena, self.rows_arena_bytes(), self.row_bytes())?;
        latent::sample(&self.header, request, rows.latent());
        Ok(rows)
    }

    /// Draws the latent of a request, `[z_s, z_u]` in quantized steps, for use with [`decode`](Self::decode): to mix
    /// two of them, or to walk from one to another.
    ///
    /// # Errors
    ///
    /// When the class is not one of the model's, or the slice is not of `z_s() + z_u()` values.
    pub fn sample(&self, request: &Request, latent: &mut [i8]) -> Result<(), GenerateError> {
        self.check_latent(latent.len())?;
        self.check_class(request)?;
        latent::sample(&self.header, request, |index, value| {
            if let Some(place) = latent.get_mut(index) {
                *place = value;
            }
        });
        Ok(())
    }

    /// Draws the picture of a latent.
    ///
    /// # Errors
    ///
    /// When the slice is not of `z_s() + z_u()` values, or the arena is too small.
    pub fn decode<'a>(
        &self,
        latent: &[i8],
        arena: &'a mut [u8],
    ) -> Result<Picture<'a>, GenerateError> {
        self.check_latent(latent.len())?;
        let mut drawing = Drawing::new(self, arena)?;
        {
            let mut set = drawing.latent();
            for (index, value) in latent.iter().enumerate() {
                set(index, *value);
            }
        }
        Ok(drawing.finish())
    }

    /// Draws the file's golden pictures and compares them with what the exporter's machine drew.
    ///
    /// # Errors
    ///
    /// Names the first picture that differs, or says that the arena is too small.
    pub fn self_test(&self, arena: &mut [u8]) -> Result<(), SelfTestError> {
        for (index, golden) in (0..).zip(&self.header.golden) {
            let request = Request::new(golden.class, golden.seed);
            let found = self.generate(&request, arena)?.checksum();
            if found != golden.checksum {
                return Err(SelfTestError::Differs {
                    golden: index,
                    expected: golden.checksum,
                    found,
                });
            }
        }
        Ok(())
    }

    fn check_latent(&self, found: usize) -> Result<(), GenerateError> {
        let needed = self.z_s() + self.z_u();
        if needed == found {
            Ok(())
        } else {
            Err(GenerateError::LatentLength { needed, found })
        }
    }

    fn check_class(&self, request: &Request) -> Result<(), GenerateError> {
        if request.class >= self.classes {
            return Err(GenerateError::NoSuchClass {
                class: request.class,
                classes: self.classes,
            });
        }
        Ok(())
    }
}

/// The layers of a [`Model`], decoded one at a time so that none of them is kept in memory.
#[derive(Clone, Debug)]
pub struct Layers<'m> {
    /// The records that are left.
    rest: &'m [u8],
    /// What the next layer reads.
    input: Shape,
}

impl<'m> Layers<'m> {
    fn new(header: &Header<'_>, records: &'m [u8]) -> Layers<'m> {
        Layers {
            rest: records,
            input: Shape {
                height: 1,
                width: 1,
                channels: header.z_s.saturating_add(header.z_u),
            },
        }
    }

    /// The records that are left.
    pub(crate) fn bytes(&self) -> &'m [u8] {
        self.rest
    }
}

impl<'m> Iterator for Layers<'m> {
    type Item = Layer<'m>;

    /// One piece of code for all who read layers: decoding takes more of it than anything that is done with a layer.
    #[inline(never)]
    fn next(&mut self) -> Option<Layer<'m>> {
        // `Model::load` decoded all of them: this fails at the end only.
        let (layer, rest) = postcard::take_from_bytes::<Layer<'m>>(self.rest).ok()?;
        self.rest = rest;
        let input = core::mem::replace(&mut self.input, layer.output);
        Some(Layer { input, ..layer })
    }
}
