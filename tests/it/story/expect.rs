//! What a story requires: named after what a person sees, or what the store holds.

use overread::app::popup::Popup;
use overread::app::state::Screen;
use overread::domain::event::Action;
use overread::domain::word::Word;
use overread::review::desk::{self, Hold};
use overread::review::log::{LogWish, page};
use serde_json::Value as Json;

use super::setting::LEAD;
use super::{Play, setting};

/// Looks whether something holds; says what does not.
type Look = dyn Fn(&Play) -> Result<(), String>;

/// Something that must hold.
pub struct Expected(Box<Look>);

impl Expected {
    pub fn holds(&self, play: &Play) -> Result<(), String> {
        (self.0)(play)
    }
}

/// Requires what a function says.
pub fn that(holds: impl Fn(&Play) -> Result<(), String> + 'static) -> Expected {
    Expected(Box::new(holds))
}

fn whether(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// The line of notices holds these words.
pub fn says(words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| {
        let said = play.state.notice.as_ref().map_or("", |notice| notice.words.as_str());
        whether(said.contains(&words), || format!("not said: {words:?}, but {said:?}"))
    })
}

/// Nothing is said.
pub fn silent() -> Expected {
    that(|play| whether(play.state.notice.is_none(), || format!("said: {:?}", play.state.notice)))
}

/// The screen shows these words on one line.
pub fn shows(words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| {
        whether(play.text().lines().any(|line| line.contains(&words)), || format!("not shown: {words:?}"))
    })
}

/// The screen doesn't show these words.
pub fn hides(words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| whether(!play.text().contains(&words), || format!("shown: {words:?}")))
}

/// One line of the screen, from the top or (below 0) from the bottom, holds these words.
fn line(at: isize, words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| {
        let lines = super::screen::lines(&play.buffer());
        let count = isize::try_from(lines.len()).unwrap_or(0);
        let place = usize::try_from(if at < 0 { count + at } else { at }).unwrap_or(0);
        let line = lines.get(place).map_or("", String::as_str);
        whether(line.contains(&words), || format!("not on line {at}: {words:?}, but {line:?}"))
    })
}

/// The first line holds these words.
pub fn header(words: &str) -> Expected {
    line(0, words)
}

/// The last line holds these words.
pub fn footer(words: &str) -> Expected {
    line(-1, words)
}

/// A line of the screen shows a title and, after it, a value.
pub fn row(title: &str, value: &str) -> Expected {
    let (title, value) = (title.to_owned(), value.to_owned());
    that(move |play| {
        let text = play.text();
        let found =
            |line: &str| line.find(&title).is_some_and(|at| line[at + title.len()..].contains(&value));
        whether(text.lines().any(found), || format!("no line shows {title:?} and then {value:?}"))
    })
}

/// This case is open, at this dispute.
pub fn at(case: &str, dispute: &str) -> Expected {
    let (case, dispute) = (case.to_owned(), dispute.to_owned());
    that(move |play| {
        let open = play.state.open.as_ref();
        let here = open.map(|open| (open.desk.view.case.as_str(), open.dispute_id().unwrap_or("")));
        whether(here == Some((case.as_str(), dispute.as_str())), || {
            format!("not at {case} {dispute}: {here:?}")
        })
    })
}

/// The worklist is before the person, with nothing open.
pub fn in_worklist() -> Expected {
    that(|play| {
        let state = &play.state;
        let here = state.open.is_none() && state.opening.is_none() && state.screen == Screen::Worklist;
        whether(here, || "not in the worklist".to_owned())
    })
}

/// The worklist lists these cases, in this order.
pub fn lists(cases: &[&str]) -> Expected {
    let cases: Vec<String> = cases.iter().map(|case| (*case).to_owned()).collect();
    that(move |play| {
        let list = &play.state.worklist;
        let listed: Vec<String> = (0..list.len())
            .map(|place| list.line_at(place).map_or_else(|| "?".to_owned(), |line| line.case.clone()))
            .collect();
        whether(listed == cases, || format!("listed are {listed:?}"))
    })
}

/// Nothing is open over the screen.
pub fn no_popup() -> Expected {
    that(|play| whether(play.state.popups.is_empty(), || format!("open are {:?}", play.state.popups)))
}

/// A form is the uppermost thing.
pub fn a_form() -> Expected {
    that(|play| {
        let form = matches!(play.state.popups.last(), Some(Popup::Form(_)));
        whether(form, || format!("no form: {:?}", play.state.popups.last()))
    })
}

/// A menu is the uppermost thing, with these words in its title.
pub fn a_menu(words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| match play.state.popups.last() {
        Some(Popup::Menu(menu)) if menu.title.contains(&words) => Ok(()),
        other => Err(format!("no menu {words:?}: {other:?}")),
    })
}

/// A prompt is the uppermost thing, with these words in its title.
pub fn a_prompt(words: &str) -> Expected {
    let words = words.to_owned();
    that(move |play| match play.state.popups.last() {
        Some(Popup::Prompt(prompt)) if prompt.title.contains(&words) => Ok(()),
        other => Err(format!("no prompt {words:?}: {other:?}")),
    })
}

/// The store holds a decision on a dispute that stands, with at least these fields.
pub fn stored(case: &str, dispute: &str, fields: Json) -> Expected {
    let (case, dispute) = (case.to_owned(), dispute.to_owned());
    that(move |play| {
        let decision = decision(play, &case, &dispute).map_err(|error| error.to_string())?;
        let decision = decision.ok_or_else(|| format!("no decision on {case} {dispute} is in the store"))?;
        whether(within(&fields, &decision), || format!("stored is {decision}, not {fields}"))
    })
}

/// The store holds no decision on a dispute.
pub fn undecided(case: &str, dispute: &str) -> Expected {
    let (case, dispute) = (case.to_owned(), dispute.to_owned());
    that(move |play| {
        let decision = decision(play, &case, &dispute).map_err(|error| error.to_string())?;
        whether(decision.is_none(), || format!("stored is {decision:?}"))
    })
}

/// A dispute is in this state, as the store has it.
pub fn in_state(case: &str, dispute: &str, state: &str) -> Expected {
    let (case, dispute, state) = (case.to_owned(), dispute.to_owned(), state.to_owned());
    that(move |play| {
        let mut session = setting::session(&play.place, LEAD).map_err(|error| error.to_string())?;
        let desk = desk::open(&mut session, &case, Hold::Look, "").map_err(|error| error.to_string())?;
        let found = desk.view.disputes.iter().find(|known| known.id == dispute);
        let found = found.map_or("not there", |found| found.state.word());
        whether(found == state, || format!("{case} {dispute} is {found}, not {state}"))
    })
}

/// Somebody holds a claim on a case; nobody where the name is empty.
pub fn claimed(case: &str, who: &str) -> Expected {
    let (case, who) = (case.to_owned(), who.to_owned());
    that(move |play| {
        let mut session = setting::session(&play.place, LEAD).map_err(|error| error.to_string())?;
        let desk = desk::open(&mut session, &case, Hold::Look, "").map_err(|error| error.to_string())?;
        let held = desk.view.claimed_by.join(", ");
        whether(held == who, || format!("{case} is claimed by {held:?}"))
    })
}

/// The log holds so many events of this kind.
pub fn logged(action: Action, count: usize) -> Expected {
    that(move |play| {
        let mut session = setting::session(&play.place, LEAD).map_err(|error| error.to_string())?;
        let wish = LogWish { limit: 10_000, ..LogWish::default() };
        let lines = page(&mut session, &wish).map_err(|error| error.to_string())?;
        let found = lines.iter().filter(|line| line.action == action.word()).count();
        whether(found == count, || format!("{found} events ‘{}’, not {count}", action.word()))
    })
}

/// The store keeps this many drafts of a person for a case.
pub fn drafts(case: &str, who: &str, count: usize) -> Expected {
    let (case, who) = (case.to_owned(), who.to_owned());
    that(move |play| {
        let mut session = setting::session(&play.place, &who).map_err(|error| error.to_string())?;
        let desk = desk::open(&mut session, &case, Hold::Look, "").map_err(|error| error.to_string())?;
        whether(desk.drafts.len() == count, || format!("drafts: {:?}", desk.drafts))
    })
}

/// Gives the decision that stands on a dispute, as the lead sees it.
fn decision(play: &Play, case: &str, dispute: &str) -> crate::common::Outcome<Option<Json>> {
    let mut session = setting::session(&play.place, LEAD)?;
    let desk = desk::open(&mut session, case, Hold::Look, "")?;
    let found = desk.view.disputes.iter().find(|known| known.id == dispute);
    Ok(found.ok_or_else(|| format!("no dispute {dispute} in {case}"))?.decision.clone())
}

/// Tells whether all of one value is in another: an object's fields, or the value itself.
fn within(wanted: &Json, held: &Json) -> bool {
    match (wanted, held) {
        (Json::Object(wanted), Json::Object(held)) => {
            wanted.iter().all(|(name, value)| held.get(name).is_some_and(|held| within(value, held)))
        }
        (Json::Array(wanted), Json::Array(held)) => {
            wanted.len() == held.len() && wanted.iter().zip(held).all(|(wanted, held)| within(wanted, held))
        }
        (Json::Number(wanted), Json::Number(held)) => {
            let (wanted, held) = (wanted.as_f64(), held.as_f64());
            wanted.zip(held).is_some_and(|(wanted, held)| (wanted - held).abs() < 1e-9)
        }
        (wanted, held) => wanted == held,
    }
}
