//! The words of the protocol as plain data and pure functions: what a case, a read, a finding, a dispute and a
//! decision are, and how one follows from the other. Knows nothing of terminals, files, SQL or clocks: time and
//! bytes arrive as arguments.

pub mod authority;
pub mod case;
pub mod charter;
pub mod checks;
pub mod decision;
pub mod event;
pub mod finding;
pub mod geometry;
pub mod image;
pub mod item;
pub mod moment;
pub mod names;
pub mod origin;
pub mod people;
pub mod sample;
pub mod settings;
pub mod stack;
pub mod taxonomy;
pub mod text;
pub mod ticket;
pub mod value;
pub mod word;
