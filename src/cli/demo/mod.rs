//! `demo`: a store of freely licensed and made cases, to try everything on.
//!
//! The four CT images and eight reads come from the AIM Toolkit's samples (see `data/NOTICE.md`), compressed without
//! loss. Cases named SYNTHETIC are made by code: boxes on phantoms, and labels.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::exit::{self, Failure};
use crate::imaging::synthetic::{Disc, phantom};
use crate::review::import::{self, Request};
use crate::review::{self, Session};
use crate::runtime;

/// The files that come with the program, compressed by gzip.
const FILES: [(&str, &[u8]); 12] = [
    ("images/0022Baseline.dcm", include_bytes!("data/0022Baseline.dcm.gz")),
    ("images/0022Followup.dcm", include_bytes!("data/0022Followup.dcm.gz")),
    ("images/0023Baseline.dcm", include_bytes!("data/0023Baseline.dcm.gz")),
    ("images/0023Followup.dcm", include_bytes!("data/0023Followup.dcm.gz")),
    ("reads/0022BaselineA.xml", include_bytes!("data/0022BaselineA.xml.gz")),
    ("reads/0022BaselineB.xml", include_bytes!("data/0022BaselineB.xml.gz")),
    ("reads/0022FollowupA.xml", include_bytes!("data/0022FollowupA.xml.gz")),
    ("reads/0022FollowupB.xml", include_bytes!("data/0022FollowupB.xml.gz")),
    ("reads/0023BaselineA.xml", include_bytes!("data/0023BaselineA.xml.gz")),
    ("reads/0023BaselineB.xml", include_bytes!("data/0023BaselineB.xml.gz")),
    ("reads/0023FollowupA.xml", include_bytes!("data/0023FollowupA.xml.gz")),
    ("reads/0023FollowupB.xml", include_bytes!("data/0023FollowupB.xml.gz")),
];

/// The licence under which they come.
pub const NOTICE: &str = include_str!("data/NOTICE.md");

/// The protocol: what a newcomer should meet first weighs most.
const CHARTER: &str = include_str!("charter.toml");

/// Largest of the files, uncompressed, with room to spare.
const LARGEST: u64 = 4 << 20;

/// A made case with boxes: where the discs lie, and which boxes each reader drew (x, y, width, height).
struct Drawn {
    name: &'static str,
    discs: &'static [(f64, f64, f64, f64)],
    boxes: &'static [(&'static str, Boxes)],
}

/// A reader's boxes: label, and left, top, width, height in pixels.
type Boxes = &'static [(&'static str, [u32; 4])];

/// One overlaps too little, one is seen by two of three, one bears two names, one is agreed on, one is split.
const DRAWN: [Drawn; 5] = [
    Drawn {
        name: "SYNTHETIC-BOX-1",
        discs: &[(150.0, 210.0, 24.0, 380.0)],
        boxes: &[
            ("ada", &[("nodule", [124, 184, 52, 52])]),
            ("ben", &[("nodule", [126, 186, 49, 50])]),
            ("cleo", &[("nodule", [140, 200, 30, 30])]),
        ],
    },
    Drawn {
        name: "SYNTHETIC-BOX-2",
        discs: &[(352.0, 300.0, 12.0, 120.0)],
        boxes: &[
            ("ada", &[("nodule", [338, 286, 28, 28])]),
            ("ben", &[("nodule", [339, 287, 27, 27])]),
            ("cleo", &[]),
        ],
    },
    Drawn {
        name: "SYNTHETIC-BOX-3",
        discs: &[(160.0, 320.0, 34.0, 260.0)],
        boxes: &[
            ("ada", &[("consolidation", [124, 284, 72, 72])]),
            ("ben", &[("nodule", [125, 285, 70, 71])]),
            ("cleo", &[("consolidation", [126, 283, 70, 74])]),
        ],
    },
    Drawn {
        name: "SYNTHETIC-BOX-4",
        discs: &[(350.0, 190.0, 20.0, 420.0)],
        boxes: &[
            ("ada", &[("nodule", [329, 169, 42, 42])]),
            ("ben", &[("nodule", [330, 170, 41, 41])]),
            ("cleo", &[("nodule", [328, 169, 43, 42])]),
        ],
    },
    Drawn {
        name: "SYNTHETIC-BOX-5",
        discs: &[(345.0, 230.0, 15.0, 330.0), (372.0, 254.0, 14.0, 310.0)],
        boxes: &[
            ("ada", &[("nodule", [329, 214, 58, 56])]),
            ("ben", &[("nodule", [329, 214, 32, 32]), ("nodule", [357, 239, 30, 30])]),
            ("cleo", &[("nodule", [328, 213, 60, 58])]),
        ],
    },
];

/// Made cases with labels alone: what each of three readers says of them.
const LABELLED: &str = "\
case,reader,label,value,comment
SYNTHETIC-LABEL-1,ada,pleural effusion,present,blunted angle on the left
SYNTHETIC-LABEL-1,ben,pleural effusion,present,
SYNTHETIC-LABEL-1,cleo,pleural effusion,absent,the angle looks sharp to me
SYNTHETIC-LABEL-2,ada,retinopathy grade,2,
SYNTHETIC-LABEL-2,ben,retinopathy grade,4,new vessels at the disc
SYNTHETIC-LABEL-2,cleo,retinopathy grade,2,
SYNTHETIC-LABEL-3,ada,retinopathy grade,0,
SYNTHETIC-LABEL-3,ben,retinopathy grade,3,haemorrhages in all four quadrants
SYNTHETIC-LABEL-3,cleo,retinopathy grade,1,one microaneurysm
SYNTHETIC-LABEL-4,ada,pneumothorax,absent,
SYNTHETIC-LABEL-4,ben,pneumothorax,absent,
SYNTHETIC-LABEL-4,cleo,pneumothorax,present,apical line
SYNTHETIC-LABEL-5,ada,pleural effusion,absent,
SYNTHETIC-LABEL-5,ben,pleural effusion,absent,
SYNTHETIC-LABEL-5,cleo,pleural effusion,absent,
";

/// Makes the store in a folder, or takes the one that lies there from before. Gives its path.
pub fn build(folder: &Path) -> Result<PathBuf, Failure> {
    let store = folder.join("demo.overread");
    if store.exists() {
        return Ok(store);
    }
    for (name, packed) in FILES {
        let mut bytes = Vec::new();
        let unpacked = flate2::read::GzDecoder::new(packed).take(LARGEST).read_to_end(&mut bytes);
        unpacked.map_err(|error| Failure::new(exit::IO, format!("failed to unpack {name}: {error}")))?;
        write(&folder.join(name), &bytes)?;
    }
    write(&folder.join("NOTICE.md"), NOTICE.as_bytes())?;
    for (n, drawn) in (1..).zip(&DRAWN) {
        let discs: Vec<Disc> = drawn
            .discs
            .iter()
            .map(|(x, y, radius, above)| Disc { x: *x, y: *y, radius: *radius, above: *above })
            .collect();
        // 2.25 is the root for UIDs that are plain numbers (DICOM PS3.5 B.2).
        let bytes = phantom(&format!("2.25.20261124{n}"), n, &discs)
            .map_err(|words| Failure::new(exit::IO, words))?;
        write(&folder.join("images").join(format!("{}.dcm", drawn.name)), &bytes)?;
    }
    write(&folder.join("reads").join("synthetic-boxes.csv"), boxes().as_bytes())?;
    write(&folder.join("reads").join("synthetic-labels.csv"), LABELLED.as_bytes())?;
    fill(&store, folder)?;
    Ok(store)
}

/// Writes the boxes as a table; a reader without a box says that nothing is there.
fn boxes() -> String {
    let mut table = "case,reader,label,value,x_min,y_min,x_max,y_max\n".to_owned();
    for drawn in &DRAWN {
        for (reader, boxes) in drawn.boxes {
            for (label, [x, y, width, height]) in *boxes {
                table.push_str(&format!(
                    "{},{reader},{label},,{x},{y},{},{}\n",
                    drawn.name,
                    x + width,
                    y + height
                ));
            }
            if boxes.is_empty() {
                table.push_str(&format!("{},{reader},nodule,absent,,,,\n", drawn.name));
            }
        }
    }
    table
}

fn fill(store: &Path, folder: &Path) -> Result<(), Failure> {
    let account = runtime::account();
    let actor =
        crate::store::Actor { account: account.clone(), who: account.clone(), origin: runtime::origin() };
    let key = runtime::random_key().map_err(|error| {
        Failure::new(exit::IO, format!("failed to get random bytes from the system: {error}"))
    })?;
    review::init::init(store, Some(CHARTER), &actor, key, runtime::now)?;
    let mut session = Session::open(store, account, None, runtime::origin(), runtime::now)?;
    let request = Request { paths: vec![folder.join("reads"), folder.join("images")], ..Request::default() };
    let report = import::import(&mut session, &request, &mut super::import::decoder(), &mut |_| {})?;
    match report.refused.first() {
        None => Ok(()),
        Some(refused) => Err(Failure::new(
            exit::BAD_DATA,
            format!("the demonstration is incomplete: {}: {}", refused.file, refused.why),
        )),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |fault| Failure::from(review::ReviewError::Write { path: path.to_owned(), fault });
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}
