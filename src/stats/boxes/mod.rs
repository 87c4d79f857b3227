//! Boxes of several readers: which are the same object and what that says of agreement (`detection`), and one box of
//! several (`fusion`).

pub mod detection;
pub mod fusion;
