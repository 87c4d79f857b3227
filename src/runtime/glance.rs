//! Looks into files of a case beside its pictures: what stands in a few pixels, what the header says. A decoding child of
//! its own answers, started when first needed; of looks that wait the newest of each kind is answered.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use crate::app::{Event, Glance, Sight};
use crate::imaging::{Decoder, ImagingError};

/// Somebody who looks into files.
pub struct Glancer(Sender<Glance>);

impl Glancer {
    /// Starts the thread. `program` is what decoders are started of.
    pub fn start(program: PathBuf, tell: impl Fn(Event) + Send + 'static) -> Glancer {
        let (wishes, wanted) = channel::<Glance>();
        std::thread::spawn(move || {
            let mut decoder = decoder(program);
            while let Ok(first) = wanted.recv() {
                let batch: Vec<Glance> = std::iter::once(first).chain(wanted.try_iter()).collect();
                let kind = std::mem::discriminant::<Glance>;
                for (n, glance) in batch.iter().enumerate() {
                    if !batch.iter().skip(n + 1).any(|later| kind(later) == kind(glance)) {
                        tell(answer(&mut decoder, glance));
                    }
                }
            }
        });
        Glancer(wishes)
    }

    /// Asks for a look.
    pub fn send(&self, glance: Glance) {
        // A thread that came to grief leaves its answers out.
        let _ = self.0.send(glance);
    }
}

/// Makes a decoder in children of a program.
pub fn decoder(program: PathBuf) -> Decoder {
    Decoder::new(program, vec!["decode-worker".into()])
}

/// Looks, and gives what was seen.
pub fn answer(decoder: &mut Decoder, glance: &Glance) -> Event {
    let sight = match glance {
        Glance::Patch { files, image, frame, part } => {
            let said = first(files, |file| decoder.patch(file, image, *frame, *part));
            Sight::Patch { image: image.clone(), frame: *frame, part: *part, said }
        }
        Glance::Header { files, image } => {
            let said = first(files, |file| decoder.tags(file, image));
            Sight::Header { image: image.clone(), said }
        }
    };
    Event::Seen(Box::new(sight))
}

/// Asks the files one after another until one answers.
fn first<T>(files: &[PathBuf], mut ask: impl FnMut(&Path) -> Result<T, ImagingError>) -> Result<T, String> {
    let mut words = "the file of this image is no longer where it was: import it again".to_owned();
    for file in files {
        match ask(file) {
            Ok(found) => return Ok(found),
            // The path is left out: it may tell more than the person should see.
            Err(ImagingError::File { fault, .. }) => words = fault.to_string(),
            Err(ImagingError::Stopped { .. }) => words = "the decoder stopped on this file".into(),
            Err(ImagingError::Slow { seconds, .. }) => {
                words = format!("the decoder took longer than {seconds} s");
            }
            Err(error) => words = error.to_string(),
        }
    }
    Err(words)
}
