//! Pictures for the terminal: from what the screen wants to the bytes that a terminal draws.
//!
//! The screen says what it wants ([`plan::Plan`]); the pool compares and works; what is ready stands in the gallery,
//! each with the key of the pixels that it holds. Knows nothing of screens, cases' states or themes: colours come as
//! arguments.

pub mod plan;
