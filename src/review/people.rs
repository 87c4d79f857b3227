//! Who works on the project, in which roles.

use crate::domain::word::Word;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Result, ReviewError, Session};
use crate::domain::authority::{Deed, Role};
use crate::domain::event::Action;
use crate::domain::people::{PeopleDetail, Person};
use crate::domain::text::Safe;
use crate::store::Event;

/// What is added to a person.
#[derive(Debug, Clone, Default)]
pub struct Addition {
    pub roles: BTreeSet<Role>,
    pub skills: BTreeSet<String>,
    pub readers: BTreeSet<String>,
    pub shared: bool,
}

/// Adds roles, skills or marks to a person, known or new.
pub fn add(session: &mut Session, name: &str, addition: &Addition) -> Result<Event> {
    let name = checked(name)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ManagePeople)?;
        let mut person = scene.setup.people.named(name).cloned().unwrap_or_default();
        person.roles.extend(&addition.roles);
        person.skills.extend(addition.skills.iter().cloned());
        person.readers.extend(addition.readers.iter().cloned());
        person.shared |= addition.shared;
        if scene.setup.people.named(name) == Some(&person) {
            return Err(ReviewError::Invalid(format!("{} has all of that already", Safe::new(name))));
        }
        if person == Person::default() {
            return Err(ReviewError::Invalid(format!(
                "say what {} may do: --role {}, or --shared for an account that several people use",
                Safe::new(name),
                Role::all_words()
            )));
        }
        let detail = PeopleDetail { v: 1, name: name.to_owned(), person: Some(person) };
        Ok(tx.append(&scene.entry(Some(role), Action::People, None, json!(detail)))?)
    })
}

/// Takes everything from a person.
pub fn remove(session: &mut Session, name: &str) -> Result<Event> {
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ManagePeople)?;
        if scene.setup.people.named(name).is_none() {
            return Err(ReviewError::Missing(format!(
                "nobody is called {} here: see `overread people list`",
                Safe::new(name)
            )));
        }
        let detail = PeopleDetail { v: 1, name: name.to_owned(), person: None };
        Ok(tx.append(&scene.entry(Some(role), Action::People, None, json!(detail)))?)
    })
}

/// Lists everybody.
pub fn list(session: &mut Session) -> Result<BTreeMap<String, Person>> {
    session.read(None, |_, scene| {
        scene.allow(Deed::ListPeople)?;
        Ok(scene.setup.people.all())
    })
}

fn checked(name: &str) -> Result<&str> {
    let name = name.trim();
    match name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        true => Err(ReviewError::Invalid(
            "a person's name has 1 to 128 characters and no control characters".into(),
        )),
        false => Ok(name),
    }
}
