//! A checked model file.

use crate::check::{self, Chain};
use crate::envelope::{self, HEADER_BYTES};
use crate::layer::Layer;
use crate::record::{Golden, Header};
use crate::{GenerateError, LoadError, Picture, Request, Section, SelfTestError, kernels, latent};

/// A generator, borrowed from the bytes of its file. It holds no weights: those stay where they are.
#[derive(Clone, Debug)]
pub struct Model<'m> {
    header: Header<'m>,
    /// The layers, one record after another.
    layers: &'m [u8],
    file_bytes: usize,
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

        let section = Section::Header;
        let (header, layers) =
            postcard::take_from_bytes::<Header<'m>>(payload).map_err(|_| LoadError::Malformed {
                section,
                offset: offset(payload),
            })?;
        let invalid = |section, offset| {
            move |rule| LoadError::Invalid {
                section,
                offset,
                rule,
            }
        };
        check::header(&header).map_err(invalid(section, offset(payload)))?;

        let mut rest = layers;
        let mut chain = None;
        for index in 0..header.layers {
            let (section, start) = (Section::Layer(index as u8), offset(rest));
            let (layer, behind) =
                postcard::take_from_bytes::<Layer<'m>>(rest).map_err(|_| LoadError::Malformed {
                    section,
                    offset: start,
                })?;
            check::layer(&layer).map_err(invalid(section, start))?;
            chain
                .get_or_insert_with(|| Chain::new(&header, &layer))
                .follow(&layer)
                .map_err(invalid(section, start))?;
            rest = behind;
        }
        let end = invalid(Section::End, offset(rest));
        let closed = chain.map_or(Ok(()), |chain| chain.close(&header));
        closed.map_err(&end)?;
        if !rest.is_empty() {
            return Err(end("nothing follows the last layer"));
        }
        Ok(Model {
            header,
            layers,
            file_bytes: HEADER_BYTES.saturating_add(payload.len()),
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
        self.header.classes
    }

    /// The name of a class.
    pub fn class_label(&self, class: u16) -> Option<&'m str> {
        self.header.labels.lines().nth(usize::from(class))
    }

    /// Columns of a picture.
    pub fn width(&self) -> u16 {
        self.header.width
    }

    /// Rows of a picture.
    pub fn height(&self) -> u16 {
        self.header.height
    }

    /// Values per pixel: 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> u16 {
        self.header.channels
    }

    /// Bytes of a picture.
    pub fn picture_bytes(&self) -> usize {
        usize::from(self.header.width)
            .saturating_mul(usize::from(self.header.height))
            .saturating_mul(usize::from(self.header.channels))
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

    /// The smallest arena that this model draws in.
    pub fn arena_bytes(&self) -> usize {
        self.header.arena_bytes as usize
    }

    /// Multiply-accumulates per picture.
    pub fn macs(&self) -> u64 {
        self.header.macs
    }

    /// The decoder's layers in order.
    pub fn layers(&self) -> Layers<'m> {
        Layers { rest: self.layers }
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
        let place = self.latent_place(arena)?;
        self.sample_bytes(request, place)?;
        self.run(arena)
    }

    /// Draws the latent of a request, `[z_s, z_u]` in quantized steps, for use with [`decode`](Self::decode): to mix
    /// two of them, or to walk from one to another.
    ///
    /// # Errors
    ///
    /// When the class is not one of the model's, or the slice is not of `z_s() + z_u()` values.
    pub fn sample(&self, request: &Request, latent: &mut [i8]) -> Result<(), GenerateError> {
        self.check_latent(latent.len())?;
        let mut bytes = [0; crate::limits::MAX_LATENT as usize];
        let bytes = bytes.get_mut(..latent.len()).unwrap_or_default();
        self.sample_bytes(request, bytes)?;
        for (value, byte) in latent.iter_mut().zip(bytes) {
            *value = *byte as i8;
        }
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
        let place = self.latent_place(arena)?;
        for (byte, value) in place.iter_mut().zip(latent) {
            // The file's zero points and ranges hold for +-127.
            *byte = (*value).max(-127) as u8;
        }
        self.run(arena)
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

    /// Where the first layer reads.
    fn latent_place<'a>(&self, arena: &'a mut [u8]) -> Result<&'a mut [u8], GenerateError> {
        let too_small = GenerateError::ArenaTooSmall {
            needed: self.arena_bytes(),
            found: arena.len(),
        };
        if arena.len() < self.arena_bytes() {
            return Err(too_small);
        }
        let offset = self.layers().next().map_or(0, |layer| layer.input_offset) as usize;
        arena
            .get_mut(offset..)
            .and_then(|rest| rest.get_mut(..self.z_s() + self.z_u()))
            .ok_or(too_small)
    }

    fn sample_bytes(&self, request: &Request, latent: &mut [u8]) -> Result<(), GenerateError> {
        if request.class >= self.header.classes {
            return Err(GenerateError::NoSuchClass {
                class: request.class,
                classes: self.header.classes,
            });
        }
        latent::sample(&self.header, request, latent);
        Ok(())
    }

    /// Runs all layers on the latent in the arena.
    fn run<'a>(&self, arena: &'a mut [u8]) -> Result<Picture<'a>, GenerateError> {
        let mut offset = 0;
        for layer in self.layers() {
            kernels::run(&layer, arena);
            offset = layer.output_offset as usize;
        }
        let too_small = GenerateError::ArenaTooSmall {
            needed: self.arena_bytes(),
            found: arena.len(),
        };
        let pixels = arena
            .get_mut(offset..)
            .and_then(|rest| rest.get_mut(..self.picture_bytes()))
            .ok_or(too_small)?;
        for pixel in pixels.iter_mut() {
            let entry = pixel.wrapping_add(128);
            *pixel = self
                .header
                .pixels
                .get(usize::from(entry))
                .copied()
                .unwrap_or(0);
        }
        Ok(Picture::new(
            self.header.width,
            self.header.height,
            self.header.channels,
            pixels,
        ))
    }
}

/// The layers of a [`Model`], decoded one at a time so that none of them is kept in memory.
#[derive(Clone, Debug)]
pub struct Layers<'m> {
    rest: &'m [u8],
}

impl<'m> Iterator for Layers<'m> {
    type Item = Layer<'m>;

    fn next(&mut self) -> Option<Layer<'m>> {
        // `Model::load` decoded all of them: this fails at the end only.
        let (layer, rest) = postcard::take_from_bytes(self.rest).ok()?;
        self.rest = rest;
        Some(layer)
    }
}
