//! What lies before and behind the frame that is shown.

use super::picture::Pane;
use crate::domain::geometry::Geometry;
use crate::domain::stack::frame_order;
use crate::review::desk::Desk;

/// What one goes through frame by frame: the frames of an image, or the images of a stack of which each has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    image: usize,
    over: Over,
    /// The images have nothing in common but the case.
    pub loose: bool,
    pub len: usize,
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Over {
    Images(Vec<usize>),
    /// Frames by their positions; none where the stored order is theirs.
    Frames(Option<Vec<u32>>),
}

impl Stack {
    /// Gives the stack in which a frame lies.
    pub fn of(desk: &Desk, pane: Pane) -> Stack {
        let Pane { image, frame } = pane;
        match desk.images.get(image) {
            Some(known) if known.image.frames > 1 => {
                let order = frame_order(&known.image);
                let len = usize::try_from(known.image.frames).unwrap_or(usize::MAX);
                let at = match &order {
                    Some(order) => order.iter().position(|known| *known == frame).unwrap_or(0),
                    None => usize::try_from(frame).unwrap_or(0).min(len - 1),
                };
                Stack { image, len, loose: false, at, over: Over::Frames(order) }
            }
            _ => Stack::of_images(desk, image),
        }
    }

    /// Gives the stack of images in which one lies: those that say where they lie; else those of its series, else all.
    fn of_images(desk: &Desk, image: usize) -> Stack {
        let known = desk.images.get(image);
        let single = |n: &usize| desk.images.get(*n).is_some_and(|known| known.image.frames <= 1);
        let series = known.and_then(|known| known.image.series.as_ref());
        let same = |n: &usize| desk.images.get(*n).is_some_and(|known| known.image.series.as_ref() == series);
        let mut images: Vec<usize> = match known.and_then(|known| known.slice) {
            Some(_) => desk.stack(image).collect(),
            None => (0..desk.images.len()).filter(single).filter(same).collect(),
        };
        let loose = series.is_none() || images.len() < 2;
        if loose {
            images = (0..desk.images.len()).filter(single).collect();
        }
        let at = images.iter().position(|n| *n == image).unwrap_or(0);
        Stack { image, len: images.len(), loose, at, over: Over::Images(images) }
    }

    /// Gives a frame by its place.
    pub fn get(&self, place: usize) -> Pane {
        match &self.over {
            Over::Images(images) => {
                Pane { image: images.get(place).copied().unwrap_or(self.image), frame: 0 }
            }
            Over::Frames(order) => {
                let stored = u32::try_from(place).unwrap_or(u32::MAX);
                let frame = order.as_ref().map_or(stored, |order| order.get(place).copied().unwrap_or(0));
                Pane { image: self.image, frame }
            }
        }
    }

    /// Gives the places of the frames on which shapes lie, in order.
    pub fn places(&self, desk: &Desk, shapes: &[Geometry]) -> Vec<usize> {
        let place = |shape: &Geometry| {
            let image = desk.images.iter().position(|known| known.image.id == shape.image)?;
            match &self.over {
                Over::Images(images) => images.iter().position(|known| *known == image),
                Over::Frames(_) if image != self.image => None,
                Over::Frames(Some(order)) => order.iter().position(|known| *known == shape.frame),
                Over::Frames(None) => usize::try_from(shape.frame).ok().filter(|place| *place < self.len),
            }
        };
        let mut places: Vec<usize> = shapes.iter().filter_map(place).collect();
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
        let frames = Stack { image: 2, over: Over::Frames(None), loose: false, len: 9, at: 0 };
        assert_eq!(frames.get(8), Pane { image: 2, frame: 8 });
        let images = Stack { image: 5, over: Over::Images(vec![5, 3, 4]), loose: false, len: 3, at: 0 };
        assert_eq!(images.get(1), Pane { image: 3, frame: 0 });
        // Beyond the end one stays.
        assert_eq!(images.get(3), Pane { image: 5, frame: 0 });
    }
}
