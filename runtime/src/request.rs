//! What to draw.

use crate::Gaussian;

/// Keeps the draws of `z_u` independent of those of `z_s` when both have the same seed.
const STYLE_STREAM: u64 = 0x5354_594c_455f_5a55;

/// A factor on the standard deviation of a latent, from 0 to 255 in steps of 1/256: 0 draws the mean, 1 the trained
/// distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Temperature(u16);

impl Temperature {
    /// Always the mean.
    pub const ZERO: Temperature = Temperature(0);
    /// As trained.
    pub const ONE: Temperature = Temperature(256);

    /// `percent / 100`, rounded to 1/256; above 25,599 % it stays at the largest value.
    pub const fn from_percent(percent: u16) -> Temperature {
        let scaled = (percent as u32 * 256 + 50).wrapping_div(100);
        Temperature(if scaled > u16::MAX as u32 {
            u16::MAX
        } else {
            scaled as u16
        })
    }

    /// In units of 1/256.
    pub const fn in_256ths(self) -> u16 {
        self.0
    }
}

/// The distribution that a picture is drawn from, of a model whose prior is a mixture. For others both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Way {
    /// `z_s` and `z_u` together, as they occur together in the class: pictures as real as they get.
    #[default]
    Joint,
    /// `z_s` as it occurs in the class, and `z_u` as it occurs in all classes: a style is the same in every class.
    Styled,
}

/// A picture to draw: the same request gives the same bytes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request {
    /// Below [`Model::classes`](crate::Model::classes).
    pub class: u16,
    /// Which draw of `z_s` given the class, and of the component where the prior is a mixture.
    pub seed: u64,
    /// Which draw of the style `z_u`. Two classes with the same style seed are drawn in the same style, of a mixture where
    /// the way is [`Way::Styled`].
    pub style: u64,
    /// On the deviations of `z_s`.
    pub z_s_temperature: Temperature,
    /// On the deviations of the style.
    pub z_u_temperature: Temperature,
    /// The distribution that both are drawn from.
    pub way: Way,
}

impl Request {
    /// A picture of a class as trained, with the same number for both seeds.
    pub const fn new(class: u16, seed: u64) -> Request {
        Request {
            class,
            seed,
            style: seed,
            z_s_temperature: Temperature::ONE,
            z_u_temperature: Temperature::ONE,
            way: Way::Joint,
        }
    }

    /// The generators of `z_s` and `z_u`: the first number of each chooses a component of a mixture, if there is one to be
    /// chosen, then follows a draw from N(0, 1) for each dimension in order.
    pub fn noise(&self) -> (Gaussian, Gaussian) {
        (
            Gaussian::new(self.seed),
            Gaussian::new(self.style ^ STYLE_STREAM),
        )
    }
}
