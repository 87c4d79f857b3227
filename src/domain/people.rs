//! Who may work on a project, in which roles: derived from the log.

use crate::domain::word::Word;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::authority::Role;

/// One person, or an account that several share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub roles: BTreeSet<Role>,
    /// What the charter may ask for, such as `neuro`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<String>,
    /// The ids under which this person's own reads are imported, beside the name itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub readers: BTreeSet<String>,
    /// Several people use this account of the operating system, and say with `--as` who they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// Detail of `people`: the person as they are from now on, or that they are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeopleDetail {
    pub v: u32,
    pub name: String,
    /// None where the person was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
}

/// Everybody, and who made the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    creator: String,
    named: BTreeMap<String, Person>,
}

impl People {
    /// Begins with the creator, who holds every role as long as nobody else holds one.
    pub fn of_creator(creator: String) -> Self {
        People { creator, named: BTreeMap::new() }
    }

    /// Takes over what an event says.
    pub fn apply(&mut self, detail: PeopleDetail) {
        match detail.person {
            Some(person) => self.named.insert(detail.name, person),
            None => self.named.remove(&detail.name),
        };
    }

    /// Gives the names of everybody, the creator's too.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.creator.as_str()).chain(self.named.keys().map(String::as_str))
    }

    /// Gives a person as they are now; somebody unknown holds no role.
    ///
    /// The creator holds every role until a role is given to somebody else, and stays a lead until somebody else is
    /// one, so that no store is ever without.
    pub fn person(&self, name: &str) -> Person {
        let mut person = self.named.get(name).cloned().unwrap_or_default();
        if name == self.creator {
            let others = || self.named.iter().filter(|(other, _)| *other != name);
            if others().all(|(_, other)| other.roles.is_empty()) {
                person.roles = Role::WORDS.iter().map(|(role, _)| *role).collect();
            } else if !self.named.contains_key(name)
                || others().all(|(_, other)| !other.roles.contains(&Role::Lead))
            {
                person.roles.insert(Role::Lead);
            }
        }
        person
    }

    /// Gives everybody with a role or a mark, by name.
    pub fn all(&self) -> BTreeMap<String, Person> {
        let mut all: BTreeMap<String, Person> =
            self.named.keys().map(|name| (name.clone(), self.person(name))).collect();
        all.insert(self.creator.clone(), self.person(&self.creator));
        all
    }

    /// Tells whether several people use this account of the operating system.
    pub fn is_shared(&self, account: &str) -> bool {
        self.named.get(account).is_some_and(|person| person.shared)
    }

    /// Gives the person as named by an event alone, without what follows from having made the store.
    pub fn named(&self, name: &str) -> Option<&Person> {
        self.named.get(name)
    }
}
