//! From the lines of a skeleton to grey values.
//!
//! Only additions, multiplications, divisions and square roots are used, which IEEE 754 rounds in
//! the same way everywhere: a picture has the same bytes on every machine. A general rasterizer
//! calls the sine of the platform's library for its round ends, which differs between platforms.

use super::skeletons::Stroke;

/// A point or a difference of points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Point {
    pub(crate) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The point a share of the way to another.
    fn towards(self, other: Self, share: f32) -> Self {
        Self::new(
            self.x + (other.x - self.x) * share,
            self.y + (other.y - self.y) * share,
        )
    }

    fn distance(self, other: Self) -> f32 {
        let (x, y) = (other.x - self.x, other.y - self.y);
        (x * x + y * y).sqrt()
    }
}

/// Length of a cubic's handles, as a share of the way to the corner, for a quarter of a circle.
const HANDLE: f32 = 0.5523;

/// Straight pieces of a curve at a corner: the error is within a tenth of a pixel in a picture of 64
/// pixels, the largest of a preset.
const PIECES: usize = 10;

/// The reach, in the units of the skeleton, of the small rounding of an `at` corner.
const EASE: f32 = 7.0;

/// Replaces the corners of a stroke by curves.
///
/// `roundness` is the share of the line up to its middle, or up to an `at`, that a `bend` turns
/// into curve: near 0 it is a corner, at 1 four of them in a rectangle make an ellipse. `place`
/// moves each corner to where this picture has it.
pub(crate) fn trace(
    stroke: &Stroke,
    roundness: f32,
    mut place: impl FnMut(Point) -> Point,
) -> Vec<Point> {
    let corners: Vec<(Point, bool)> = stroke
        .vertices
        .iter()
        .map(|vertex| {
            (
                place(Point::new(f32::from(vertex.x), f32::from(vertex.y))),
                vertex.bends,
            )
        })
        .collect();
    let count = corners.len();
    let mut line = Vec::with_capacity(count * (PIECES + 1) + 1);
    for (index, &(corner, bends)) in corners.iter().enumerate() {
        if !stroke.closed && (index == 0 || index == count - 1) {
            line.push(corner);
            continue;
        }
        let before = corners[(index + count - 1) % count];
        let after = corners[(index + 1) % count];
        let [enter, leave] = [before, after].map(|(neighbour, neighbour_bends)| {
            let share = match (bends, neighbour_bends) {
                (true, true) => roundness / 2.0,
                (true, false) => roundness,
                (false, _) => {
                    let distance = corner.distance(neighbour).max(f32::MIN_POSITIVE);
                    (EASE * roundness / distance).min(0.3)
                }
            };
            corner.towards(neighbour, share)
        });
        push_curve(&mut line, enter, corner, leave);
    }
    if stroke.closed {
        line.push(line[0]);
    }
    line
}

/// Appends the cubic from `enter` to `leave` that a corner pulls towards itself.
fn push_curve(line: &mut Vec<Point>, enter: Point, corner: Point, leave: Point) {
    let first = enter.towards(corner, HANDLE);
    let second = leave.towards(corner, HANDLE);
    for piece in 0..=PIECES {
        let t = piece as f32 / PIECES as f32;
        let s = 1.0 - t;
        let [a, b, c, d] = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        line.push(Point::new(
            a * enter.x + b * first.x + c * second.x + d * leave.x,
            a * enter.y + b * first.y + c * second.y + d * leave.y,
        ));
    }
}

/// A grey picture that a round pen draws on, white on black.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    radius: f32,
    /// The square of the distance from the middle of each pixel to the nearest line.
    squares: Vec<f32>,
}

impl Canvas {
    /// An empty picture and a pen of a radius in pixels.
    pub(crate) fn new(width: usize, height: usize, radius: f32) -> Self {
        Self {
            width,
            height,
            radius,
            squares: vec![f32::INFINITY; width * height],
        }
    }

    /// Draws a line through points in pixels; the middle of the first pixel is at (0.5, 0.5).
    pub(crate) fn draw(&mut self, line: &[Point]) {
        for pair in line.windows(2) {
            self.draw_segment(pair[0], pair[1]);
        }
    }

    fn draw_segment(&mut self, from: Point, to: Point) {
        // Farther pixels are black.
        let reach = self.radius + 1.0;
        let columns = pixels(
            from.x.min(to.x) - reach,
            from.x.max(to.x) + reach,
            self.width,
        );
        let rows = pixels(
            from.y.min(to.y) - reach,
            from.y.max(to.y) + reach,
            self.height,
        );
        let (along_x, along_y) = (to.x - from.x, to.y - from.y);
        let length_squared = (along_x * along_x + along_y * along_y).max(f32::MIN_POSITIVE);
        for row in rows {
            let y = row as f32 + 0.5 - from.y;
            for column in columns.clone() {
                let x = column as f32 + 0.5 - from.x;
                let share = ((x * along_x + y * along_y) / length_squared).clamp(0.0, 1.0);
                let (off_x, off_y) = (x - share * along_x, y - share * along_y);
                let square = &mut self.squares[row * self.width + column];
                *square = square.min(off_x * off_x + off_y * off_y);
            }
        }
    }

    /// The grey value of each pixel: how much of it the pen covered.
    ///
    /// An edge that crosses a pixel covers it by how far the pixel's middle is inside, to within a
    /// few hundredths for any direction; and where lines meet nothing is counted twice.
    pub(crate) fn values(&self) -> impl Iterator<Item = u8> {
        self.squares.iter().map(|square| {
            let coverage = (self.radius + 0.5 - square.sqrt()).clamp(0.0, 1.0);
            (coverage * 255.0 + 0.5) as u8
        })
    }
}

/// The range of pixels between two positions on an axis, clipped to the picture.
fn pixels(from: f32, to: f32, size: usize) -> std::ops::Range<usize> {
    // The cast takes a negative value to 0.
    let start = from as usize;
    let end = (to.max(0.0) as usize).saturating_add(1).min(size);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strokes::skeletons::DIGITS;

    fn square_of_zero(roundness: f32) -> Vec<Point> {
        trace(&DIGITS[0].shapes[0][0], roundness, |point| point)
    }

    fn rows(canvas: &Canvas) -> Vec<Vec<u8>> {
        let values: Vec<u8> = canvas.values().collect();
        values.chunks(canvas.width).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn full_roundness_makes_an_ellipse() {
        for point in square_of_zero(1.0) {
            let radius = ((point.x / 28.0).powi(2) + (point.y / 50.0).powi(2)).sqrt();
            assert!((radius - 1.0).abs() < 0.001, "{point:?} at {radius}");
        }
    }

    #[test]
    fn no_roundness_keeps_the_corners() {
        let line = square_of_zero(0.0);
        let off = |point: &Point| (point.x.abs() - 28.0).abs() + (point.y.abs() - 50.0).abs();
        assert!(line.iter().all(|point| off(point) < 0.001));
    }

    #[test]
    fn a_closed_line_ends_where_it_began() {
        let line = square_of_zero(0.8);
        assert_eq!(line.first(), line.last());
    }

    #[test]
    fn an_open_line_keeps_its_ends() {
        let line = trace(&DIGITS[2].shapes[0][0], 0.9, |point| point);
        assert_eq!(line.first(), Some(&Point::new(-27.0, -24.0)));
        assert_eq!(line.last(), Some(&Point::new(29.0, 50.0)));
    }

    #[test]
    fn a_line_covers_the_pixels_under_it() {
        let mut canvas = Canvas::new(5, 3, 0.5);
        canvas.draw(&[Point::new(1.5, 1.5), Point::new(3.5, 1.5)]);
        assert_eq!(rows(&canvas), [[0; 5], [0, 255, 255, 255, 0], [0; 5]]);
    }

    #[test]
    fn half_covered_pixels_are_half_grey() {
        let mut canvas = Canvas::new(3, 4, 1.0);
        canvas.draw(&[Point::new(-5.0, 1.5), Point::new(9.0, 1.5)]);
        assert_eq!(rows(&canvas), [[128; 3], [255; 3], [128; 3], [0; 3]]);
    }

    #[test]
    fn a_dot_is_a_line_without_length() {
        let mut canvas = Canvas::new(3, 3, 0.5);
        canvas.draw(&[Point::new(1.5, 1.5); 2]);
        assert_eq!(rows(&canvas), [[0; 3], [0, 255, 0], [0; 3]]);
    }

    #[test]
    fn lines_outside_draw_nothing() {
        let mut canvas = Canvas::new(3, 3, 0.5);
        canvas.draw(&[
            Point::new(-9.0, -9.0),
            Point::new(-8.0, 40.0),
            Point::new(50.0, 60.0),
        ]);
        assert_eq!(rows(&canvas), [[0; 3]; 3]);
    }
}
