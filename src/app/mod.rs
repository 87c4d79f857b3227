//! The terminal UI as a pure machine: what it holds ([`State`]), what happens to it ([`Event`]), what it wants done
//! ([`Effect`]), and where things stand on the screen ([`layout`]).
//!
//! [`update`] is the only writer of the state and does no I/O: no clock, no file, no channel. Time arrives with events.
//! No rule of the protocol lives here: whether a decision holds is asked of the case's `review::desk::Rules`.

pub mod acts;
pub mod agreement;
pub mod ahead;
mod answers;
pub mod audits;
pub mod case;
pub mod causes;
pub mod checks;
mod choosing;
pub mod editor;
pub mod event;
pub mod figures;
pub mod forms;
pub mod layout;
pub mod lines;
pub mod logbook;
pub mod picture;
pub mod popup;
pub mod readers;
pub mod sampling;
pub mod sheet;
pub mod stack;
pub mod state;
mod update;
pub mod worklist;

pub use event::{Answer, Ask, Effect, Event, Failure, Glance, Mouse, MouseDeed, Sight};
pub use state::State;
pub use update::update;
