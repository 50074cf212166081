//! Charts as coordinates of SVG elements. Nothing here knows what is drawn, and no chart stands without its table.

use serde::Serialize;

/// A line in a box of 100 by 30, with the area below it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Spark {
    line: String,
    area: String,
}

/// The line of a series; `None` for less than two values.
pub(crate) fn spark(values: &[f64]) -> Option<Spark> {
    let steps = values.len().checked_sub(1).filter(|steps| *steps > 0)?;
    let top = values.iter().copied().fold(f64::MIN, f64::max);
    let low = values.iter().copied().fold(f64::MAX, f64::min);
    let range = if top > low { top - low } else { 1.0 };
    let point = |(at, value): (usize, &f64)| (100.0 * share(at, steps), 26.0 - 22.0 * (value - low) / range);
    let line = path(&values.iter().enumerate().map(point).collect::<Vec<_>>());
    Some(Spark { area: format!("{line}L100 30L0 30Z"), line })
}

/// What a chart shows: two series of dialogs as lines, one of leads as bars.
#[derive(Debug)]
pub(crate) struct Series<'s> {
    /// The current values; may be shorter than the labels where the time has not come.
    pub(crate) now: &'s [u64],
    /// Those of the period before.
    pub(crate) before: &'s [u64],
    /// Bars below; as many as current values.
    pub(crate) bars: &'s [u64],
    /// A text for each step.
    pub(crate) labels: &'s [String],
}

/// A chart of a size.
#[derive(Debug, Serialize)]
pub(crate) struct Chart {
    width: u32,
    height: u32,
    left: f64,
    right: f64,
    grid: Vec<Grid>,
    now: String,
    before: String,
    area: String,
    end: Option<End>,
    bars: Vec<Bar>,
    bars_base: f64,
    ticks: Vec<Tick>,
}

#[derive(Debug, Serialize)]
struct Grid {
    y: f64,
    text_x: f64,
    text_y: f64,
    text: String,
}

#[derive(Debug, Serialize)]
struct End {
    x: f64,
    y: f64,
}

/// A bar, or a cell of a heat map.
#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[derive(Debug, Serialize)]
struct Tick {
    x: f64,
    y: f64,
    text: String,
}

/// The room of the bars below the lines.
const BARS: f64 = 30.0;

/// A chart in a box of `width` by `height` with about `ticks` labels.
pub(crate) fn chart((width, height): (u32, u32), series: &Series<'_>, ticks: usize) -> Chart {
    let (left, right) = (30.0, f64::from(width) - 8.0);
    let (top, base, bars_base) = (10.0, f64::from(height) - 68.0, f64::from(height) - 24.0);
    let steps = series.labels.len().saturating_sub(1);
    let most = round_up(series.now.iter().chain(series.before).copied().max().unwrap_or_default());
    // Each step has a band, in whose middle its values stand: a bar of the first or the last step leaves the box otherwise.
    let band = (right - left) / series.labels.len().max(1) as f64;
    let x = |at: usize| left + band * (at as f64 + 0.5);
    let y = |value: u64| base - (base - top) * value as f64 / most as f64;
    let points =
        |values: &[u64]| values.iter().enumerate().map(|(at, value)| (x(at), y(*value))).collect::<Vec<_>>();
    let (now, before) = (points(series.now), points(series.before));
    let line = path(&now);
    let end = now.last().map(|(x, y)| End { x: round(*x), y: round(*y) });
    let area = match &end {
        Some(end) => format!("{line}L{} {base}L{} {base}Z", end.x, round(x(0))),
        None => String::new(),
    };
    let wide = (band * 0.56).clamp(1.0, 48.0);
    let tall = series.bars.iter().copied().max().unwrap_or_default().max(1) as f64;
    let bar = |(at, value): (usize, &u64)| {
        let height = BARS * *value as f64 / tall;
        Bar {
            x: round(x(at) - wide / 2.0),
            y: round(bars_base - height),
            width: round(wide),
            height: round(height),
        }
    };
    let every = series.labels.len().div_ceil(ticks.max(1)).max(1);
    let tick = |(at, text): (usize, &String)| Tick {
        x: round(x(at)),
        y: f64::from(height) - 6.0,
        text: text.clone(),
    };
    let labelled = series.labels.iter().enumerate();
    Chart {
        width,
        height,
        left,
        right,
        grid: (0..=4)
            .map(|quarter| {
                let value = most / 4 * quarter;
                Grid {
                    y: round(y(value)),
                    text_x: left - 8.0,
                    text_y: round(y(value) + 4.0),
                    text: value.to_string(),
                }
            })
            .collect(),
        before: path(&before),
        now: line,
        area,
        end,
        bars: series.bars.iter().enumerate().map(bar).collect(),
        bars_base,
        ticks: labelled.filter(|(at, _)| (steps - at).is_multiple_of(every)).map(tick).collect(),
    }
}

/// The week as a map: a row a day, a column an hour.
#[derive(Debug, Serialize)]
pub(crate) struct Heat {
    width: u32,
    height: u32,
    /// The index of the weekday with the busiest hour, from Monday.
    #[serde(skip)]
    pub(crate) busiest_day: usize,
    /// The busiest hour.
    pub(crate) busiest_hour: usize,
    /// By weekday from Monday.
    #[serde(skip)]
    pub(crate) days: Vec<HeatDay>,
    hours: Vec<HeatHour>,
    table: Vec<HeatLine>,
}

/// A day of the map.
#[derive(Debug, Serialize)]
pub(crate) struct HeatDay {
    pub(crate) text_y: u32,
    pub(crate) cells: Vec<HeatCell>,
}

/// A cell: where it stands and how dark it is, 0 to 4.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct HeatCell {
    x: f64,
    y: u32,
    width: f64,
    height: u32,
    level: u64,
}

#[derive(Debug, Serialize)]
struct HeatHour {
    x: f64,
    y: u32,
    text: String,
}

#[derive(Debug, Serialize)]
struct HeatLine {
    hour: usize,
    counts: Vec<u64>,
}

/// The map of counts by weekday and hour. Hours at the ends of the day without any are left out, but never those from 9 to 18.
pub(crate) fn heat(counts: &[[u64; 24]; 7]) -> Heat {
    let any = |hour: &usize| counts.iter().any(|day| day.get(*hour).is_some_and(|count| *count > 0));
    let first = (0..9).find(any).unwrap_or(9);
    let last = (19..24).rev().find(any).unwrap_or(18);
    let most = counts.iter().flatten().copied().max().unwrap_or_default();
    let at = |day: &[u64; 24], hour: usize| day.get(hour).copied().unwrap_or_default();
    let (mut busiest_day, mut busiest_hour, mut seen) = (0, first, 0);
    for (day, row) in counts.iter().enumerate() {
        for (hour, count) in row.iter().enumerate() {
            if *count > seen {
                (busiest_day, busiest_hour, seen) = (day, hour, *count);
            }
        }
    }
    let (left, width, gap) = (36.0, 400.0, 2.0);
    let column = (width - left) / (last - first + 1) as f64;
    let x = |hour: usize| left + (hour - first) as f64 * column;
    let level = |count: u64| if count == 0 { 0 } else { (count * 4).div_ceil(most).min(4) };
    let days = (0_u32..).zip(counts).map(|(row, day)| HeatDay {
        text_y: row * 22 + 15,
        cells: (first..=last)
            .map(|hour| HeatCell {
                x: round(x(hour)),
                y: row * 22,
                width: round(column - gap),
                height: 20,
                level: level(at(day, hour)),
            })
            .collect(),
    });
    Heat {
        width: 400,
        height: 174,
        busiest_day,
        busiest_hour,
        days: days.collect(),
        hours: (first..=last)
            .filter(|hour| hour.is_multiple_of(2) && (column > 20.0 || hour.is_multiple_of(4)))
            .map(|hour| HeatHour { x: round(x(hour) + column / 2.0), y: 168, text: hour.to_string() })
            .collect(),
        table: (first..=last)
            .map(|hour| HeatLine { hour, counts: counts.iter().map(|day| at(day, hour)).collect() })
            .collect(),
    }
}

/// The least number from `value` whose quarters are whole and round; at least 4.
fn round_up(value: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for times in [1, 2, 3, 5] {
            let most = 4 * times * unit;
            if most >= value {
                return most;
            }
        }
        let Some(next) = unit.checked_mul(10).filter(|next| *next < u64::MAX / 40) else { return u64::MAX };
        unit = next;
    }
}

fn share(at: usize, of: usize) -> f64 {
    at as f64 / of.max(1) as f64
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{command}{} {}", round(*x), round(*y)));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_uses_the_whole_height() {
        let spark = spark(&[0.0, 10.0, 5.0]).unwrap();
        assert_eq!(spark.line, "M0 26L50 4L100 15");
        assert_eq!(spark.area, "M0 26L50 4L100 15L100 30L0 30Z");
        assert_eq!(super::spark(&[1.0]), None);
        assert_eq!(
            super::spark(&[2.0, 2.0]).unwrap().line,
            "M0 26L100 26",
            "a constant has no division by zero"
        );
    }

    #[test]
    fn the_scale_has_whole_quarters() {
        let scales = [0, 1, 4, 5, 8, 13, 20, 21, 60, 100, 130, 1000].map(round_up);
        assert_eq!(scales, [4, 4, 4, 8, 8, 20, 20, 40, 80, 120, 200, 1200]);
        assert!(round_up(u64::MAX) >= u64::MAX / 40);
    }

    #[test]
    fn a_chart_puts_every_value_in_its_box() {
        let labels: Vec<String> = (0..5).map(|at| at.to_string()).collect();
        let series = Series { now: &[0, 8, 4], before: &[1, 2, 3, 4, 5], bars: &[0, 2, 1], labels: &labels };
        let chart = chart((238, 168), &series, 2);
        assert_eq!(chart.now, "M50 100L90 10L130 55", "the day is not over");
        assert_eq!(chart.area, "M50 100L90 10L130 55L130 100L50 100Z");
        assert_eq!(chart.before.matches(['M', 'L']).count(), 5);
        assert_eq!(
            chart.grid.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(),
            ["0", "2", "4", "6", "8"]
        );
        assert_eq!(chart.bars[1], Bar { x: 78.8, y: 114.0, width: 22.4, height: 30.0 });
        let ticks: Vec<_> = chart.ticks.iter().map(|tick| (tick.text.as_str(), tick.x)).collect();
        assert_eq!(ticks, [("1", 90.0), ("4", 210.0)]);
        for (bars, labels) in [(1, 1), (90, 90)] {
            let labels: Vec<String> = (0..labels).map(|at: usize| at.to_string()).collect();
            let values = vec![1; bars];
            let series = Series { now: &values, before: &values, bars: &values, labels: &labels };
            let chart = super::chart((340, 220), &series, 5);
            let inside = |bar: &Bar| bar.x >= chart.left && bar.x + bar.width <= chart.right + 0.1;
            assert!(chart.bars.iter().all(inside), "{:?}", chart.bars);
        }
    }

    #[test]
    fn an_empty_chart_has_no_end() {
        let chart = chart((340, 220), &Series { now: &[], before: &[], bars: &[], labels: &[] }, 5);
        assert!(chart.end.is_none() && chart.area.is_empty() && chart.ticks.is_empty());
    }

    #[test]
    fn the_map_shows_working_hours_and_every_hour_that_counts() {
        let mut counts = [[0; 24]; 7];
        let empty = heat(&counts);
        assert_eq!((empty.days[0].cells.len(), empty.busiest_day, empty.busiest_hour), (10, 0, 9));
        counts[4][22] = 8;
        counts[2][7] = 2;
        let map = heat(&counts);
        assert_eq!((map.busiest_day, map.busiest_hour, map.table.len()), (4, 22, 16));
        let levels = |day: usize| map.days[day].cells.iter().map(|cell| cell.level).collect::<Vec<_>>();
        assert_eq!((levels(2)[0], levels(4)[15], levels(1).iter().sum::<u64>()), (1, 4, 0));
        assert_eq!(map.table[15].counts, [0, 0, 0, 0, 8, 0, 0]);
    }
}
