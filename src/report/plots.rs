//! The charts of a report, as SVG: black on white, so that they print, and told apart by shape as well as by colour.

use std::error::Error;
use std::fmt::Write;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Something that is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Drawn = Result<(), Box<dyn Error>>;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const FAINT: RGBColor = RGBColor(0xcc, 0xcc, 0xcc);
const MAIN: RGBColor = RGBColor(0x1f, 0x5f, 0x8b);
const ALARM: RGBColor = RGBColor(0xb0, 0x30, 0x20);

/// Pixels of a letter of the text, across; SVG without a font can only guess.
const LETTER: f64 = 6.6;
const TEXT: f64 = 12.0;

/// A value with the ends of its interval, and what it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub name: String,
    pub value: f64,
    /// None where there is no interval.
    pub ends: Option<(f64, f64)>,
    /// Set apart: beyond a limit, or rare.
    pub alarm: bool,
}

/// A point at a place along an axis, such as a week or a number of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    pub x: f64,
    pub point: Point,
}

/// Draws into a string. A chart that can't be drawn is said in words: the figures beside it are whole all the same.
fn drawn(width: u32, height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let fault = {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?)).err()
    };
    match fault {
        Some(fault) => {
            let mut words = String::from("<p>This chart could not be drawn; its figures stand in the table.");
            // Only numbers and the words of the library are in it.
            let _ = write!(words, "<!-- {} --></p>", fault.to_string().replace("--", "- -"));
            words
        }
        // A width in pixels would not shrink to a page.
        None => svg.replacen("<svg width=", "<svg role=\"img\" data-width=", 1),
    }
}

fn words(size: f64, colour: &RGBColor, across: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(colour).pos(Pos::new(across, VPos::Center))
}

fn px(value: f64) -> i32 {
    // Beyond a picture nothing is drawn; the bounds keep the conversion whole.
    value.clamp(-10_000.0, 100_000.0).round() as i32
}

/// Draws values with their intervals one below the other, from `low` to `high`.
pub fn forest(points: &[Point], low: f64, high: f64, axis: &str) -> String {
    const ROW: f64 = 22.0;
    let longest = points.iter().map(|point| point.name.chars().count()).max().unwrap_or(0).min(40);
    let left = longest as f64 * LETTER + 16.0;
    let (width, plot) = (left + 480.0, 460.0);
    let height = points.len() as f64 * ROW + 46.0;
    let place = move |value: f64| left + (value.clamp(low, high) - low) / (high - low) * plot;
    drawn(px(width).unsigned_abs(), px(height).unsigned_abs(), |area| {
        let bottom = height - 40.0;
        for tick in ticks(low, high) {
            let x = px(place(tick));
            let style = if tick == 0.0 { INK } else { FAINT };
            area.draw(&PathElement::new([(x, 2), (x, px(bottom))], style))?;
            area.draw(&Text::new(number(tick), (x, px(bottom + 10.0)), words(11.0, &INK, HPos::Center)))?;
        }
        area.draw(&Text::new(
            axis.to_owned(),
            (px(left + plot / 2.0), px(bottom + 28.0)),
            words(11.0, &INK, HPos::Center),
        ))?;
        for (n, point) in points.iter().enumerate() {
            let y = px((n as f64 + 0.5) * ROW);
            let colour = if point.alarm { ALARM } else { MAIN };
            let name = shortened(&point.name, longest);
            area.draw(&Text::new(name, (px(left - 10.0), y), words(TEXT, &INK, HPos::Right)))?;
            if let Some((from, to)) = point.ends {
                area.draw(&PathElement::new(
                    [(px(place(from)), y), (px(place(to)), y)],
                    colour.stroke_width(2),
                ))?;
            }
            let x = px(place(point.value));
            match point.alarm {
                true => area.draw(&TriangleMarker::new((x, y), 6, colour.filled()))?,
                false => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], colour.filled()))?,
            }
        }
        Ok(())
    })
}

/// Draws a square of values from `low` (white) to `high` (dark), each with its number; none where there is no value.
pub fn heat(names: &[String], value: impl Fn(usize, usize) -> Option<f64>, low: f64, high: f64) -> String {
    const CELL: f64 = 46.0;
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(24);
    let left = longest as f64 * LETTER + 14.0;
    let side = names.len() as f64 * CELL;
    // Names above the columns would overlap, so that columns carry the number of their row.
    let top = 22.0;
    drawn(px(left + 24.0 + side).unsigned_abs(), px(top + side + 4.0).unsigned_abs(), |area| {
        for (row, name) in names.iter().enumerate() {
            let middle = (row as f64 + 0.5) * CELL;
            let text = format!("{} {}", shortened(name, longest), row + 1);
            area.draw(&Text::new(text, (px(left + 14.0), px(top + middle)), words(TEXT, &INK, HPos::Right)))?;
            let head = (row + 1).to_string();
            area.draw(&Text::new(head, (px(left + 20.0 + middle), 10), words(TEXT, &INK, HPos::Center)))?;
            for column in 0..names.len() {
                let (x, y) = (left + 20.0 + column as f64 * CELL, top + row as f64 * CELL);
                let corners = [(px(x + 1.0), px(y + 1.0)), (px(x + CELL - 1.0), px(y + CELL - 1.0))];
                let Some(found) = value(row, column).filter(|_| row != column) else {
                    area.draw(&Rectangle::new(corners, FAINT))?;
                    continue;
                };
                let share = ((found - low) / (high - low)).clamp(0.0, 1.0);
                let shade =
                    |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share) as u8;
                let fill = RGBColor(shade(0xff, MAIN.0), shade(0xff, MAIN.1), shade(0xff, MAIN.2));
                area.draw(&Rectangle::new(corners, fill.filled()))?;
                area.draw(&Rectangle::new(corners, FAINT))?;
                let ink = if share > 0.55 { WHITE } else { INK };
                area.draw(&Text::new(
                    format!("{found:.2}"),
                    (px(x + CELL / 2.0), px(y + CELL / 2.0)),
                    words(TEXT, &ink, HPos::Center),
                ))?;
            }
        }
        Ok(())
    })
}

/// What a chart along an axis holds.
#[derive(Debug, Clone, Default)]
pub struct Course<'a> {
    pub points: &'a [At],
    /// Whether points are joined by a line.
    pub joined: bool,
    pub centre: Option<f64>,
    /// Lower and upper limit along the axis.
    pub limits: &'a [(f64, f64, f64)],
    /// There is no lower limit: what lies low alarms nobody.
    pub upper_alone: bool,
    pub x: &'a str,
    pub y: &'a str,
    /// Words below a place of the axis; numbers where there are none.
    pub ticks: &'a [String],
    /// Whether points carry their names.
    pub named: bool,
}

/// Draws points along an axis, with the limits that hold there. Values are shares from 0 up, or measures from −1 to 1.
pub fn course(course: &Course<'_>) -> String {
    let all = course.points.iter().flat_map(|at| {
        let ends = at.point.ends.unwrap_or((at.point.value, at.point.value));
        [at.point.value, ends.0, ends.1]
    });
    let all = all.chain(course.limits.iter().flat_map(|(_, low, high)| [*low, *high])).chain(course.centre);
    let (low, high) = all
        .filter(|value| value.is_finite())
        .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let high = if high - low < 0.05 { low + 0.05 } else { high + (high - low) * 0.06 };
    let places = || course.points.iter().map(|at| at.x).chain(course.limits.iter().map(|(x, ..)| *x));
    let first = places().fold(f64::INFINITY, f64::min);
    let last = places().fold(f64::NEG_INFINITY, f64::max);
    if !(first.is_finite() && last.is_finite()) {
        return String::new();
    }
    let margin = ((last - first) * 0.04).max(0.5);
    drawn(620, 260, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(20)
            .x_label_area_size(38)
            .y_label_area_size(52)
            .build_cartesian_2d(first - margin..last + margin, low..high)?;
        let tick = |x: &f64| match course.ticks {
            [] => number(*x),
            ticks if x.fract().abs() < 1e-9 && *x >= 0.0 => {
                ticks.get(*x as usize).cloned().unwrap_or_default()
            }
            _ => String::new(),
        };
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&tick)
            .y_label_formatter(&|y| number(*y))
            .x_desc(course.x)
            .y_desc(course.y)
            .label_style(("sans-serif", 11).into_font().color(&INK))
            .draw()?;
        for end in usize::from(course.upper_alone)..2 {
            let line = course.limits.iter().map(|(x, low, high)| (*x, if end == 0 { *low } else { *high }));
            chart.draw_series(DashedLineSeries::new(line, 5, 4, ALARM.stroke_width(1)))?;
        }
        if let Some(centre) = course.centre {
            chart.draw_series(LineSeries::new(
                [(first - margin, centre), (last + margin, centre)],
                FAINT.stroke_width(2),
            ))?;
        }
        if course.joined {
            chart
                .draw_series(LineSeries::new(course.points.iter().map(|at| (at.x, at.point.value)), MAIN))?;
        }
        for at in course.points {
            let colour = if at.point.alarm { ALARM } else { MAIN };
            let (x, y) = (at.x, at.point.value);
            if let Some((from, to)) = at.point.ends {
                chart.draw_series([PathElement::new([(x, from), (x, to)], colour)])?;
            }
            match at.point.alarm {
                true => chart.draw_series([TriangleMarker::new((x, y), 6, colour.filled())]).map(|_| ())?,
                false => chart.draw_series([Circle::new((x, y), 4, colour.filled())]).map(|_| ())?,
            }
            if course.named {
                let style = words(10.0, &INK, HPos::Left);
                let name = EmptyElement::at((x, y)) + Text::new(at.point.name.clone(), (7, -7), style);
                chart.draw_series([name])?;
            }
        }
        Ok(())
    })
}

/// Draws how often each of some ranges was seen.
pub fn histogram(counts: &[(String, u64)], axis: &str) -> String {
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1) as f64;
    let width = 40.0_f64.min(560.0 / counts.len().max(1) as f64);
    let (left, floor, tall) = (10.0, 190.0, 160.0);
    drawn(px(left * 2.0 + width * counts.len() as f64).unsigned_abs().max(200), 236, |area| {
        for (n, (name, count)) in counts.iter().enumerate() {
            let x = left + n as f64 * width;
            let top = floor - *count as f64 / most * tall;
            area.draw(&Rectangle::new(
                [(px(x + 2.0), px(top)), (px(x + width - 2.0), px(floor))],
                MAIN.filled(),
            ))?;
            let middle = px(x + width / 2.0);
            area.draw(&Text::new(
                count.to_string(),
                (middle, px(top - 9.0)),
                words(10.0, &INK, HPos::Center),
            ))?;
            area.draw(&Text::new(name.clone(), (middle, px(floor + 11.0)), words(10.0, &INK, HPos::Center)))?;
        }
        area.draw(&Text::new(axis.to_owned(), (px(left), px(floor + 32.0)), words(11.0, &INK, HPos::Left)))?;
        Ok(())
    })
}

/// Gives some round numbers between two.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    let step = [0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| span / step <= 8.0)
        .unwrap_or(span);
    let first = (low / step).ceil();
    (0..=8).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick <= high + 1e-9).collect()
}

/// Writes a number of an axis with as many digits as it needs.
pub fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    let zero = if rounded == 0.0 { 0.0 } else { rounded };
    zero.to_string()
}

fn shortened(name: &str, most: usize) -> String {
    match name.chars().count() > most {
        true => name.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, value: f64, alarm: bool) -> Point {
        Point { name: name.into(), value, ends: Some((value - 0.1, value + 0.1)), alarm }
    }

    #[test]
    fn names_from_outside_stay_text() {
        let svg = forest(&[point("<script>&\"", 0.5, false)], 0.0, 1.0, "κ");
        assert!(svg.contains("&lt;script&gt;&amp;"), "{svg}");
        assert!(!svg.contains("<script"), "{svg}");
    }

    #[test]
    fn a_forest_shows_each_value_at_its_place_between_the_ends_of_the_axis() {
        let svg = forest(&[point("low", 0.0, false), point("high", 1.0, true)], 0.0, 1.0, "share");
        assert!(svg.contains("low") && svg.contains("high"));
        // A square for what is well, a triangle for what is not.
        assert_eq!(svg.matches("<polygon").count(), 1, "{svg}");
    }

    #[test]
    fn ticks_are_round_and_lie_between_the_ends() {
        assert_eq!(
            ticks(0.0, 1.0).iter().map(|tick| number(*tick)).collect::<Vec<_>>(),
            ["0", "0.2", "0.4", "0.6", "0.8", "1"]
        );
        let both = ticks(-1.0, 1.0);
        assert!(
            both.contains(&0.0) && both.iter().all(|tick| (-1.0..=1.0 + 1e-9).contains(tick)),
            "{both:?}"
        );
    }

    #[test]
    fn a_course_without_points_is_nothing_and_one_point_is_a_chart() {
        assert_eq!(course(&Course::default()), "");
        let at = [At { x: 0.0, point: point("A", 0.2, true) }];
        let svg =
            course(&Course { points: &at, named: true, limits: &[(0.0, 0.0, 0.1)], ..Course::default() });
        assert!(svg.contains(">\nA\n</text>") || svg.contains("A</text>"), "{svg}");
    }
}
