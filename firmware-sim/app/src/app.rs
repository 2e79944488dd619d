//! The application: what is shown, and what the buttons change.

use crate::buttons::Gesture;
use crate::digits::digits;
use crate::dither::Dithering;
use crate::events::Elapsed;
use crate::layout::Layout;
use crate::mode::{Lock, Mode};
use crate::tone::{Theme, Tone};
use crate::{TICKS_PER_SECOND, artwork, caption};
use core::fmt;
use embedded_graphics::prelude::{DrawTarget, Size};
use heapless::String;
use pixling::limits::MAX_LATENT;
use pixling::{GenerateError, Model, Request, Temperature, Way};

/// A morph takes a second and then rests for half of one.
const MORPH_TICKS: u32 = TICKS_PER_SECOND;
const REST_TICKS: u32 = TICKS_PER_SECOND / 2;

/// A picture of the model, by numbers that bring it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The class.
    pub class: u16,
    /// Which draw of the class's latent.
    pub seed: u64,
    /// Which draw of the style.
    pub style: u64,
}

/// How the application starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The first picture.
    pub pick: Pick,
    /// On the deviation of the class's latent.
    pub z_s_temperature: Temperature,
    /// On the deviation of the style.
    pub z_u_temperature: Temperature,
    /// The first mode.
    pub mode: Mode,
    /// The lock at first.
    pub lock: Lock,
    /// The ground that words are written on.
    pub theme: Theme,
    /// How greys are drawn on a display of one bit.
    pub dithering: Dithering,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pick: Pick {
                class: 0,
                seed: 1,
                style: 1,
            },
            z_s_temperature: Temperature::ONE,
            z_u_temperature: Temperature::ONE,
            mode: Mode::default(),
            lock: Lock::default(),
            theme: Theme::default(),
            dithering: Dithering::default(),
        }
    }
}

/// Memory that is needed while drawing and free in between.
#[derive(Debug)]
pub struct Workspace<'w> {
    /// At least [`Model::arena_bytes`].
    pub arena: &'w mut [u8],
    /// [`row_bytes`](crate::row_bytes) of the display's columns, for [`Dithering::Diffusion`] alone.
    pub row: &'w mut [u8],
}

/// Why nothing was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawError<E> {
    /// The model gave no picture.
    Generate(GenerateError),
    /// The display gave an error.
    Display(E),
    /// The display has no pixels.
    NoPixels,
}

impl<E> From<GenerateError> for DrawError<E> {
    fn from(error: GenerateError) -> Self {
        DrawError::Generate(error)
    }
}

impl<E: fmt::Debug> fmt::Display for DrawError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DrawError::Generate(error) => error.fmt(f),
            DrawError::Display(error) => write!(f, "the display gave an error: {error:?}"),
            DrawError::NoPixels => f.write_str("the display has no pixels"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for DrawError<E> {}

/// On the way from one picture to another.
#[derive(Clone, Copy, Debug)]
struct Morph {
    to: Pick,
    ticks: u32,
}

/// The application.
#[derive(Clone, Debug)]
pub struct App<'m> {
    model: Model<'m>,
    settings: Settings,
    morph: Option<Morph>,
    changed: bool,
    /// Where a morph is, and where it goes. Kept here and not on the stack, which is small.
    latents: [[i8; MAX_LATENT as usize]; 2],
}

impl<'m> App<'m> {
    /// Shows the first picture at the next [`draw`](Self::draw). A class that the model lacks becomes its last.
    pub fn new(model: Model<'m>, mut settings: Settings) -> App<'m> {
        let last = model.classes().saturating_sub(1);
        settings.pick.class = settings.pick.class.min(last);
        let mut app = App {
            model,
            settings,
            morph: None,
            changed: true,
            latents: [[0; MAX_LATENT as usize]; 2],
        };
        app.start_mode();
        app
    }

    /// The picture that is shown; of a morph the nearer end.
    pub fn pick(&self) -> Pick {
        match self.morph {
            Some(morph) if morph.ticks * 2 >= MORPH_TICKS => morph.to,
            _ => self.settings.pick,
        }
    }

    /// The action of button A.
    pub fn mode(&self) -> Mode {
        self.settings.mode
    }

    /// The part of a picture that stays.
    pub fn lock(&self) -> Lock {
        self.settings.lock
    }

    /// The name of the class.
    pub fn label(&self) -> &'m str {
        let class = self.pick().class;
        self.model.class_label(class).unwrap_or_default()
    }

    /// Whether there is something to draw since the last call.
    pub fn take_change(&mut self) -> bool {
        core::mem::take(&mut self.changed)
    }

    /// Draws greys in the other way.
    pub fn change_dithering(&mut self) {
        self.settings.dithering = self.settings.dithering.next();
        self.changed = true;
    }

    /// Lets a thirtieth of a second pass.
    pub fn tick(&mut self, gesture: Option<Gesture>) {
        match gesture {
            Some(Gesture::Act) => self.act(),
            Some(Gesture::NextMode) => {
                self.arrive();
                self.settings.mode = self.settings.mode.next();
                self.start_mode();
            }
            None => self.walk(),
        }
    }

    /// Lets time pass, whatever was drawn during it.
    pub fn advance(&mut self, elapsed: Elapsed) {
        for _ in 0..elapsed.ticks {
            self.tick(None);
        }
        if let Some(gesture) = elapsed.gesture {
            self.tick(Some(gesture));
        }
    }

    fn act(&mut self) {
        self.changed = true;
        let pick = &mut self.settings.pick;
        match (self.settings.mode, self.settings.lock) {
            (Mode::Browse, Lock::Class) | (Mode::Reroll, Lock::Style) => {
                pick.seed = pick.seed.wrapping_add(1);
            }
            (Mode::Browse, _) => pick.class = next_class(pick.class, &self.model),
            (Mode::Reroll, _) => pick.style = pick.style.wrapping_add(1),
            (Mode::Lock, lock) => self.settings.lock = lock.next(),
            (Mode::Morph, _) => {
                self.arrive();
                self.start_mode();
            }
        }
    }

    /// Goes on with a morph.
    fn walk(&mut self) {
        let Some(morph) = &mut self.morph else {
            return;
        };
        morph.ticks += 1;
        // The rest changes nothing.
        self.changed |= morph.ticks <= MORPH_TICKS;
        if morph.ticks == MORPH_TICKS + REST_TICKS {
            self.arrive();
            self.start_mode();
        }
    }

    fn arrive(&mut self) {
        if let Some(morph) = self.morph.take() {
            self.settings.pick = morph.to;
        }
    }

    fn start_mode(&mut self) {
        self.changed = true;
        if self.settings.mode != Mode::Morph {
            return;
        }
        let mut to = self.settings.pick;
        if self.settings.lock != Lock::Class {
            to.class = next_class(to.class, &self.model);
        }
        if self.settings.lock != Lock::Style {
            to.style = to.style.wrapping_add(1);
        }
        self.morph = Some(Morph { to, ticks: 0 });
    }

    fn request(&self, pick: Pick) -> Request {
        Request {
            class: pick.class,
            seed: pick.seed,
            style: pick.style,
            z_s_temperature: self.settings.z_s_temperature,
            z_u_temperature: self.settings.z_u_temperature,
            // A style that is kept has to mean the same in the next class.
            way: match self.settings.lock {
                Lock::Style => Way::Styled,
                _ => Way::Joint,
            },
        }
    }

    /// Draws all of the display. What comes out depends on nothing but the state: not on what was drawn before.
    ///
    /// # Errors
    ///
    /// When the arena is smaller than the model's, or the display fails.
    pub fn draw<D: DrawTarget<Color: Tone>>(
        &mut self,
        display: &mut D,
        workspace: &mut Workspace<'_>,
    ) -> Result<(), DrawError<D::Error>> {
        let size = Size::new(self.model.width().into(), self.model.height().into());
        let layout = Layout::new(display.bounding_box().size, size).ok_or(DrawError::NoPixels)?;
        let picture = match self.morph {
            None => {
                let request = self.request(self.settings.pick);
                self.model.generate(&request, workspace.arena)?
            }
            Some(morph) => {
                let values = self.model.z_s() + self.model.z_u();
                let ends = [self.settings.pick, morph.to].map(|pick| self.request(pick));
                for (latent, request) in self.latents.iter_mut().zip(&ends) {
                    let latent = latent.get_mut(..values).unwrap_or_default();
                    self.model.sample(request, latent)?;
                }
                let [from, to] = &mut self.latents;
                blend(from, to, morph.ticks.min(MORPH_TICKS));
                let latent = from.get(..values).unwrap_or_default();
                self.model.decode(latent, workspace.arena)?
            }
        };
        let settings = &self.settings;
        let ground = match settings.theme {
            Theme::Dark => <D::Color as Tone>::BLACK,
            Theme::Light => <D::Color as Tone>::WHITE,
        };
        let row = &mut *workspace.row;
        display
            .clear(ground)
            .and_then(|()| artwork::draw(picture, &layout, settings.dithering, row, display))
            .and_then(|()| {
                let beside = layout.caption.as_ref().is_some_and(caption::is_beside);
                let details = self.details(if beside { "\n" } else { " " });
                caption::draw(self.label(), &details, &layout, settings.theme, display)
            })
            .map_err(DrawError::Display)
    }

    /// Mode, numbers and lock in words.
    fn details(&self, gap: &str) -> String<80> {
        let Pick { seed, style, .. } = self.pick();
        let (mut seed_digits, mut style_digits) = ([0; 20], [0; 20]);
        let mut text = String::new();
        let words = [
            self.settings.mode.name(),
            gap,
            "seed ",
            digits(seed, &mut seed_digits),
            gap,
            "style ",
            digits(style, &mut style_digits),
            gap,
            self.settings.lock.name(),
        ];
        for word in words {
            // The longest numbers fit, see the tests.
            let _ = text.push_str(word);
        }
        text
    }
}

fn next_class(class: u16, model: &Model<'_>) -> u16 {
    let next = class.saturating_add(1);
    if next < model.classes() { next } else { 0 }
}

/// Goes from one latent to another, slow at both ends: `3 t^2 - 2 t^3`.
fn blend(from: &mut [i8], to: &[i8], ticks: u32) {
    const WHOLE: i32 = (MORPH_TICKS * MORPH_TICKS * MORPH_TICKS) as i32;
    let weight = (ticks * ticks * (3 * MORPH_TICKS - 2 * ticks)) as i32;
    for (value, &to) in from.iter_mut().zip(to) {
        let sum = i32::from(*value) * (WHOLE - weight) + i32::from(to) * weight;
        let half = if sum < 0 { -WHOLE / 2 } else { WHOLE / 2 };
        *value = ((sum + half) / WHOLE) as i8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_style_is_drawn_apart_from_the_class() {
        let file = include_bytes!("../../../tests/golden/format-4.pxl");
        let model = Model::load(file).unwrap();
        for (lock, way) in [
            (Lock::None, Way::Joint),
            (Lock::Class, Way::Joint),
            (Lock::Style, Way::Styled),
        ] {
            let settings = Settings {
                lock,
                ..Settings::default()
            };
            let app = App::new(model.clone(), settings);
            assert_eq!(app.request(app.pick()).way, way, "{lock:?}");
        }
    }

    #[test]
    fn time_in_one_piece_is_the_same_time() {
        let file = include_bytes!("../../../tests/golden/format-4.pxl");
        let settings = Settings {
            mode: Mode::Morph,
            ..Settings::default()
        };
        let mut often = App::new(Model::load(file).unwrap(), settings);
        let mut rarely = often.clone();
        // Into the second morph, and out of it by a gesture.
        for (ticks, gesture) in [(20, None), (37, None), (3, Some(Gesture::NextMode))] {
            rarely.advance(Elapsed { ticks, gesture });
            (0..ticks).for_each(|_| often.tick(None));
            if gesture.is_some() {
                often.tick(gesture);
            }
            assert_eq!(often.pick(), rarely.pick());
            let ticks = |app: &App<'_>| app.morph.map(|morph| morph.ticks);
            assert_eq!(ticks(&often), ticks(&rarely));
        }
        assert_eq!((rarely.mode(), rarely.pick().style), (Mode::Lock, 3));
    }

    #[test]
    fn the_longest_details_fit() {
        let words = "browse seed  style  class kept";
        assert!(words.len() + 2 * 20 <= String::<80>::new().capacity());
    }

    #[test]
    fn a_blend_starts_and_ends_at_its_ends_and_never_leaves_them() {
        for (from, to) in [(-127, 127), (127, -127), (5, 5), (0, -1)] {
            let mut last = from;
            for ticks in 0..=MORPH_TICKS {
                let mut value = [from];
                blend(&mut value, &[to], ticks);
                let [value] = value;
                assert!((from.min(to)..=from.max(to)).contains(&value));
                assert!((value >= last) == (to >= from) || value == last);
                last = value;
            }
            assert_eq!(last, to);
            let mut value = [from];
            blend(&mut value, &[to], 0);
            assert_eq!(value, [from]);
        }
    }
}
