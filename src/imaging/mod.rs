//! stub
pub mod decoder { 
 use std::path::{Path,PathBuf};
 #[derive(Debug, thiserror::Error)] pub enum ImagingError { #[error("x{0}")] NotStarted(String) }
 pub struct Header { pub image: crate::domain::image::Image, pub has_pixels: bool }
 pub struct Decoder; impl Decoder { pub fn new(_p: PathBuf, _a: Vec<std::ffi::OsString>) -> Self { Decoder } pub fn header(&mut self, _p:&Path) -> Result<Header, ImagingError> { Err(ImagingError::NotStarted(String::new())) } }
}
pub use decoder::ImagingError;
pub mod probe { pub fn looks_like_dicom(h:&[u8])->bool { h.get(128..132)==Some(b"DICM") } }
pub mod worker { pub fn worker_main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS } }
