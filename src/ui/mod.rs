//! Draws the state: reads everything, changes nothing. Pictures are given back as placements, beside the buffer.
//!
//! Text from outside is drawn through `Safe` alone, and every state has its mark beside its colour.

mod agreement;
mod audits;
mod case;
mod causes;
mod chart;
mod checks;
mod figures;
mod finish;
mod frame;
mod log;
mod picture;
pub mod plain;
mod popup;
mod readers;
mod sampling;
mod strip;
mod text;
mod worklist;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::State;
use crate::app::layout::{Body, Layout};
use crate::app::state::Screen;
use crate::preview::place::Placement;
use crate::preview::plan::{Plan, Rgb};
use crate::preview::pool::Gallery;
use crate::theme::{Role, Theme};

/// Everything that a frame is drawn from.
pub struct Scene<'a> {
    pub state: &'a State,
    pub layout: &'a Layout,
    pub plan: &'a Plan,
    pub gallery: &'a Gallery,
    pub theme: &'a Theme,
}

/// Draws one frame into an empty buffer, and gives the pictures that stand on it.
pub fn draw(scene: &Scene<'_>, buffer: &mut Buffer) -> Vec<Placement> {
    let Scene { state, layout, theme, .. } = *scene;
    buffer.set_style(buffer.area, theme.style(Role::Text));
    let mut placements = Vec::new();
    if state.locked {
        frame::locked(scene, buffer);
    } else if let Body::TooSmall(area) = layout.body {
        frame::too_small(state, area, buffer);
    } else {
        frame::header(scene, buffer);
        match &layout.body {
            Body::Worklist { list, preview } => {
                placements = worklist::draw(scene, *list, preview.as_ref(), buffer);
            }
            Body::Case { picture, candidates, decision } => {
                placements = case::draw(scene, *picture, *candidates, *decision, buffer);
            }
            Body::Figures { table, panels } if state.screen == Screen::Sampling => {
                sampling::draw(scene, *table, panels, buffer);
            }
            Body::Audits(area) => audits::draw(scene, *area, buffer),
            Body::Figures { table, panels } if state.screen == crate::app::state::Screen::Causes => {
                causes::draw(scene, *table, panels, buffer);
            }
            Body::Figures { table, panels } => figures::draw(scene, *table, panels, buffer),
            Body::Log { list, detail } if state.screen == Screen::Checks => {
                checks::draw(scene, *list, *detail, buffer);
            }
            Body::Log { list, detail } => log::draw(scene, *list, *detail, buffer),
            Body::TooSmall(_) => {}
        }
        for (at, (popup, area)) in state.popups.iter().zip(&layout.popups).enumerate() {
            if at + 1 == state.popups.len() || !popup::is_covered(state, at) {
                popup::draw(scene, popup, *area, buffer);
            }
        }
        frame::notice(scene, buffer);
        frame::footer(scene, buffer);
    }
    // A theme for another ground than the terminal's brings its own; under pictures the terminal's stays.
    if theme.light != state.display.light.unwrap_or(false) {
        let under: Vec<Rect> = placements.iter().map(Placement::rect).collect();
        finish::lay_ground(buffer, theme.ground(), &under);
    }
    finish::finish(buffer, &state.display);
    // A picture waits for as long as a popup lies over it.
    placements.retain(|placement| !layout.popups.iter().any(|popup| popup.intersects(placement.rect())));
    placements
}

/// Gives the colour and stroke of a reader, for outlines.
pub fn strokes(theme: &Theme) -> impl Fn(usize) -> (Rgb, crate::preview::plan::Dash) + '_ {
    |n| theme.reader(n)
}
