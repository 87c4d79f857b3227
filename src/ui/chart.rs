//! Pictures of numbers, made of text: an interval on an axis, a course over time with its limits, bars, shades. Every value
//! is told by its place and its mark, never by colour alone, and each mark has a twin in ASCII (`finish`).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{put, row, width};
use crate::theme::{Role, Theme};

/// The mark of a value, of what stands beside it, and of one beyond its limit.
pub const POINT: &str = "●";
pub const BESIDE: &str = "○";
pub const BEYOND: &str = "■";

/// Columns of the numbers on the left of a plot, with its line.
const SCALE: u16 = 6;

/// Says a number in at most so many digits as a scale needs.
pub fn number(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Gives the column of a value on an axis of so many columns.
fn column(value: f64, (from, to): (f64, f64), columns: u16) -> u16 {
    let share = ((value - from) / (to - from)).clamp(0.0, 1.0);
    (share * f64::from(columns.saturating_sub(1))).round() as u16
}

/// Gives the even step for a scale that is as large as a raw one, or larger: 1, 2, 2.5 or 5 of some power of ten.
fn even(raw: f64) -> f64 {
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| step * power >= raw * 0.999);
    step.unwrap_or(10.0) * power
}

/// Puts one symbol.
fn dot(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// A value, and the ends of its interval where it has one.
pub type Estimate = (f64, Option<(f64, f64)>);

/// Draws a value with its interval on one line: `├──●──┤`, and the middle of the axis behind it.
pub fn interval(
    buffer: &mut Buffer,
    area: Rect,
    range: (f64, f64),
    (value, ends): Estimate,
    (mark, style): (&str, Style),
    theme: &Theme,
) {
    if area.height == 0 || area.width < 3 {
        return;
    }
    let at = |value: f64| area.x + column(value, range, area.width);
    if (range.0..range.1).contains(&0.0) {
        dot(buffer, at(0.0), area.y, "┊", theme.style(Role::Dim));
    }
    if let Some((low, high)) = ends.filter(|(low, high)| low.is_finite() && high.is_finite()) {
        let (left, right) = (at(low), at(high));
        for x in left..=right {
            let symbol = match x {
                x if x == left => "├",
                x if x == right => "┤",
                _ => "─",
            };
            dot(buffer, x, area.y, symbol, style);
        }
    }
    dot(buffer, at(value), area.y, mark, style);
}

/// Draws the numbers below an axis: its ends, and 0 where it lies between.
pub fn axis(buffer: &mut Buffer, area: Rect, range: (f64, f64), theme: &Theme) {
    let style = theme.style(Role::Dim);
    for value in [range.0, 0.0, range.1] {
        let text = if value.fract() == 0.0 { format!("{value:.0}") } else { number(value) };
        let wide = u16::try_from(width(&text)).unwrap_or(1);
        let middle = column(value, range, area.width);
        let x = middle.saturating_sub(wide / 2).min(area.width.saturating_sub(wide));
        put(buffer, Rect { x: area.x + x, width: wide, ..area }, &[(text, style)], theme);
    }
}

/// Gives the shade of an agreement, and how it looks: the fuller, the more.
pub fn shade(value: f64) -> (&'static str, Role) {
    match value {
        ..0.2 => (" ", Role::Error),
        ..0.4 => ("░", Role::Error),
        ..0.6 => ("▒", Role::Warning),
        ..0.8 => ("▓", Role::Info),
        _ => ("█", Role::Success),
    }
}

/// Gives a bar of at most so many columns, to half a column.
pub fn bar(share: f64, room: usize) -> String {
    let halves = (share.clamp(0.0, 1.0) * room as f64 * 2.0).round() as usize;
    let least = usize::from(share > 0.0);
    let halves = halves.max(least);
    format!("{}{}", "█".repeat(halves / 2), if halves % 2 == 1 { "▌" } else { "" })
}

/// Gives a line of a Pareto chart in so many columns: a bar for a share, and a point for how much of all the lines down to
/// it hold. Both are 0–1, and the room is all.
pub fn pareto(share: f64, sum: f64, room: usize) -> String {
    let point = (sum.clamp(0.0, 1.0) * room.saturating_sub(1) as f64).round() as usize;
    let drawn = bar(share, room);
    let mut cells: Vec<char> = drawn.chars().chain(std::iter::repeat(' ')).take(room).collect();
    if let Some(cell) = cells.get_mut(point) {
        *cell = '●';
    }
    cells.into_iter().collect::<String>().trim_end().to_owned()
}

/// How a point of a course is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    Quiet,
    /// Beyond its limit.
    Beyond,
    /// Too little to be judged.
    Little,
}

/// A point of a course over time.
#[derive(Debug, Clone)]
pub struct Point {
    pub value: Option<f64>,
    /// Something else at the same time.
    pub beside: Option<f64>,
    /// The limits of the value where it is judged, or the ends of its interval.
    pub ends: Option<(f64, f64)>,
    pub meant: Meant,
    /// Below the axis: `11-02`.
    pub name: String,
}

/// A course over time.
pub struct Course {
    pub points: Vec<Point>,
    pub centre: Option<f64>,
    /// The ends are limits, which go on from point to point, and no intervals.
    pub limits: bool,
    /// What the scale holds at least.
    pub range: (f64, f64),
    /// The point that is selected.
    pub at: Option<usize>,
}

/// A place for values: numbers on the left, a line, and the field.
pub struct Plot {
    pub field: Rect,
    range: (f64, f64),
}

impl Plot {
    /// Draws the scale, with a line of names left free below.
    pub fn new(buffer: &mut Buffer, area: Rect, range: (f64, f64), theme: &Theme) -> Plot {
        let (low, high) = range;
        let (low, high) = if high > low { (low, high) } else { (low, low + 1.0) };
        let step = even((high - low) / if area.height >= 11 { 4.0 } else { 3.0 });
        let range = ((low / step).floor() * step, (high / step).ceil() * step);
        let field = Rect {
            x: area.x + SCALE.min(area.width),
            width: area.width.saturating_sub(SCALE),
            height: area.height.saturating_sub(2),
            ..area
        };
        let plot = Plot { field, range };
        let style = theme.style(Role::Dim);
        for y in field.top()..field.bottom() {
            dot(buffer, field.x.saturating_sub(1), y, "│", style);
        }
        let steps = ((range.1 - range.0) / step).round() as u32;
        for n in 0..=steps.min(8) {
            let value = range.0 + step * f64::from(n);
            let y = plot.y(value);
            let text = format!("{:>5}", number(value));
            put(buffer, Rect { y, height: 1, width: SCALE - 1, ..area }, &[(text, style)], theme);
            dot(buffer, field.x.saturating_sub(1), y, "┤", style);
        }
        dot(buffer, field.x.saturating_sub(1), field.bottom(), "└", style);
        for x in field.left()..field.right() {
            dot(buffer, x, field.bottom(), "─", style);
        }
        plot
    }

    /// Gives the line of a value.
    pub fn y(&self, value: f64) -> u16 {
        let from_below = column(value, self.range, self.field.height);
        self.field.bottom().saturating_sub(1).saturating_sub(from_below).max(self.field.y)
    }

    /// Puts a mark, where the value is on the scale.
    pub fn mark(&self, buffer: &mut Buffer, x: u16, value: f64, symbol: &str, style: Style) {
        if x < self.field.right() && self.field.height > 0 && value.is_finite() {
            dot(buffer, x, self.y(value), symbol, style);
        }
    }

    /// Draws a line across the field.
    pub fn across(&self, buffer: &mut Buffer, value: f64, symbol: &str, style: Style) {
        for x in self.field.left()..self.field.right() {
            self.mark(buffer, x, value, symbol, style);
        }
    }
}

/// Draws a course over time with its limits or intervals.
pub fn course(buffer: &mut Buffer, area: Rect, of: &Course, theme: &Theme) {
    if area.height < 5 || area.width < SCALE + 8 || of.points.is_empty() {
        return;
    }
    let ends = of.points.iter().filter_map(|point| point.ends);
    let values = of.points.iter().flat_map(|point| [point.value, point.beside]).flatten();
    let all = ends.flat_map(|(low, high)| [low, high]).chain(values).chain(of.centre);
    let range = all
        .filter(|value| value.is_finite())
        .fold(of.range, |(low, high), value| (low.min(value), high.max(value)));
    let plot = Plot::new(buffer, area, range, theme);
    let room = usize::from(plot.field.width);
    let each = (room / of.points.len()).clamp(2, 24);
    let shown = (room / each).max(1);
    // Where not all fit, those around the selected one are shown; else the newest.
    let last = of.points.len();
    let first = of.at.map_or(last.saturating_sub(shown), |at| (at + 1).saturating_sub(shown));
    let first = first.min(last.saturating_sub(shown));
    let x_of = |n: usize| plot.field.x + u16::try_from((n - first) * each + each / 2).unwrap_or(u16::MAX);
    let wide = u16::try_from(each).unwrap_or(1);
    let (dim, info) = (theme.style(Role::Dim), theme.style(Role::Info));
    if let Some(at) = of.at.filter(|at| (first..first + shown).contains(at)) {
        let x = x_of(at);
        for y in plot.field.top()..=plot.field.bottom() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_style(theme.style(Role::Selected));
            }
        }
    }
    if let Some(centre) = of.centre {
        plot.across(buffer, centre, "─", dim);
    }
    let mut named = plot.field.x;
    for (n, point) in of.points.iter().enumerate().skip(first).take(shown) {
        let x = x_of(n);
        match point.ends {
            Some((low, high)) if of.limits => {
                for x in x.saturating_sub(wide / 2)..(x.saturating_sub(wide / 2) + wide) {
                    plot.mark(buffer, x, high, "╌", theme.style(Role::Warning));
                    plot.mark(buffer, x, low, "╌", theme.style(Role::Warning));
                }
            }
            Some((low, high)) => {
                for y in plot.y(high)..=plot.y(low) {
                    dot(buffer, x, y, "│", dim);
                }
            }
            None => {}
        }
        if let Some(beside) = point.beside {
            plot.mark(buffer, x, beside, BESIDE, dim);
        }
        if let Some(value) = point.value {
            let (symbol, role) = match point.meant {
                Meant::Quiet => (POINT, Role::Strong),
                Meant::Beyond => (BEYOND, Role::Error),
                Meant::Little => ("·", Role::Dim),
            };
            plot.mark(buffer, x, value, symbol, theme.style(role));
        }
        let wide = u16::try_from(width(&point.name)).unwrap_or(0);
        let from = x.saturating_sub(wide / 2).max(plot.field.x);
        if of.at == Some(n) || from >= named && of.at.is_none_or(|at| !near(x, x_of(at.max(first)), wide)) {
            let style = if of.at == Some(n) { info } else { dim };
            let from = from.min(area.right().saturating_sub(wide));
            let line = Rect { x: from, y: plot.field.bottom() + 1, width: wide, height: 1 };
            put(buffer, line.intersection(area), &[(point.name.clone(), style)], theme);
            named = from + wide + 1;
        }
    }
}

/// Tells whether two names would touch.
fn near(a: u16, b: u16, wide: u16) -> bool {
    a != b && a.abs_diff(b) <= wide
}

/// Writes words on the lines of an area, wrapped.
pub fn words(buffer: &mut Buffer, area: Rect, text: &str, style: Style, theme: &Theme) {
    for (n, line) in super::text::wrap(text, usize::from(area.width)).into_iter().enumerate() {
        put(buffer, row(area, n), &[(line, style)], theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(buffer: &Buffer, y: u16) -> String {
        (0..buffer.area.width).filter_map(|x| buffer.cell((x, y))).map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn an_interval_lies_where_its_numbers_are() {
        let area = Rect { x: 0, y: 0, width: 21, height: 1 };
        let draw = |value, ends| {
            let mut buffer = Buffer::empty(area);
            let theme = Theme::default();
            interval(&mut buffer, area, (-1.0, 1.0), (value, ends), (POINT, Style::default()), &theme);
            line(&buffer, 0)
        };
        assert_eq!(draw(0.5, Some((0.2, 0.8))), "          ┊ ├──●──┤  ");
        assert_eq!(draw(-1.0, None), "●         ┊          ");
        // Beyond the axis it stays at its end.
        assert_eq!(draw(1.0, Some((0.9, 1.4))), "          ┊        ├●");
    }

    #[test]
    fn scales_have_even_steps() {
        let steps = [0.11, 0.2, 0.25, 0.3, 0.9, 1.38].map(even);
        for (found, step) in steps.into_iter().zip([0.2, 0.2, 0.25, 0.5, 1.0, 2.0]) {
            assert!((found - step).abs() < 1e-12, "{found} {step}");
        }
    }

    #[test]
    fn a_line_of_a_pareto_chart_holds_its_share_and_the_sum_so_far() {
        assert_eq!(
            [pareto(0.5, 0.5, 9), pareto(0.3, 0.8, 9), pareto(0.2, 1.0, 9), pareto(1.0, 1.0, 5)],
            ["████●", "██▌   ●", "██      ●", "████●"]
        );
        assert_eq!(pareto(0.5, 0.5, 0), "");
    }

    #[test]
    fn a_bar_is_never_empty_where_something_is() {
        assert_eq!([bar(0.0, 8), bar(0.001, 8), bar(0.5, 8), bar(1.0, 8)], ["", "▌", "████", "████████"]);
    }
}
