//! What lies before and behind the frame that is shown.

use super::picture::Pane;
use crate::domain::geometry::Geometry;
use crate::review::desk::Desk;

/// What one goes through frame by frame: the frames of an image, or the images of a series of which each has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    image: usize,
    /// None where the frames of the image are gone through.
    images: Option<Vec<usize>>,
    /// The images have nothing in common but the case.
    pub loose: bool,
    pub len: usize,
    pub at: usize,
}

impl Stack {
    /// Gives the stack in which a frame lies.
    pub fn of(desk: &Desk, pane: Pane) -> Stack {
        let known = desk.images.get(pane.image).map(|known| &known.image);
        let frames = known.map_or(1, |image| image.frames);
        if frames > 1 {
            let len = usize::try_from(frames).unwrap_or(usize::MAX);
            let at = usize::try_from(pane.frame).unwrap_or(0).min(len - 1);
            return Stack { image: pane.image, images: None, loose: false, len, at };
        }
        let series = known.and_then(|image| image.series.as_ref());
        let all = || {
            (0..desk.images.len())
                .filter(|n| desk.images.get(*n).is_some_and(|known| known.image.frames <= 1))
        };
        let same = |n: &usize| desk.images.get(*n).is_some_and(|known| known.image.series.as_ref() == series);
        let mut images: Vec<usize> = all().filter(same).collect();
        let loose = series.is_none() || images.len() < 2;
        if loose {
            images = all().collect();
        }
        let at = images.iter().position(|n| *n == pane.image).unwrap_or(0);
        Stack { image: pane.image, loose, len: images.len(), at, images: Some(images) }
    }

    /// Gives a frame by its place.
    pub fn get(&self, place: usize) -> Pane {
        match &self.images {
            Some(images) => Pane { image: images.get(place).copied().unwrap_or(self.image), frame: 0 },
            None => Pane { image: self.image, frame: u32::try_from(place).unwrap_or(u32::MAX) },
        }
    }

    /// Gives the places of the frames on which shapes lie, in order.
    pub fn places(&self, desk: &Desk, shapes: &[Geometry]) -> Vec<usize> {
        let id = |n: usize| desk.images.get(n).map(|known| known.image.id.as_str());
        let mut places: Vec<usize> = match &self.images {
            Some(images) => (0..images.len())
                .filter(|place| {
                    let image = images.get(*place).and_then(|n| id(*n));
                    shapes.iter().any(|shape| Some(shape.image.as_str()) == image)
                })
                .collect(),
            None => {
                let here = shapes.iter().filter(|shape| Some(shape.image.as_str()) == id(self.image));
                here.filter_map(|shape| usize::try_from(shape.frame).ok()).filter(|n| *n < self.len).collect()
            }
        };
        places.sort_unstable();
        places.dedup();
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_stack_lead_to_frames_or_to_images() {
        let frames = Stack { image: 2, images: None, loose: false, len: 9, at: 0 };
        assert_eq!(frames.get(8), Pane { image: 2, frame: 8 });
        let images = Stack { image: 5, images: Some(vec![5, 3, 4]), loose: false, len: 3, at: 0 };
        assert_eq!(images.get(1), Pane { image: 3, frame: 0 });
        // Beyond the end one stays.
        assert_eq!(images.get(3), Pane { image: 5, frame: 0 });
    }
}
