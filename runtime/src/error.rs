//! What can go wrong, and where.

use core::fmt;

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Section {
    /// Card, picture format, latent sizes, mixture, pixel table, golden pictures.
    Header,
    /// The layer of that number, counted from 0.
    Layer(u8),
    /// What follows the last layer.
    End,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Section::Header => f.write_str("header"),
            Section::Layer(index) => write!(f, "layer {index}"),
            Section::End => f.write_str("end"),
        }
    }
}

/// What a file must keep to, in the words of its [`Display`](fmt::Display).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rule {
    /// 1 to 1000 classes, one label each.
    Classes,
    /// 1 to 256 latent dimensions.
    LatentDimensions,
    /// Mu and sigma have a value per class and dimension of z_s.
    Mixture,
    /// A mixture has 1 to 256 components in each class and 1 to 256 styles, and its tables hold them.
    Components,
    /// The smallest deviation of a mixture is 1 to 4096.
    DeviationUnit,
    /// The pixel table has 256 entries, or 129.
    PixelTable,
    /// Golden pictures are of the model's classes.
    GoldenClass,
    /// 1 to 32 layers.
    Layers,
    /// A feature map has 1 to 1024 rows and columns, 1 to 2048 channels and at most 2^20 values.
    FeatureMap,
    /// A kernel has 1 to 15 rows and columns.
    Kernel,
    /// A stride is 1 to 4.
    Stride,
    /// The padding is smaller than the kernel.
    Padding,
    /// Every window of a convolution reaches into its input.
    WindowOutside,
    /// A depthwise convolution keeps the channels.
    DepthwiseChannels,
    /// A transposed convolution doubles both sides.
    TransposedSides,
    /// The first layer of a model with modulations is dense.
    ModulationFirst,
    /// A modulation writes a single pixel without activation, has the zero point 0 and a shift of at most 20.
    Modulation,
    /// A convolution with half as many channels follows a modulation.
    Modulated,
    /// An output has at most 66311 inputs.
    FanIn,
    /// The weights fit the shapes.
    WeightCount,
    /// The biases fit the shapes.
    BiasCount,
    /// Two multipliers per channel.
    MultiplierCount,
    /// A weight is within +-127.
    Weight,
    /// A multiplier is not negative, and the second one is that of the activation.
    Multipliers,
    /// A multiplier of 16 bits is shifted by at most 15.
    MultiplierShift,
    /// An accumulator fits 32 bits.
    Accumulator,
    /// The last layer writes a picture of 1 or 3 channels.
    PictureChannels,
    /// The rows of all layers take at most 4 GiB.
    Memory,
    /// Nothing follows the last layer.
    Rest,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Classes => "1 to 1000 classes, one label each",
            Rule::LatentDimensions => "1 to 256 latent dimensions",
            Rule::Mixture => "mu and sigma have a value per class and dimension of z_s",
            Rule::Components => "a mixture has 1 to 256 components in each class and 1 to 256 styles, and its tables hold them",
            Rule::DeviationUnit => "the smallest deviation of a mixture is 1 to 4096",
            Rule::PixelTable => "the pixel table has 256 entries, or 129",
            Rule::GoldenClass => "golden pictures are of the model's classes",
            Rule::Layers => "1 to 32 layers",
            Rule::FeatureMap => "a feature map has 1 to 1024 rows and columns, 1 to 2048 channels and at most 2^20 values",
            Rule::Kernel => "a kernel has 1 to 15 rows and columns",
            Rule::Stride => "a stride is 1 to 4",
            Rule::Padding => "the padding is smaller than the kernel",
            Rule::WindowOutside => "every window of a convolution reaches into its input",
            Rule::DepthwiseChannels => "a depthwise convolution keeps the channels",
            Rule::TransposedSides => "a transposed convolution doubles both sides",
            Rule::ModulationFirst => "the first layer of a model with modulations is dense",
            Rule::Modulation => "a modulation writes a single pixel without activation, has the zero point 0 and a shift of at most 20",
            Rule::Modulated => "a convolution with half as many channels follows a modulation",
            Rule::FanIn => "an output has at most 66311 inputs",
            Rule::WeightCount => "the weights fit the shapes",
            Rule::BiasCount => "the biases fit the shapes",
            Rule::MultiplierCount => "two multipliers per channel",
            Rule::Weight => "a weight is within +-127",
            Rule::Multipliers => "a multiplier is not negative, and the second one is that of the activation",
            Rule::MultiplierShift => "a multiplier of 16 bits is shifted by at most 15",
            Rule::Accumulator => "an accumulator fits 32 bits",
            Rule::PictureChannels => "the last layer writes a picture of 1 or 3 channels",
            Rule::Memory => "the rows of all layers take at most 4 GiB",
            Rule::Rest => "nothing follows the last layer",
        })
    }
}

/// Why a file was refused. Offsets count bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LoadError {
    /// Fewer bytes than the envelope says.
    Truncated {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that were given.
        found: u64,
    },
    /// The first four bytes are not those of a model file.
    NotAModel,
    /// Written for another version of the format.
    UnsupportedVersion {
        /// The file's version.
        found: u16,
    },
    /// The envelope has flags, of which this build knows none.
    UnsupportedFlags {
        /// The file's flags.
        found: u16,
    },
    /// The payload's checksum differs from the one in the envelope.
    Corrupt {
        /// The checksum in the envelope.
        expected: u32,
        /// The checksum of the payload.
        found: u32,
    },
    /// The payload cannot be decoded.
    Malformed {
        /// The part that cannot be decoded.
        section: Section,
        /// Where that part starts.
        offset: u32,
    },
    /// The payload was decoded and contradicts itself or exceeds a limit.
    Invalid {
        /// The part with the fault.
        section: Section,
        /// Where that part starts.
        offset: u32,
        /// The rule that it breaks.
        rule: Rule,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LoadError::Truncated { expected, found } => {
                write!(
                    f,
                    "the model file is cut off: {expected} bytes expected, {found} found"
                )
            }
            LoadError::NotAModel => f.write_str("not a model file: it does not start with `PXLG`"),
            LoadError::UnsupportedVersion { found } => write!(
                f,
                "the model file has format version {found}, this build reads versions {} to {}: export the model \
                 again or update the runtime",
                crate::OLDEST_FORMAT_VERSION,
                crate::FORMAT_VERSION
            ),
            LoadError::UnsupportedFlags { found } => write!(
                f,
                "the model file has flags {found:#06x}, this build knows none: update the runtime"
            ),
            LoadError::Corrupt { expected, found } => write!(
                f,
                "the model file is damaged: checksum {expected:08x} expected, {found:08x} found"
            ),
            LoadError::Malformed { section, offset } => {
                write!(
                    f,
                    "the model file cannot be decoded: {section} at offset {offset}"
                )
            }
            LoadError::Invalid {
                section,
                offset,
                rule,
            } => write!(
                f,
                "the model file is invalid: {section} at offset {offset}: {rule}"
            ),
        }
    }
}

impl core::error::Error for LoadError {}

/// Why no picture was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum GenerateError {
    /// The arena is smaller than the model's plan.
    ArenaTooSmall {
        /// Bytes that the plan takes.
        needed: usize,
        /// Bytes of the buffer that was given.
        found: usize,
    },
    /// The model has no such class.
    NoSuchClass {
        /// The class that was asked for.
        class: u16,
        /// The number of classes: valid ones are below it.
        classes: u16,
    },
    /// The latent has another number of dimensions than the model's.
    LatentLength {
        /// Dimensions of the model's latent.
        needed: usize,
        /// Length of the slice that was given.
        found: usize,
    },
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            GenerateError::ArenaTooSmall { needed, found } => {
                write!(
                    f,
                    "the arena is too small: {needed} bytes needed, {found} given"
                )
            }
            GenerateError::NoSuchClass { class, classes } => {
                write!(
                    f,
                    "there is no class {class}: the model has classes 0 to {}",
                    classes.saturating_sub(1)
                )
            }
            GenerateError::LatentLength { needed, found } => {
                write!(f, "the latent has {found} values, the model takes {needed}")
            }
        }
    }
}

impl core::error::Error for GenerateError {}

/// Why the self test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SelfTestError {
    /// A golden picture could not be drawn.
    Generate(GenerateError),
    /// A golden picture came out with other bytes than on the exporter's machine.
    Differs {
        /// Which golden picture, counted from 0.
        golden: u8,
        /// The recorded checksum.
        expected: u32,
        /// The checksum of the picture drawn here.
        found: u32,
    },
}

impl From<GenerateError> for SelfTestError {
    fn from(error: GenerateError) -> Self {
        SelfTestError::Generate(error)
    }
}

impl fmt::Display for SelfTestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            SelfTestError::Generate(error) => error.fmt(f),
            SelfTestError::Differs {
                golden,
                expected,
                found,
            } => write!(
                f,
                "golden picture {golden} differs: checksum {expected:08x} expected, {found:08x} found"
            ),
        }
    }
}

impl core::error::Error for SelfTestError {}
