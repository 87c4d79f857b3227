//! One answer of several opinions, by a named method. People's opinions count; models' only where nobody else spoke.

use crate::domain::charter::{Charter, LabelKind};
use crate::domain::geometry::{Geometry, Point, Shape};
use crate::domain::item::{Choice, Item};
use crate::domain::taxonomy;
use crate::domain::value::Value;

type Method = fn(&Charter, &Item) -> Result<Choice, String>;

/// Every method with its word.
const METHODS: [(&str, Method); 5] = [
    ("majority", majority),
    ("mean", mean),
    ("median", median),
    ("union", union),
    ("intersection", intersection),
];

/// Methods that the protocol knows and that can't be had yet.
const LATER: [&str; 8] = [
    "weighted",
    "weighted-vote",
    "weighted-box-fusion",
    "majority-mask",
    "staple",
    "dawid-skene",
    "glad",
    "mace",
];

/// Merges what is said of an item.
///
/// # Errors
/// In words, where the method is unknown or doesn't fit what was said.
pub fn merge(charter: &Charter, item: &Item, method: &str) -> Result<Choice, String> {
    let word = method.trim().to_lowercase().replace([' ', '_'], "-");
    // A mean box is the mean of boxes.
    let word = word.strip_suffix("-box").unwrap_or(&word);
    if let Some((_, merge)) = METHODS.iter().find(|(known, _)| *known == word) {
        let choice = merge(charter, item)?;
        let says_all = choice.label.is_some() || choice.is_absent();
        return if says_all { Ok(choice) } else { Ok(Choice { label: common_label(item)?, ..choice }) };
    }
    let known = METHODS.iter().map(|(word, _)| *word);
    let list = known.clone().collect::<Vec<_>>().join(", ");
    if LATER.contains(&word) {
        return Err(format!("merging by {word} is not available yet; there are {list}"));
    }
    let meant =
        taxonomy::nearest(method, known).map_or(String::new(), |word| format!("; did you mean {word}?"));
    Err(format!("‘{}’ is no method of merging{meant} (known: {list})", super::short(method)))
}

/// Gives the ways to merge that work for an item.
pub fn ways(charter: &Charter, item: &Item) -> Vec<&'static str> {
    METHODS.iter().map(|(way, _)| *way).filter(|way| merge(charter, item, way).is_ok()).collect()
}

/// Gives the middle one of the numbers that were said, the lower of two: the answer to an item on which the readers
/// agree within the tolerance.
pub fn middle(item: &Item) -> Option<Choice> {
    let mut numbers = numbers(item).ok()?;
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len().checked_sub(1)? / 2;
    numbers.get(middle).map(|number| Choice::of(Value::Number(*number)))
}

/// What was said, by people where there are any.
fn said(item: &Item) -> Vec<&Choice> {
    let people: Vec<&Choice> =
        item.opinions.iter().filter(|opinion| !opinion.model).map(|opinion| &opinion.choice).collect();
    if people.is_empty() { item.opinions.iter().map(|opinion| &opinion.choice).collect() } else { people }
}

/// The class that all who marked something agree on.
fn common_label(item: &Item) -> Result<Option<String>, String> {
    let mut labels: Vec<&Option<String>> =
        said(item).into_iter().filter(|choice| !choice.is_absent()).map(|choice| &choice.label).collect();
    labels.dedup();
    match labels.as_slice() {
        [] => Ok(None),
        [only] => Ok((*only).clone()),
        _ => Err("the class is in dispute, and this method doesn't settle it: adopt a candidate".into()),
    }
}

fn majority(_: &Charter, item: &Item) -> Result<Choice, String> {
    let mut camps: Vec<(&Choice, usize)> = Vec::new();
    for choice in said(item) {
        match camps.iter_mut().find(|(camp, _)| *camp == choice) {
            Some((_, size)) => *size += 1,
            None => camps.push((choice, 1)),
        }
    }
    let largest = camps.iter().map(|(_, size)| *size).max().unwrap_or(0);
    let mut leading = camps.iter().filter(|(_, size)| *size == largest);
    match (leading.next(), leading.next()) {
        (Some((choice, _)), None) => Ok((*choice).clone()),
        (Some(_), Some(_)) => Err(format!("there is no majority: the largest camps have {largest} each")),
        (None, _) => Err("nobody said anything".into()),
    }
}

fn numbers(item: &Item) -> Result<Vec<f64>, String> {
    let values = said(item);
    let numbers: Vec<f64> = values
        .iter()
        .filter_map(|choice| choice.value.as_ref()?.number())
        .filter(|n| n.is_finite())
        .collect();
    if numbers.is_empty() || numbers.len() < values.len() {
        return Err("not everybody gave a number".into());
    }
    Ok(numbers)
}

fn kind(charter: &Charter, item: &Item) -> Option<LabelKind> {
    item.labels.iter().find_map(|label| charter.label(label)).map(|label| label.kind)
}

fn mean(charter: &Charter, item: &Item) -> Result<Choice, String> {
    match kind(charter, item) {
        Some(LabelKind::Continuous) => {
            let numbers = numbers(item)?;
            let share = 1.0 / numbers.len() as f64;
            // Each part is scaled first, so that no sum overflows.
            Ok(Choice::of(Value::Number(numbers.iter().map(|number| number * share).sum())))
        }
        Some(LabelKind::Ordinal) => Err("grades have no mean: merge by median".into()),
        Some(kind) if kind.is_localised() => mean_shape(item),
        _ => Err("the mean is for numbers and shapes".into()),
    }
}

/// The one shape of each who drew.
fn drawn(item: &Item) -> Result<Vec<&Geometry>, String> {
    let mut shapes = Vec::new();
    for choice in said(item) {
        match choice.shapes.as_slice() {
            [] => {}
            [only] => shapes.push(only),
            _ => return Err("one object stands against several: adopt a candidate".into()),
        }
    }
    let first = *shapes.first().ok_or("nobody drew anything")?;
    if shapes.iter().any(|shape| shape.image != first.image || shape.frame != first.frame) {
        return Err("the shapes lie on different images or frames: adopt a candidate".into());
    }
    Ok(shapes)
}

fn mean_shape(item: &Item) -> Result<Choice, String> {
    let shapes = drawn(item)?;
    let first = *shapes.first().ok_or("nobody drew anything")?;
    let points: Vec<Vec<Point>> = shapes.iter().map(|geometry| geometry.shape.points().collect()).collect();
    let count = points.first().map_or(0, Vec::len);
    let alike = shapes.iter().all(|geometry| geometry.shape.name() == first.shape.name())
        && points.iter().all(|points| points.len() == count)
        && shapes.iter().all(|geometry| names(&geometry.shape) == names(&first.shape));
    if !alike || count == 0 {
        return Err("the mean needs shapes of one kind with as many points each".into());
    }
    let share = 1.0 / points.len() as f64;
    let mut mean = vec![[0.0; 2]; count];
    for shape in &points {
        for (sum, [x, y]) in mean.iter_mut().zip(shape) {
            *sum = [sum[0] + x * share, sum[1] + y * share];
        }
    }
    let shape =
        with_points(&first.shape, &mean).ok_or("the mean is for boxes, points, lines and landmarks")?;
    Ok(one(first, shape))
}

fn names(shape: &Shape) -> &[String] {
    match shape {
        Shape::Landmarks { names, .. } => names,
        _ => &[],
    }
}

/// The same kind of shape with other points; none for shapes whose points don't belong to each other.
fn with_points(shape: &Shape, points: &[Point]) -> Option<Shape> {
    match shape {
        Shape::Box { .. } => Some(Shape::Box { points: points.try_into().ok()? }),
        Shape::RotatedBox { .. } => Some(Shape::RotatedBox { points: points.try_into().ok()? }),
        Shape::Point { .. } => Some(Shape::Point { points: points.try_into().ok()? }),
        Shape::Line { .. } => Some(Shape::Line { points: points.to_vec() }),
        Shape::Landmarks { names, .. } => {
            Some(Shape::Landmarks { points: points.to_vec(), names: names.clone() })
        }
        // Where an outline begins is chance, so that the nth points of two have nothing in common.
        Shape::Contour { .. } | Shape::Polygon { .. } | Shape::Mask { .. } => None,
    }
}

fn one(place: &Geometry, shape: Shape) -> Choice {
    Choice {
        shapes: vec![Geometry { shape, image: place.image.clone(), frame: place.frame }],
        ..Choice::default()
    }
}

fn median(charter: &Charter, item: &Item) -> Result<Choice, String> {
    match kind(charter, item) {
        Some(LabelKind::Continuous) => {
            let mut numbers = numbers(item)?;
            numbers.sort_by(f64::total_cmp);
            let [low, high] = middles(&numbers).ok_or("nobody said anything")?;
            Ok(Choice::of(Value::Number(low / 2.0 + high / 2.0)))
        }
        Some(LabelKind::Ordinal) => median_level(charter, item),
        _ => Err("the median is for grades and numbers".into()),
    }
}

fn median_level(charter: &Charter, item: &Item) -> Result<Choice, String> {
    let label = item.labels.iter().find_map(|label| charter.label(label));
    let levels = label.map_or(&[][..], |label| &label.levels);
    let mut places = Vec::new();
    for choice in said(item) {
        let place = choice.value.as_ref().and_then(|value| levels.iter().position(|level| level == value));
        places.push(place.ok_or("not everybody gave a level of the charter")?);
    }
    places.sort_unstable();
    let [low, high] = middles(&places).ok_or("nobody said anything")?;
    let level = levels.get((low + high) / 2);
    match level {
        Some(level) if (low + high) % 2 == 0 => Ok(Choice::of(level.clone())),
        _ => Err("the median falls between two levels: adopt one".into()),
    }
}

/// The one in the middle twice, or the two.
fn middles<T: Copy>(sorted: &[T]) -> Option<[T; 2]> {
    Some([*sorted.get(sorted.len().checked_sub(1)? / 2)?, *sorted.get(sorted.len() / 2)?])
}

fn union(_: &Charter, item: &Item) -> Result<Choice, String> {
    boxes(item, f64::min, f64::max)
}

fn intersection(_: &Charter, item: &Item) -> Result<Choice, String> {
    boxes(item, f64::max, f64::min)
}

/// Joins upright boxes: `near` for left and top, `far` for right and bottom.
fn boxes(item: &Item, near: fn(f64, f64) -> f64, far: fn(f64, f64) -> f64) -> Result<Choice, String> {
    let shapes = drawn(item)?;
    let first = *shapes.first().ok_or("nobody drew anything")?;
    let mut all: Option<[Point; 2]> = None;
    for geometry in &shapes {
        let Shape::Box { points: [a, b] } = geometry.shape else {
            return Err("this method is for upright boxes only as yet".into());
        };
        let (low, high) = ([a[0].min(b[0]), a[1].min(b[1])], [a[0].max(b[0]), a[1].max(b[1])]);
        all = Some(all.map_or([low, high], |[l, h]| {
            [[near(l[0], low[0]), near(l[1], low[1])], [far(h[0], high[0]), far(h[1], high[1])]]
        }));
    }
    match all {
        Some([low, high]) if low[0] < high[0] && low[1] < high[1] => {
            Ok(one(first, Shape::Box { points: [low, high] }))
        }
        _ => Err("the boxes have nothing in common".into()),
    }
}
