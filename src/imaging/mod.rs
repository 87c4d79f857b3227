//! From a file to the pixels that are shown: a DICOM header, one frame as an 8-bit picture, a picture that fits.
//!
//! The file is parsed and decoded in a child process ([`worker`]), which the parent reaches through [`Decoder`]. Nothing
//! here knows of terminals or the store, and no value of a header other than those of [`Header`] leaves the child.

mod codec;
mod codestream;
mod colours;
pub mod decoder;
mod fault;
mod fragments;
pub mod frame;
mod header;
mod light;
pub mod limits;
mod open;
pub mod picture;
mod pixels;
mod prescan;
mod probe;
mod raster;
mod resample;
mod rle;
mod samples;
mod syntax;
pub mod synthetic;
mod view;
pub mod window;
mod wire;
mod worker;

pub use decoder::{Decoder, ImagingError};
pub use fault::{Fault, FaultKind};
pub use frame::{Frame, Need, Region, Seen, Toning};
pub use picture::Picture;
pub use probe::looks_like_dicom;
pub use window::Window;
pub use wire::{Header, Segment};
pub use worker::worker_main;
