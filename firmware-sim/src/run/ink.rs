//! Electronic paper: ink that moves slowly and stays.
//!
//! The panel keeps what it shows. A change refreshes the smallest window of whole bytes around it: fast, and with a
//! shadow of what was there. Every eighth refresh is of the whole panel, which blinks and takes the shadows away.

use embedded_graphics::prelude::{Point, PointsIter, Size};
use embedded_graphics::primitives::Rectangle;
use pixling_app::TICKS_PER_SECOND;

/// Typical of 2.9 inch panels: 0.3 seconds in part, 2 seconds as a whole.
const PARTIAL_TICKS: u32 = TICKS_PER_SECOND * 3 / 10;
const FULL_TICKS: u32 = TICKS_PER_SECOND * 2;
const PARTIALS_BEFORE_FULL: u32 = 8;

/// The level of ink that a partial refresh took away.
const SHADOW: u8 = 214;
const WHITE: u8 = 255;
const BLACK: u8 = 0;

#[derive(Clone, Copy, Debug)]
struct Refresh {
    window: Rectangle,
    full: bool,
    /// Ticks until it is done.
    left: u32,
}

/// The ink of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Ink {
    size: Size,
    /// As the controller has it.
    bright: Vec<bool>,
    /// As the eye sees it after the refresh.
    levels: Vec<u8>,
    /// The last refresh, done or not.
    refresh: Option<Refresh>,
    partials: u32,
}

impl Ink {
    pub(crate) fn new(width: u32, height: u32) -> Ink {
        let pixels = width as usize * height as usize;
        Ink {
            size: Size::new(width, height),
            bright: vec![true; pixels],
            levels: vec![WHITE; pixels],
            refresh: None,
            // The first refresh is of the whole panel.
            partials: PARTIALS_BEFORE_FULL,
        }
    }

    /// Starts to show a frame.
    pub(crate) fn show(&mut self, bright: Vec<bool>) {
        let Some(window) = self.changed(&bright) else {
            return;
        };
        let full = self.partials >= PARTIALS_BEFORE_FULL;
        let (window, left) = if full {
            (Rectangle::new(Point::zero(), self.size), FULL_TICKS)
        } else {
            (window, PARTIAL_TICKS)
        };
        self.partials = if full { 0 } else { self.partials + 1 };
        for point in window.points() {
            let index = self.index(point);
            let level = &mut self.levels[index];
            *level = match (self.bright[index], bright[index]) {
                (_, false) => BLACK,
                (false, true) if !full => SHADOW,
                (true, true) if !full => *level,
                _ => WHITE,
            };
        }
        self.bright = bright;
        self.refresh = Some(Refresh { window, full, left });
    }

    fn index(&self, point: Point) -> usize {
        point.y as usize * self.size.width as usize + point.x as usize
    }

    /// The window of whole bytes around all changes.
    fn changed(&self, bright: &[bool]) -> Option<Rectangle> {
        let all = Rectangle::new(Point::zero(), self.size).points();
        let pairs = all.zip(self.bright.iter().zip(bright));
        let changed = pairs.filter(|(_, (before, after))| before != after);
        let points = changed.map(|(point, _)| point);
        let first = points.clone().reduce(Point::component_min)?;
        let last = points.reduce(Point::component_max)?;
        let right = (last.x / 8 * 8 + 7).min(self.size.width as i32 - 1);
        Some(Rectangle::with_corners(
            Point::new(first.x / 8 * 8, first.y),
            Point::new(right, last.y),
        ))
    }

    pub(crate) fn tick(&mut self) {
        if let Some(refresh) = &mut self.refresh {
            refresh.left = refresh.left.saturating_sub(1);
        }
    }

    /// Ends a refresh at once.
    pub(crate) fn settle(&mut self) {
        if let Some(refresh) = &mut self.refresh {
            refresh.left = 0;
        }
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.refresh.is_some_and(|refresh| refresh.left > 0)
    }

    /// The last refresh in words.
    pub(crate) fn last_refresh(&self) -> Option<String> {
        let Refresh { window, full, .. } = self.refresh?;
        let Size { width, height } = window.size;
        Some(if full {
            format!("full refresh of {width}x{height}")
        } else {
            let Point { x, y } = window.top_left;
            format!("partial refresh of {width}x{height} at ({x}, {y})")
        })
    }

    /// How bright a pixel looks now.
    pub(crate) fn level(&self, point: Point) -> u8 {
        let settled = self.levels.get(self.index(point)).copied().unwrap_or(WHITE);
        let is_moving = |it: &Refresh| it.left > 0 && it.window.contains(point);
        let Some(refresh) = self.refresh.filter(is_moving) else {
            return settled;
        };
        let inverted = 255 - settled;
        if refresh.full {
            // Inverted, black, white, and then the picture.
            match (FULL_TICKS - refresh.left) * 4 / FULL_TICKS {
                0 => inverted,
                1 => BLACK,
                2 => WHITE,
                _ => settled,
            }
        } else if PARTIAL_TICKS - refresh.left < PARTIAL_TICKS / 3 {
            inverted
        } else {
            settled
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(ink: &Ink, x: i32, y: i32) -> u8 {
        ink.level(Point::new(x, y))
    }

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
            (level(&ink, 17, 2), level(&ink, 10, 1), level(&ink, 0, 0)),
            (WHITE, BLACK, WHITE)
        );
        finish(&mut ink);
        assert_eq!((level(&ink, 17, 2), level(&ink, 9, 1)), (BLACK, SHADOW));
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
