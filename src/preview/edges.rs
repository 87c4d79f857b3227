//! The letters at a picture's edges: which side of the patient lies where, as the picture is turned and mirrored. None
//! where the file doesn't tell.

use super::plan::Facts;
use crate::imaging::about::opposite;

/// The letters at the four edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edges {
    pub top: String,
    pub right: String,
    pub bottom: String,
    pub left: String,
}

/// Gives the letters at the edges of a picture.
pub fn edges(facts: &Facts) -> Option<Edges> {
    let sides = facts.about.sides.as_ref()?;
    let mut edges = Edges {
        top: opposite(&sides.bottom),
        right: sides.right.clone(),
        bottom: sides.bottom.clone(),
        left: opposite(&sides.right),
    };
    // Mirrored first, then turned to the right, as the pixels are.
    if facts.view.flipped {
        std::mem::swap(&mut edges.left, &mut edges.right);
    }
    for _ in 0..facts.view.quarters % 4 {
        let Edges { top, right, bottom, left } = edges;
        edges = Edges { top: left, right: top, bottom: right, left: bottom };
    }
    Some(edges)
}
