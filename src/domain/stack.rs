//! The images of a case as stacks: which lie on each other, and in which order.
//!
//! Images of one series with one orientation make a stack. Along it they are ordered by their positions on its normal
//! (PS3.3 C.7.6.2.1.1); where one of them has no position by their slice locations, where one has none by their numbers,
//! and last by their ids. Nothing depends on the order in which they came in.

use super::image::{Image, Slice};

/// A direction in the patient, of length 1.
pub type Direction = [f64; 3];

/// Where an image stands in its stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InStack {
    /// Counted from 1.
    pub number: usize,
    pub of: usize,
    /// Millimetres along the stack's normal, or the scanner's slice location.
    pub at: f64,
}

/// Gives the normal of an orientation: none where its directions are not of length 1 and at right angles, to a hundredth.
pub fn normal(cosines: &[f64; 6]) -> Option<Direction> {
    let [a, b, c, d, e, f] = *cosines;
    let (row, column) = ([a, b, c], [d, e, f]);
    let sound = [(along(&row, &row), 1.0), (along(&column, &column), 1.0), (along(&row, &column), 0.0)];
    let cross = [b * f - c * e, c * d - a * f, a * e - b * d];
    sound.iter().all(|(is, should)| (is - should).abs() < 0.02).then_some(cross)
}

/// Gives how far a position lies along a direction: millimetres.
pub fn along(position: &[f64; 3], direction: &Direction) -> f64 {
    position.iter().zip(direction).map(|(place, part)| place * part).sum()
}

/// Says whether two orientations are the same to about a degree.
pub fn same_way(a: &[f64; 6], b: &[f64; 6]) -> bool {
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() > 0.9998;
    near(&a[..3], &b[..3]) && near(&a[3..], &b[3..])
}

/// Orders images, stack after stack: gives for each place the index of its image, and where this stands in its stack if it
/// says where it lies and does not lie alone.
pub fn order(images: &[&Image]) -> Vec<(usize, Option<InStack>)> {
    let mut indices: Vec<usize> = (0..images.len()).collect();
    indices.sort_by_cached_key(|index| images.get(*index).map(|image| numbers(image)));
    let mut stacks: Vec<Vec<(usize, &Image)>> = Vec::new();
    for (index, image) in indices.into_iter().filter_map(|index| Some((index, *images.get(index)?))) {
        let fits =
            |stack: &&mut Vec<(usize, &Image)>| stack.first().is_some_and(|(_, first)| joins(first, image));
        match stacks.iter_mut().find(fits) {
            Some(stack) => stack.push((index, image)),
            None => stacks.push(vec![(index, image)]),
        }
    }
    stacks.iter().flat_map(|stack| placed(stack)).collect()
}

/// Gives the frames of an image in the order of their positions; none where the stored order will do: where they do not
/// lie each at a place of its own, or already lie in order, up or down.
pub fn frame_order(image: &Image) -> Option<Vec<u32>> {
    let offsets = &image.slice.as_ref()?.frames;
    let mut order: Vec<(f64, u32)> = offsets.iter().copied().zip(0..image.frames).collect();
    let stored: Vec<f64> = offsets.clone();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let apart = order.len() == image.frames as usize && order.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let in_order = stored.is_sorted() || stored.iter().rev().is_sorted();
    (apart && !in_order).then(|| order.into_iter().map(|(_, frame)| frame).collect())
}

/// Gives where a frame lies along the normal of its image, in millimetres.
pub fn frame_at(image: &Image, frame: u32) -> Option<f64> {
    image.slice.as_ref()?.frames.get(frame as usize).copied()
}

/// What orders images first: the number of the series and its id, the number of the image and its id. What has no number
/// comes last.
fn numbers(image: &Image) -> impl Ord + '_ {
    let number = |of: fn(&Slice) -> Option<i64>| {
        let number = image.slice.as_ref().and_then(of);
        (number.is_none(), number)
    };
    let series = (number(|slice| slice.series), image.series.as_deref().map(natural));
    (series, number(|slice| slice.number), natural(&image.id))
}

/// An id by the size of the numbers in it, so that 1.10 comes after 1.9.
fn natural(id: &str) -> Vec<(usize, &str)> {
    id.split('.').map(|part| (part.len(), part)).collect()
}

fn orientation(image: &Image) -> Option<&[f64; 6]> {
    image.slice.as_ref()?.orientation.as_ref()
}

fn joins(first: &Image, image: &Image) -> bool {
    let alike = match (orientation(first), orientation(image)) {
        (Some(a), Some(b)) => same_way(a, b),
        (None, None) => true,
        _ => false,
    };
    alike && first.series == image.series
}

fn placed(stack: &[(usize, &Image)]) -> Vec<(usize, Option<InStack>)> {
    let normal = stack.first().and_then(|(_, first)| normal(orientation(first)?));
    let position = |image: &Image| Some(along(&image.slice.as_ref()?.position?, normal.as_ref()?));
    let location = |image: &Image| image.slice.as_ref()?.location;
    let all = |of: &dyn Fn(&Image) -> Option<f64>| -> Option<Vec<(f64, usize)>> {
        stack.iter().map(|(index, image)| Some((of(image)?, *index))).collect()
    };
    let Some(mut places) = all(&position).or_else(|| all(&location)).filter(|_| stack.len() > 1) else {
        return stack.iter().map(|(index, _)| (*index, None)).collect();
    };
    // Those at one place keep the order of their numbers.
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of = places.len();
    (1..).zip(places).map(|(number, (at, index))| (index, Some(InStack { number, of, at }))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const CORONAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];

    fn image(id: &str, slice: Slice) -> Image {
        Image {
            id: id.into(),
            series: Some("1.5".into()),
            study: None,
            modality: None,
            rows: 4,
            columns: 4,
            frames: 1,
            spacing: None,
            laterality: None,
            burned_in: None,
            patient: None,
            slice: Some(slice),
            quality: None,
        }
    }

    fn at(id: &str, orientation: [f64; 6], position: [f64; 3], number: i64) -> Image {
        let slice = Slice {
            orientation: Some(orientation),
            position: Some(position),
            number: Some(number),
            ..Slice::default()
        };
        image(id, slice)
    }

    /// The id of an image, and its number, of how many, and its place.
    type Placed = (String, Option<(usize, usize, f64)>);

    fn ids(images: &[Image]) -> Vec<Placed> {
        let found = order(&images.iter().collect::<Vec<_>>());
        let of = |(index, standing): &(usize, Option<InStack>)| {
            let image = images.get(*index).map(|image| image.id.clone()).unwrap_or_default();
            (image, standing.map(|standing| (standing.number, standing.of, standing.at)))
        };
        found.iter().map(of).collect()
    }

    #[test]
    fn slices_lie_by_their_positions_whatever_their_numbers_say() {
        let images = [
            at("a", AXIAL, [0.0, 0.0, 10.0], 1),
            at("b", AXIAL, [5.0, 9.0, -2.5], 2),
            at("scout", CORONAL, [0.0, -7.0, 3.0], 0),
            at("c", AXIAL, [0.0, 0.0, 4.0], 3),
        ];
        let expected = [
            ("scout".to_owned(), None),
            ("b".to_owned(), Some((1, 3, -2.5))),
            ("c".to_owned(), Some((2, 3, 4.0))),
            ("a".to_owned(), Some((3, 3, 10.0))),
        ];
        assert_eq!(ids(&images), expected);
        // The normal of a coronal image points to the front: y alone counts.
        let coronal = [at("x", CORONAL, [0.0, -7.0, 99.0], 1), at("y", CORONAL, [0.0, -9.0, -99.0], 2)];
        assert_eq!(ids(&coronal).first().map(|(id, _)| id.as_str()), Some("y"));
    }

    #[test]
    fn where_positions_lack_locations_then_numbers_then_ids_decide() {
        let located =
            |id, location, number| image(id, Slice { location, number: Some(number), ..Slice::default() });
        let by_location = [located("a", Some(2.0), 1), located("b", Some(1.0), 2)];
        assert_eq!(ids(&by_location).first().map(|(id, _)| id.as_str()), Some("b"));
        let by_number = [located("a", Some(2.0), 2), located("b", None, 1)];
        assert_eq!(ids(&by_number), [("b".to_owned(), None), ("a".to_owned(), None)]);
        let by_id = [image("1.10", Slice::default()), image("1.9", Slice::default())];
        assert_eq!(ids(&by_id).first().map(|(id, _)| id.as_str()), Some("1.9"));
    }

    #[test]
    fn series_follow_each_other_by_their_numbers() {
        let of = |id, series: &str, number| Image {
            series: Some(series.into()),
            ..image(id, Slice { series: number, ..Slice::default() })
        };
        let images = [of("c", "1.7", None), of("b", "1.6", Some(10)), of("a", "1.8", Some(9))];
        assert_eq!(ids(&images).iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn frames_are_ordered_where_each_has_a_place_of_its_own() {
        let of = |frames: &[f64]| Image {
            frames: 4,
            ..image("a", Slice { frames: frames.to_vec(), ..Slice::default() })
        };
        assert_eq!(frame_order(&of(&[0.0, 2.0, 1.0, 3.0])), Some(vec![0, 2, 1, 3]));
        for stored in
            [&[0.0, 1.0, 2.0, 3.0][..], &[3.0, 2.0, 1.0, 0.0], &[0.0, 2.0, 0.0, 2.0], &[1.0, 0.0], &[]]
        {
            assert_eq!(frame_order(&of(stored)), None, "{stored:?}");
        }
        assert_eq!(frame_at(&of(&[0.0, 2.0]), 1), Some(2.0));
    }

    proptest! {
        #[test]
        fn the_order_in_which_images_came_changes_nothing(
            places in proptest::collection::vec((0..4i64, -3..3i32, any::<bool>()), 0..12), turn in 0..12usize,
        ) {
            let mut images: Vec<Image> = places
                .iter()
                .enumerate()
                .map(|(n, (number, z, axial))| {
                    let way = if *axial { AXIAL } else { CORONAL };
                    at(&n.to_string(), way, [0.0, 0.0, f64::from(*z)], *number)
                })
                .collect();
            let before = ids(&images);
            let turn = turn.min(images.len());
            images.rotate_left(turn);
            prop_assert_eq!(ids(&images), before);
        }
    }
}
