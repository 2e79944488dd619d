//! Electronic paper: ink that moves slowly and stays.
//!
//! The panel keeps what it shows. A change refreshes the smallest window of whole bytes around it: fast, and with a
//! shadow of what was there. Every eighth refresh is of the whole panel, which blinks and takes the shadows away.

use pixling_app::TICKS_PER_SECOND;

/// Typical of 2.9 inch panels: 0.3 seconds in part, 2 seconds as a whole.
const PARTIAL_TICKS: u32 = TICKS_PER_SECOND * 3 / 10;
const FULL_TICKS: u32 = TICKS_PER_SECOND * 2;
const PARTIALS_BEFORE_FULL: u32 = 8;

/// What is left of ink that a partial refresh took away.
const SHADOW: u8 = 214;
const WHITE: u8 = 255;
const BLACK: u8 = 0;

/// A rectangle, the right and lower ends excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) top: usize,
    pub(crate) bottom: usize,
}

impl Window {
    fn contains(&self, x: usize, y: usize) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }
}

#[derive(Clone, Copy, Debug)]
struct Refresh {
    window: Window,
    full: bool,
    ticks: u32,
}

/// The ink of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Ink {
    width: usize,
    height: usize,
    /// As the controller has it.
    bright: Vec<bool>,
    /// As the eye sees it after the refresh.
    levels: Vec<u8>,
    refresh: Option<Refresh>,
    partials: u32,
    last: Option<(Window, bool)>,
}

impl Ink {
    pub(crate) fn new(width: usize, height: usize) -> Ink {
        Ink {
            width,
            height,
            bright: vec![true; width * height],
            levels: vec![WHITE; width * height],
            refresh: None,
            // The first refresh is of the whole panel.
            partials: PARTIALS_BEFORE_FULL,
            last: None,
        }
    }

    /// Starts to show a frame.
    pub(crate) fn show(&mut self, bright: Vec<bool>) {
        let Some(window) = self.changed(&bright) else {
            return;
        };
        let full = self.partials >= PARTIALS_BEFORE_FULL;
        let window = if full { self.whole() } else { window };
        self.partials = if full { 0 } else { self.partials + 1 };
        for (index, level) in self.levels.iter_mut().enumerate() {
            if window.contains(index % self.width, index / self.width) {
                *level = match (self.bright[index], bright[index]) {
                    (_, false) => BLACK,
                    (false, true) if !full => SHADOW,
                    (true, true) if !full => *level,
                    _ => WHITE,
                };
            }
        }
        self.bright = bright;
        self.last = Some((window, full));
        self.refresh = Some(Refresh {
            window,
            full,
            ticks: 0,
        });
    }

    fn whole(&self) -> Window {
        Window {
            left: 0,
            right: self.width,
            top: 0,
            bottom: self.height,
        }
    }

    /// The window of whole bytes around all changes.
    fn changed(&self, bright: &[bool]) -> Option<Window> {
        let mut window: Option<Window> = None;
        let pairs = self.bright.iter().zip(bright).enumerate();
        for (index, _) in pairs.filter(|(_, (before, after))| before != after) {
            let (x, y) = (index % self.width, index / self.width);
            let left = x / 8 * 8;
            let right = (left + 8).min(self.width);
            let one = Window {
                left,
                right,
                top: y,
                bottom: y + 1,
            };
            window = Some(window.map_or(one, |all| Window {
                left: all.left.min(left),
                right: all.right.max(right),
                top: all.top,
                bottom: y + 1,
            }));
        }
        window
    }

    pub(crate) fn tick(&mut self) {
        if let Some(refresh) = &mut self.refresh {
            refresh.ticks += 1;
            if refresh.ticks
                >= if refresh.full {
                    FULL_TICKS
                } else {
                    PARTIAL_TICKS
                }
            {
                self.refresh = None;
            }
        }
    }

    /// Ends a refresh at once.
    pub(crate) fn settle(&mut self) {
        self.refresh = None;
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.refresh.is_some()
    }

    /// The last refresh in words.
    pub(crate) fn last_refresh(&self) -> Option<String> {
        self.last.map(|(window, full)| {
            let (width, height) = (window.right - window.left, window.bottom - window.top);
            if full {
                format!("full refresh of {width}x{height}")
            } else {
                let Window { left, top, .. } = window;
                format!("partial refresh of {width}x{height} at ({left}, {top})")
            }
        })
    }

    /// How bright a pixel looks now.
    pub(crate) fn level(&self, x: usize, y: usize) -> u8 {
        let index = y * self.width + x;
        let settled = self.levels.get(index).copied().unwrap_or(WHITE);
        let Some(refresh) = self.refresh.filter(|it| it.window.contains(x, y)) else {
            return settled;
        };
        let inverted = 255 - settled;
        if refresh.full {
            // Inverted, black, white, and then the picture.
            match refresh.ticks * 4 / FULL_TICKS {
                0 => inverted,
                1 => BLACK,
                2 => WHITE,
                _ => settled,
            }
        } else if refresh.ticks < PARTIAL_TICKS / 3 {
            inverted
        } else {
            settled
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_dot(x: usize, y: usize) -> Vec<bool> {
        (0..32 * 4).map(|index| index != y * 32 + x).collect()
    }

    fn finish(ink: &mut Ink) -> u32 {
        let mut ticks = 0;
        while ink.is_busy() {
            ink.tick();
            ticks += 1;
        }
        ticks
    }

    #[test]
    fn the_first_refresh_is_full_and_the_next_one_of_whole_bytes() {
        let mut ink = Ink::new(32, 4);
        ink.show(with_dot(9, 1));
        assert_eq!(ink.last_refresh().unwrap(), "full refresh of 32x4");
        assert_eq!(finish(&mut ink), FULL_TICKS);
        ink.show(with_dot(17, 2));
        let text = ink.last_refresh().unwrap();
        assert_eq!(text, "partial refresh of 16x2 at (8, 1)");
        assert_eq!(finish(&mut ink), PARTIAL_TICKS);
    }

    #[test]
    fn a_partial_refresh_blinks_in_its_window_and_leaves_a_shadow() {
        let mut ink = Ink::new(32, 4);
        ink.show(with_dot(9, 1));
        finish(&mut ink);
        ink.show(with_dot(17, 2));
        assert_eq!(
            (ink.level(17, 2), ink.level(10, 1), ink.level(0, 0)),
            (WHITE, BLACK, WHITE)
        );
        finish(&mut ink);
        assert_eq!((ink.level(17, 2), ink.level(9, 1)), (BLACK, SHADOW));
    }

    #[test]
    fn a_full_refresh_takes_the_shadows_away() {
        let mut ink = Ink::new(32, 4);
        for step in 0..PARTIALS_BEFORE_FULL as usize + 2 {
            ink.show(with_dot(step, 0));
            finish(&mut ink);
        }
        assert!(ink.last_refresh().unwrap().starts_with("full"));
        assert!(ink.levels.iter().all(|&level| level != SHADOW));
    }

    #[test]
    fn nothing_moves_where_nothing_changes() {
        let mut ink = Ink::new(32, 4);
        ink.show(vec![true; 32 * 4]);
        assert!(!ink.is_busy() && ink.last_refresh().is_none());
    }
}
