//! Pictures for the terminal: from what the screen wants to the bytes that a terminal draws.
//!
//! The screen says what it wants ([`plan::Plan`]); the [`pool`] compares and works; what is ready stands in its gallery,
//! each with the key of the pixels that it holds; [`place`] keeps what stands in the terminal. Knows nothing of screens,
//! cases' states or themes: colours come as arguments.

pub mod brand;
mod cache;
pub mod caption;
pub mod cells;
pub mod cost;
pub mod edges;
pub mod encode;
mod font;
pub mod outline;
pub mod pace;
mod payload;
pub mod place;
pub mod placeholder;
pub mod plan;
pub mod pool;
pub mod render;
mod sixel;
