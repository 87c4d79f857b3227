//! The stores that stories are played at: a charter, reads as tables, pictures made by code, people with their roles.
//! Letters and the order of candidates come from the store's key, which is always the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use overread::app::State;
use overread::app::state::Display;
use overread::domain::authority::Role;
use overread::imaging::Decoder;
use overread::imaging::synthetic::{Disc, phantom};
use overread::keymap::Keymap;
use overread::preview::plan::{Depth, Protocol};
use overread::review::import::{Request, import};
use overread::review::people::{Addition, add};
use overread::review::{Session, init};
use overread::runtime::clerk::Clerk;
use overread::runtime::ui::person;
use overread::store::Actor;
use overread::theme::Theme;

use super::{Play, clock};
use crate::common::{Outcome, PROGRAM, Place};

const KEY: [u8; 32] = [7; 32];
const STORE: &str = "s.overread";
/// Who makes every store, and is its lead.
pub const LEAD: &str = "lea";

/// A store in the making.
#[derive(Clone)]
pub struct Setting {
    charter: String,
    guideline: Option<&'static str>,
    tables: Vec<String>,
    /// Cases that have a picture.
    pictures: Vec<&'static str>,
    /// Image files made otherwise, by name.
    files: Vec<(String, Vec<u8>)>,
    /// Tables of reads by the site that they come from.
    sites: Vec<(&'static str, &'static str)>,
    who: &'static str,
    display: Display,
    size: (u16, u16),
}

/// Two readers' grades of three cases, far apart each, with pictures.
pub fn grades() -> Setting {
    let mut setting = Setting::of(
        "name = \"grades\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"moderate\", \"severe\", \
         \"critical\"]\n",
    );
    setting.tables.push(
        "case,reader,label,value,comment\n\
         CT-1,ann,grade,mild,faint at the base\n\
         CT-1,bob,grade,severe,\n\
         CT-2,ann,grade,mild,\n\
         CT-2,bob,grade,critical,\n\
         CT-3,ann,grade,moderate,\n\
         CT-3,bob,grade,critical,\n"
            .to_owned(),
    );
    setting.pictures = vec!["CT-1", "CT-2", "CT-3"];
    setting
}

/// Three readers' boxes: one case with two disputes, one with one.
pub fn boxes() -> Setting {
    let mut setting = Setting::of(
        "name = \"boxes\"\n[labels.lesion]\nkind = \"box\"\niou = 0.6\n[labels.cyst]\nkind = \"box\"\n",
    );
    setting.tables.push(
        "case,reader,label,value,x_min,y_min,x_max,y_max,comment\n\
         CT-7,ann,lesion,,124,184,176,236,\n\
         CT-7,bob,lesion,,126,186,175,236,margin is blurred\n\
         CT-7,cyd,lesion,,140,200,160,220,\n\
         CT-7,ann,cyst,,330,280,370,320,\n\
         CT-7,bob,cyst,absent,,,,,\n\
         CT-7,cyd,cyst,absent,,,,,\n\
         CT-8,ann,lesion,,338,286,366,314,\n\
         CT-8,bob,lesion,,339,287,366,314,\n\
         CT-8,cyd,lesion,absent,,,,,\n"
            .to_owned(),
    );
    setting.pictures = vec!["CT-7", "CT-8"];
    setting
}

/// Three readers who say whether something is there, of cases without pictures.
pub fn labels() -> Setting {
    let mut setting =
        Setting::of("name = \"chest\"\n[labels.effusion]\nkind = \"present\"\nuncertain = true\n");
    setting.tables.push(
        "case,reader,label,value\n\
         XR-1,ann,effusion,present\nXR-1,bob,effusion,present\nXR-1,cyd,effusion,absent\n\
         XR-2,ann,effusion,present\nXR-2,bob,effusion,absent\nXR-2,cyd,effusion,absent\n"
            .to_owned(),
    );
    setting
}

impl Setting {
    /// Begins with a charter alone, at the screen of an adjudicator.
    pub fn of(charter: &str) -> Setting {
        Setting {
            charter: charter.to_owned(),
            guideline: None,
            tables: Vec::new(),
            pictures: Vec::new(),
            files: Vec::new(),
            sites: Vec::new(),
            who: "ana",
            display: Display {
                protocol: Protocol::HalfBlocks,
                protocols: vec![Protocol::HalfBlocks, Protocol::Off],
                depth: Depth::True,
                utf8: true,
                cell: (10, 20),
                light: None,
                words: "a story".to_owned(),
            },
            size: (120, 40),
        }
    }

    /// Adds to the charter's `[review]`.
    pub fn review(mut self, keys: &str) -> Setting {
        self.charter = format!("{}[review]\n{keys}\n", self.charter);
        self
    }

    /// Gives the charter a guideline.
    pub fn guideline(mut self, text: &'static str) -> Setting {
        self.guideline = Some(text);
        self.charter.insert_str(0, "guideline = \"guideline.md\"\n");
        self
    }

    /// Adds a table of reads.
    pub fn reads(mut self, table: &str) -> Setting {
        self.tables.push(table.to_owned());
        self
    }

    /// Adds a table of reads from a site, in a file of that name.
    pub fn reads_of(mut self, site: &'static str, table: &'static str) -> Setting {
        self.sites.push((site, table));
        self
    }

    /// Names the cases that have a picture.
    pub fn pictures(mut self, cases: &[&'static str]) -> Setting {
        self.pictures = cases.to_vec();
        self
    }

    /// Adds an image file.
    pub fn file(mut self, name: &str, bytes: Vec<u8>) -> Setting {
        self.files.push((name.to_owned(), bytes));
        self
    }

    /// Puts another person before the screen: `ana` and `max` decide, `ada` is an arbiter, `obi` observes, `qin` does
    /// QA, `lea` leads.
    pub fn seen_by(self, who: &'static str) -> Setting {
        Setting { who, ..self }
    }

    /// Gives the terminal another size.
    pub fn sized(self, columns: u16, rows: u16) -> Setting {
        Setting { size: (columns, rows), ..self }
    }

    /// Gives the terminal other abilities.
    pub fn on(mut self, change: impl FnOnce(&mut Display)) -> Setting {
        change(&mut self.display);
        self
    }

    /// Shows no pictures at all.
    pub fn without_pictures(self) -> Setting {
        self.on(|display| display.protocol = Protocol::Off)
    }

    /// Makes the store and seats the person.
    pub(super) fn play(self) -> Outcome<Play> {
        let place = Place::new()?;
        let actor = Actor { account: LEAD.into(), who: LEAD.into(), origin: "a story".into() };
        init::init_with(&place.join(STORE), Some(&self.charter), self.guideline, &actor, KEY, clock)?;
        let mut lead = session(&place, LEAD)?;
        std::fs::create_dir(place.join("images"))?;
        for (n, case) in (1..).zip(&self.pictures) {
            let discs = [
                Disc { x: 150.0, y: 210.0, radius: 24.0, above: 380.0 },
                Disc { x: 350.0, y: 300.0, radius: 14.0, above: 200.0 },
            ];
            let bytes = phantom(&format!("2.25.{n}"), n, &discs)?;
            place.write(&format!("images/{case}.dcm"), bytes)?;
        }
        for (name, bytes) in &self.files {
            place.write(&format!("images/{name}"), bytes)?;
        }
        let mut paths = vec![place.join("images")];
        for (n, table) in self.tables.iter().enumerate() {
            paths.push(place.write(&format!("reads-{n}.csv"), table)?);
        }
        take_in(&mut lead, paths)?;
        for (site, table) in &self.sites {
            let paths = vec![place.write(&format!("{site}.csv"), table)?];
            let request = Request { paths, site: Some((*site).to_owned()), ..Request::default() };
            take_in_as(&mut lead, &request)?;
        }
        let roles: [(&str, &[Role]); 6] = [
            (LEAD, &[Role::Lead]),
            ("ana", &[Role::Adjudicator]),
            ("max", &[Role::Adjudicator]),
            ("ada", &[Role::Arbiter]),
            ("obi", &[Role::Observer]),
            ("qin", &[Role::Qa]),
        ];
        for (name, roles) in roles {
            let roles: BTreeSet<Role> = roles.iter().copied().collect();
            add(&mut lead, name, &Addition { roles, ..Addition::default() })?;
        }
        drop(lead);
        let (mut state, clerk) = seat(&place, self.who, &self.display, self.size)?;
        let effects = state.begin();
        let mut play = Play {
            place,
            state,
            theme: Theme::load("dark", &[]).map_err(|faults| format!("{faults:?}"))?,
            clerk,
            copied: Vec::new(),
            done: Vec::new(),
            slow: false,
            waiting: Default::default(),
            broken: None,
        };
        play.perform(effects)?;
        Ok(play)
    }
}

/// Imports files and folders.
pub fn take_in(session: &mut Session, paths: Vec<std::path::PathBuf>) -> Outcome {
    take_in_as(session, &Request { paths, ..Request::default() })
}

fn take_in_as(session: &mut Session, request: &Request) -> Outcome {
    // However busy the machine is.
    let patience = Duration::from_secs(3600);
    let mut decoder =
        Decoder::new(PROGRAM.into(), vec!["decode-worker".into()]).with_waits(patience, patience);
    let report = import(session, request, &mut decoder, &mut |_| {})?;
    match report.refused.as_slice() {
        [] => Ok(()),
        refused => Err(format!("the setting is refused: {refused:?}").into()),
    }
}

/// Opens the story's store for somebody.
pub(super) fn session(place: &Place, who: &str) -> Outcome<Session> {
    Ok(Session::open(&place.join(STORE), who.to_owned(), None, "a story".to_owned(), clock)?)
}

/// Seats somebody before the story's store.
pub(super) fn seat(place: &Place, who: &str, display: &Display, size: (u16, u16)) -> Outcome<(State, Clerk)> {
    let keymap = Keymap::load(&[]).map_err(|faults| format!("{faults:?}"))?;
    let session = session(place, who)?;
    let state = State::new(clock(), size, display.clone(), Arc::new(keymap), person(&session));
    Ok((state, Clerk::new(session, format!("sitting of {who}"))))
}
