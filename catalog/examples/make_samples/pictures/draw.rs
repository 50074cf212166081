//! Flat shapes on a square of 100 by 100 units, drawn with smooth edges.

/// Width and height of a picture, in pixels: twice the points that it takes in a card on a narrow screen.
pub const SIZE: usize = 160;
/// Samples of a pixel in each direction.
const SAMPLES: usize = 3;
/// The colour behind the shapes.
pub const GROUND: u32 = 0xEEF1F6;

/// A point, in units.
type Point = (f32, f32);

/// A shape, all measures in units.
pub enum Shape {
    /// A rectangle by its corner, width and height, with corners of a radius.
    Block(f32, f32, f32, f32, f32),
    /// A circle by its centre and radius.
    Disc(f32, f32, f32),
    /// The outline of a circle: centre, radius and width.
    Ring(f32, f32, f32, f32),
    /// A line through points, of a width, with round ends.
    Line(&'static [Point], f32),
    /// A polygon.
    Area(&'static [Point]),
}

use Shape::{Area, Block, Disc, Line, Ring};

impl Shape {
    fn holds(&self, (x, y): Point) -> bool {
        match *self {
            Block(left, top, width, height, radius) => {
                let (across, down) = (width / 2.0 - radius, height / 2.0 - radius);
                let dx = ((x - left - width / 2.0).abs() - across).max(0.0);
                let dy = ((y - top - height / 2.0).abs() - down).max(0.0);
                // Corners without a radius are sharp.
                if radius > 0.0 { dx * dx + dy * dy <= radius * radius } else { dx + dy <= 0.0 }
            }
            Disc(cx, cy, radius) => distance((x, y), (cx, cy)) <= radius,
            Ring(cx, cy, radius, width) => (distance((x, y), (cx, cy)) - radius).abs() <= width / 2.0,
            Line(points, width) => points.windows(2).any(|ends| match ends {
                [from, to] => distance_to_line((x, y), *from, *to) <= width / 2.0,
                _ => false,
            }),
            Area(points) => {
                let next = points.iter().cycle().skip(1);
                let crossed = points.iter().zip(next).filter(|((ax, ay), (bx, by))| {
                    (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
                });
                crossed.count() % 2 == 1
            }
        }
    }
}

fn distance((ax, ay): Point, (bx, by): Point) -> f32 {
    ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt()
}

fn distance_to_line((x, y): Point, (ax, ay): Point, (bx, by): Point) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    distance((x, y), (ax + along * dx, ay + along * dy))
}

/// Draws shapes over each other; the pixels' colours by rows, as 0xRRGGBB.
pub fn pixels(shapes: &[(u32, Shape)]) -> Vec<u32> {
    let unit = 100.0 / SIZE as f32;
    let colour = |x: f32, y: f32| {
        let at = (x * unit, y * unit);
        shapes.iter().rev().find(|(_, shape)| shape.holds(at)).map_or(GROUND, |(colour, _)| *colour)
    };
    // Only pixels with corners of different colours hold an edge.
    let side = SIZE + 1;
    let corners: Vec<u32> =
        (0..side * side).map(|place| colour((place % side) as f32, (place / side) as f32)).collect();
    let pixel = |column: usize, row: usize| {
        let corner = |right: usize, down: usize| corners.get((row + down) * side + column + right).copied();
        let first = corner(0, 0).unwrap_or(GROUND);
        if [(1, 0), (0, 1), (1, 1)].into_iter().all(|(right, down)| corner(right, down) == Some(first)) {
            return first;
        }
        let mut sums = [0; 3];
        for sample in 0..SAMPLES * SAMPLES {
            let within = |place: usize| (place as f32 + 0.5) / SAMPLES as f32;
            let (x, y) = (within(sample % SAMPLES), within(sample / SAMPLES));
            let [_, channels @ ..] = colour(column as f32 + x, row as f32 + y).to_be_bytes();
            for (sum, channel) in sums.iter_mut().zip(channels) {
                *sum += u32::from(channel);
            }
        }
        sums.iter().fold(0, |all, sum| (all << 8) | (sum / (SAMPLES * SAMPLES) as u32))
    };
    (0..SIZE * SIZE).map(|place| pixel(place % SIZE, place / SIZE)).collect()
}
