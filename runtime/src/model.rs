//! A checked model file.

use crate::check::{self, HeaderCounts};
use crate::drawing::{Step, split};
use crate::envelope::{self, HEADER_BYTES};
use crate::fields::Fields;
use crate::layer::{self, Layer};
use crate::load::{Totals, invalid, malformed};
use crate::plan::Plan;
use crate::prior::{self, Kind};
use crate::record::{Golden, Header, lines};
use crate::shape::{Maps, Shape};
use crate::{Drawing, GenerateError, LoadError, Picture, Request, Rows, Section, SelfTestError};

/// A generator, borrowed from the bytes of its file. It holds no weights: those stay where they are.
#[derive(Clone, Debug)]
pub struct Model<'m> {
    header: Header<'m>,
    version: u16,
    /// The layers, one record after another.
    layers: &'m [u8],
    classes: u16,
    macs: u64,
    file_bytes: usize,
    plan: Plan,
}

impl<'m> Model<'m> {
    /// Reads a file in place and checks all of it. Bytes behind the file are ignored, so that a whole flash partition
    /// may be given.
    ///
    /// # Errors
    ///
    /// [`LoadError`] names what is wrong and where. No input makes this function panic.
    pub fn load(bytes: &'m [u8]) -> Result<Model<'m>, LoadError> {
        let (version, payload) = envelope::open(bytes)?;
        let offset = |rest: &[u8]| (HEADER_BYTES + payload.len().saturating_sub(rest.len())) as u32;

        let (section, start) = (Section::Header, offset(payload));
        let mut fields = Fields::of_slice(payload);
        let header = Header::decode(&mut fields, version).map_err(|_| malformed(section, start))?;
        let records = fields.rest().map_err(|_| malformed(section, start))?;
        let classes =
            check::header(&header, &HeaderCounts::of(&header)).map_err(invalid(section, start))?;

        let mut layers = Layers::new(&header, version, records);
        let mut totals = Totals::default();
        for index in 0..header.layers {
            let (section, start) = (Section::Layer(index as u8), offset(layers.rest));
            let layer = layers.next().ok_or(malformed(section, start))?;
            check::layer(&layer, &totals.before).map_err(invalid(section, start))?;
            totals.add(&layer.geometry, layer.head.coding);
        }
        let shape = layers.maps.last;
        let kept_bytes = totals
            .kept_bytes(shape, layers.rest.len())
            .map_err(invalid(Section::End, offset(layers.rest)))?;
        Ok(Model {
            header,
            version,
            layers: records,
            classes,
            macs: totals.macs,
            file_bytes: HEADER_BYTES.saturating_add(payload.len()),
            plan: Plan { shape, kept_bytes },
        })
    }

    /// The version of the format that the file has.
    pub fn format_version(&self) -> u16 {
        self.version
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
        self.plan.shape.width
    }

    /// Rows of a picture.
    pub fn height(&self) -> u16 {
        self.plan.shape.height
    }

    /// Values per pixel: 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> u16 {
        self.plan.shape.channels
    }

    /// Bytes of a picture.
    pub fn picture_bytes(&self) -> usize {
        self.plan.picture_bytes()
    }

    /// Bytes of the whole file.
    pub fn file_bytes(&self) -> usize {
        self.file_bytes
    }

    /// Dimensions of `z_s`, the label relevant part of the latent.
    pub fn z_s(&self) -> usize {
        usize::from(self.header.latent.z_s)
    }

    /// Dimensions of `z_u`, the label irrelevant part of the latent.
    pub fn z_u(&self) -> usize {
        usize::from(self.header.latent.z_u)
    }

    /// The smallest arena that [`generate`](Self::generate) and [`start`](Self::start) draw in, at whatever address it
    /// lies; the picture is in it.
    pub fn arena_bytes(&self) -> usize {
        self.plan.arena_bytes()
    }

    /// The smallest arena that [`rows`](Self::rows) draws in, at whatever address it lies.
    pub fn rows_arena_bytes(&self) -> usize {
        self.plan.rows_arena_bytes()
    }

    /// Components of each class: 1 where the prior is a Gaussian of each class.
    pub fn components(&self) -> u16 {
        match self.header.latent.kind {
            Kind::Gaussian { .. } => 1,
            Kind::Mixture { components, .. } => components,
        }
    }

    /// Styles that all classes share: 1 where the prior of `z_u` is a Gaussian.
    pub fn styles(&self) -> u16 {
        let [_, _, styles, _] = self.header.tables;
        (styles.len() as u16).max(1)
    }

    #[cfg(feature = "flash")]
    pub(crate) fn latent(&self) -> &prior::Latent {
        &self.header.latent
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
        Layers::new(&self.header, self.version, self.layers)
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
    #[inline(never)] // The steps do not hold its stack.
    pub fn start<'a>(
        &self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<Drawing<'a, 'm>, GenerateError> {
        self.check_class(request)?;
        let mut drawing = Drawing::new(self, arena)?;
        self.draw_latent(request, &mut drawing.rows);
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
        let mut rows = Rows::new(self, arena, self.rows_arena_bytes(), self.plan.row_bytes())?;
        self.draw_latent(request, &mut rows);
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
        let mut tables = self.header.tables;
        let Ok(()) = self
            .header
            .latent
            .sample(&mut tables, request, |index, value| {
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

    /// Whether the arena holds a picture, and the file's golden pictures are what the exporter's machine drew.
    ///
    /// # Errors
    ///
    /// Names the first picture that differs, or says that the arena is too small.
    pub fn self_test(&self, arena: &mut [u8]) -> Result<(), SelfTestError> {
        self.self_test_with(arena, &mut || ())
    }

    /// The same; `between` is called before each row of a layer, to feed a watchdog.
    ///
    /// # Errors
    ///
    /// As [`self_test`](Self::self_test).
    pub fn self_test_with(
        &self,
        arena: &mut [u8],
        between: &mut dyn FnMut(),
    ) -> Result<(), SelfTestError> {
        // A file may have no golden picture.
        split(arena, self.arena_bytes(), 0)?;
        for (index, golden) in (0..).zip(&self.header.golden) {
            let mut drawing = self.start(&golden.request(), arena)?;
            loop {
                between();
                if drawing.step() == Step::Done {
                    break;
                }
            }
            golden.compare(index, &drawing.finish())?;
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
        prior::check_class(request.class, self.classes)
    }

    /// Draws the latent of a request into the rows of a picture.
    #[inline(never)]
    fn draw_latent(&self, request: &Request, rows: &mut Rows<'_, '_>) {
        let mut tables = self.header.tables;
        let Ok(()) = self
            .header
            .latent
            .sample(&mut tables, request, rows.latent());
    }
}

/// The layers of a [`Model`], decoded one at a time so that none of them is kept in memory.
#[derive(Clone, Debug)]
pub struct Layers<'m> {
    /// The records that are left.
    rest: &'m [u8],
    /// The maps that the next layer may read.
    maps: Maps,
    /// Of the format.
    version: u16,
}

impl<'m> Layers<'m> {
    fn new(header: &Header<'_>, version: u16, records: &'m [u8]) -> Layers<'m> {
        Layers {
            rest: records,
            maps: Maps::new(Shape::latent(&header.latent)),
            version,
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
        let mut fields = Fields::of_slice(self.rest);
        let (geometry, head) = layer::decode(&mut fields, self.version, &mut self.maps).ok()?;
        let tables = layer::decode_tables(&mut fields).ok()?;
        self.rest = fields.rest().ok()?;
        Some(Layer {
            geometry,
            head,
            tables,
        })
    }
}
