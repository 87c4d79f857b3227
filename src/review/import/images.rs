//! The index of images: headers alone, read in a process of their own.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::files::{file_at, refused, shown, skipped};
use super::{Progress, Run, finish};
use crate::domain::checks::{self, Subject};
use crate::domain::image::pseudonym;
use crate::domain::image::{Image, Looked, Quality};
use crate::imaging::Decoder;
use crate::review::Result;
use crate::store::history::{self, ImportDetail};
use crate::store::log;
use crate::store::stage::StagedImage;

impl Run<'_> {
    /// Indexes the images whose headers can be read: one import for all of them.
    pub(super) fn images(
        &mut self,
        files: &[PathBuf],
        decoder: &mut Decoder,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        let mut fresh: Vec<StagedImage> = Vec::new();
        let mut uids = HashSet::new();
        let mut format = "dicom";
        // Images by the hash of their pixels: those of the store, read once something is new, and those met here.
        let mut met: Option<HashMap<String, String>> = None;
        for (done, path) in files.iter().enumerate() {
            progress(Progress::Headers { done, of: files.len() });
            match decoder.header(path) {
                Ok(header) if !header.has_pixels => {
                    self.report.skipped.push(skipped(path, "is a DICOM file without pixels"))
                }
                Ok(header) => {
                    if header.transfer_syntax.is_none() && header.image.id.starts_with("sha256:") {
                        format = "images";
                    }
                    let mut image = header.image;
                    let key = &self.session.setup.protocol.key;
                    image.patient = header.patient.as_deref().map(|patient| pseudonym(key, patient));
                    // An image whose file was moved is indexed again, under its new place.
                    let places = self.store_before().read(|tx| tx.locators(&image.id))?;
                    if !uids.insert(image.id.clone()) || places.iter().any(|place| file_at(place).is_some()) {
                        self.report.unchanged += 1;
                        continue;
                    }
                    let met = match &mut met {
                        Some(met) => met,
                        none => none.insert(self.store_before().read(|tx| tx.images_by_pixels())?),
                    };
                    image.quality = Some(assess(decoder, path, &image, met));
                    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
                    fresh.push(StagedImage {
                        image,
                        stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                        locator: format!("file://{}", full.to_string_lossy()),
                    });
                }
                Err(error) => {
                    // The file is named beside its fault already.
                    let words = error.to_string();
                    let why = words.strip_prefix(&format!("{}: ", shown(path))).unwrap_or(&words);
                    self.report.refused.push(refused(path, None, why.to_owned()));
                }
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let mut hash = Sha256::new();
        for staged in &fresh {
            for part in [&staged.image.id, &staged.locator] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
        }
        let sha256 = log::hex(hash.finalize().as_slice());
        let source = history::source(&sha256, &serde_json::Value::Null);
        let now = self.session.now();
        let mut staging = self.session.store.begin_import(&source, now)?;
        let staged = self.session.store.stage_images(&mut staging, &fresh, now);
        self.report.images = fresh.len() as u64;
        let charter = self.session.charter();
        let images: Vec<Image> = fresh.iter().map(|staged| staged.image.clone()).collect();
        for problem in
            checks::check(charter, &Subject { case: "", reads: &[], images: &images, unblinded: None })
        {
            *self.report.image_problems.entry(problem.check).or_default() += 1;
        }
        let detail = ImportDetail {
            v: 1,
            file: format!("{} images", fresh.len()),
            sha256,
            format: format.into(),
            ..ImportDetail::default()
        };
        finish(self.session, staging, staged.map_err(Into::into), &source, detail, None)?;
        Ok(())
    }
}

/// Looks at the pixels of an image that is new, and for another that has the same.
fn assess(decoder: &mut Decoder, path: &Path, image: &Image, met: &mut HashMap<String, String>) -> Quality {
    let mut quality = match decoder.assess(path) {
        Ok(quality) => quality,
        // The child that read its header gave a sound answer: this one is the pixels' fault.
        Err(_) => Quality::of(Looked::Fault("the decoder gave an answer that makes no sense".into())),
    };
    if let Some(pixels) = quality.pixels.clone() {
        quality.twin = met.get(&pixels).filter(|known| **known != image.id).cloned();
        met.entry(pixels).or_insert_with(|| image.id.clone());
    }
    quality
}
