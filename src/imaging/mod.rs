//! From a file to the pixels that are shown: the header of a DICOM file, PNG, JPEG or TIFF, one frame as an 8-bit picture, a picture that fits.
//!
//! The file is parsed and decoded in a child process ([`worker`]), which the parent reaches through [`Decoder`]. Nothing
//! here knows of terminals or the store, and no value of a header other than those of [`Header`] leaves the child.

pub mod about;
mod codec;
mod codestream;
mod colours;
pub mod decoder;
mod fault;
mod fragments;
pub mod frame;
mod header;
mod intake;
mod letters;
mod light;
pub mod limits;
mod marks;
pub mod measure;
mod open;
mod opened;
mod overlay;
pub mod picture;
mod pixels;
mod prescan;
mod probe;
mod raster;
mod resample;
mod rle;
mod samples;
mod slice;
mod still;
mod syntax;
pub mod synthetic;
pub mod tags;
mod tiles;
mod view;
pub mod window;
mod wire;
mod worker;

pub use about::About;
pub use decoder::{Decoder, ImagingError};
pub use fault::{Fault, FaultKind};
pub use frame::{Frame, NamedWindow, Need, PERCENTILES, Region, Seen, Slide, Tones, Toning};
pub use marks::Marks;
pub use picture::Picture;
pub use probe::{looks_like_dicom, looks_like_image};
pub use window::Window;
pub use wire::{Header, Place, Segment};
pub use worker::worker_main;
