//! Stories: the terminal UI as a person lives it. Keys go through the real keymap into the real `update`, effects are
//! performed inline at a real store until nothing is left to do, and the clock is the story's own, so that nothing
//! sleeps. A story is told in one breath: what went wrong first is what it ends with.

mod expect;
mod screen;
mod setting;

use std::cell::Cell;
use std::collections::VecDeque;

use overread::app::picture::plan;
use overread::app::{Answer, Ask, Effect, Event, Failure, Mouse, MouseDeed, State, update};
use overread::command::Key;
use overread::imaging::{About, Toning, Window};
use overread::preview::plan::{Detail, Facts, Plan, Wanted};
use overread::preview::render::Map;
use overread::review::Session;
use overread::review::log::{LogWish, page};
use overread::runtime::clerk::Clerk;
use overread::runtime::glance;
use overread::theme::Theme;

use crate::common::{Outcome, PROGRAM, Place};

pub use expect::*;
pub use screen::{lines, picture_of};
pub use setting::{Setting, boxes, grades, labels, take_in};

/// When every story begins: 2026-11-23T05:17:00Z.
pub const START: i64 = 1_795_411_020_000;
/// A second, in milliseconds.
pub const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// Between two keys that one person presses.
const KEYPRESS: i64 = 20;
/// Events that may follow from one another before something is said to go round and round.
const MOST: usize = 10_000;

thread_local! {
    // A use case's clock is a function, and each story runs on a thread of its own.
    static NOW: Cell<i64> = const { Cell::new(START) };
}

/// The story's clock.
pub fn clock() -> i64 {
    NOW.get()
}

/// What went wrong, with the screen as it was: written as it looks, line by line.
#[derive(thiserror::Error)]
#[error("{0}")]
struct Fault(String);

impl std::fmt::Debug for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// Everything that a story is played with.
pub struct Play {
    pub place: Place,
    pub state: State,
    pub theme: Theme,
    clerk: Clerk,
    /// What was put on the clipboard.
    pub copied: Vec<String>,
    /// Effects for the terminal, in their order.
    pub done: Vec<Effect>,
    /// The store is slow: wishes wait until [`Story::answers`].
    slow: bool,
    waiting: VecDeque<Ask>,
    /// Every act that can be refused is answered with this.
    broken: Option<Failure>,
}

/// A story under way.
#[must_use = "a story tells nothing before `ends`"]
pub struct Story {
    play: Outcome<Box<Play>>,
}

/// Begins a story.
pub fn story(setting: Setting) -> Story {
    NOW.set(START);
    Story { play: setting.play().map(Box::new) }
}

impl Story {
    /// Does something, if all went well so far.
    pub fn then(self, act: impl FnOnce(&mut Play) -> Outcome) -> Story {
        let play = self.play.and_then(|mut play| {
            act(&mut play)?;
            Ok(play)
        });
        Story { play }
    }

    /// Presses keys, set apart by spaces, as keymaps write them.
    pub fn keys(self, keys: &str) -> Story {
        self.then(|play| keys.split_whitespace().try_for_each(|key| play.press(key.parse()?)))
    }

    /// Types text, character by character.
    pub fn types(self, text: &str) -> Story {
        self.then(|play| text.chars().try_for_each(|character| play.press(Key::char(character))))
    }

    /// Pastes text, as a terminal with bracketed paste hands it on.
    pub fn pastes(self, text: &str) -> Story {
        let event = Event::Paste(text.to_owned());
        self.then(|play| play.happen(event))
    }

    /// Lets time go by, in milliseconds.
    pub fn waits(self, milliseconds: i64) -> Story {
        self.then(|play| play.wait(milliseconds))
    }

    /// Gives the terminal another size.
    pub fn resized(self, columns: u16, rows: u16) -> Story {
        self.then(|play| play.happen(Event::Resized(columns, rows)))
    }

    /// Puts the pictures that the screen wants on the screen, and looks at them.
    pub fn sees(self) -> Story {
        self.then(Play::see)
    }

    /// Puts the pictures that the screen wants on the screen as they truly are, and looks at them.
    pub fn looks(self) -> Story {
        self.then(Play::look)
    }

    /// Requires that the screen with its pictures shows these words on one line.
    pub fn pictured(self, words: &str) -> Story {
        let words = words.to_owned();
        self.then(move |play| {
            let text = lines(&play.pictured()?).join("\n");
            match text.lines().any(|line| line.contains(&words)) {
                true => Ok(()),
                false => Err(Box::from(Fault(format!("not shown: {words:?}; the screen:\n{text}")))),
            }
        })
    }

    /// Opens the case that is selected, and waits until keys decide.
    pub fn opens(self) -> Story {
        self.keys("enter").waits(SECOND)
    }

    /// Opens the case that is selected, looks at its picture, and waits until keys decide.
    pub fn opens_and_sees(self) -> Story {
        self.keys("enter").sees().waits(SECOND)
    }

    /// Opens the case that is selected, looks at its picture where pictures are shown, and waits until keys decide.
    pub fn opens_and_sees_if_any(self) -> Story {
        self.keys("enter")
            .then(|play| if play.wanted().is_empty() { Ok(()) } else { play.see() })
            .waits(SECOND)
    }

    /// Lets somebody else do something at the store; the UI is told as it would be.
    pub fn meanwhile(self, who: &str, act: impl FnOnce(&mut Session) -> Outcome) -> Story {
        self.then(|play| {
            play.elsewhere(who, act)?;
            match play.clerk.has_changed() {
                Ok(true) => play.happen(Event::Answer(Box::new(Answer::Changed))),
                Ok(false) => Err("the store doesn't notice what somebody else did".into()),
                Err(failure) => Err(failure.words.into()),
            }
        })
    }

    /// Lets somebody else do something at the store, of which the UI has heard nothing yet.
    pub fn unheard(self, who: &str, act: impl FnOnce(&mut Session) -> Outcome) -> Story {
        self.then(|play| play.elsewhere(who, act))
    }

    /// From now on the store takes its time.
    pub fn slowly(self) -> Story {
        self.then(|play| {
            play.slow = true;
            Ok(())
        })
    }

    /// The store comes round to what it was asked.
    pub fn answers(self) -> Story {
        self.then(|play| {
            play.slow = false;
            let effects: Vec<Effect> = play.waiting.drain(..).map(Effect::Ask).collect();
            play.perform(effects)
        })
    }

    /// From now on the store takes nothing.
    pub fn breaks(self, words: &str) -> Story {
        self.then(|play| {
            play.broken = Some(Failure { words: words.to_owned(), store: true });
            Ok(())
        })
    }

    /// The store takes things again.
    pub fn mended(self) -> Story {
        self.then(|play| {
            play.broken = None;
            Ok(())
        })
    }

    /// The person leaves and comes back to the same store, in a new program.
    pub fn comes_back(self) -> Story {
        self.then(|play| {
            let who = play.state.person.name.clone();
            play.sit_down(&who)
        })
    }

    /// Requires something of what there is now.
    pub fn expect(self, expected: Expected) -> Story {
        self.then(|play| {
            expected
                .holds(play)
                .map_err(|why| Box::from(Fault(format!("{why}; the screen:\n{}", play.text()))))
        })
    }

    /// Ends the story.
    pub fn ends(self) -> Outcome {
        self.play.map(|_| ())
    }
}

impl Play {
    /// Seats a person before the store, as a program that has just begun.
    pub fn sit_down(&mut self, who: &str) -> Outcome {
        let (state, clerk) = setting::seat(&self.place, who, &self.state.display, self.state.size)?;
        self.state = state;
        self.clerk = clerk;
        let effects = self.state.begin();
        self.perform(effects)
    }

    fn see(&mut self) -> Outcome {
        let facts: Vec<Facts> = self.wanted().iter().map(facts).collect();
        if facts.is_empty() {
            return Err("no picture is wanted here".into());
        }
        self.happen(Event::Shown(facts))
    }

    /// Does something with the mouse on a cell.
    pub fn mouse(&mut self, deed: MouseDeed, (column, row): (u16, u16)) -> Outcome {
        self.happen(Event::Mouse(Mouse { column, row, deed }))
    }

    pub fn press(&mut self, key: Key) -> Outcome {
        NOW.set(clock() + KEYPRESS);
        self.happen(Event::Key(key))
    }

    /// Lets something happen and does all that follows from it.
    pub fn happen(&mut self, event: Event) -> Outcome {
        let effects = update(&mut self.state, clock(), event);
        self.perform(effects)?;
        self.catch_up()
    }

    /// Does what was due by now.
    fn catch_up(&mut self) -> Outcome {
        for _ in 0..MOST {
            if self.state.wake().is_none_or(|at| at > clock()) || self.state.leaving.is_some() {
                return Ok(());
            }
            let effects = update(&mut self.state, clock(), Event::Time);
            self.perform(effects)?;
            if self.slow {
                return Ok(());
            }
        }
        Err(format!("wakes again and again at {}: {:?}", clock(), self.state.wake()).into())
    }

    fn wait(&mut self, milliseconds: i64) -> Outcome {
        let until = clock() + milliseconds;
        for _ in 0..MOST {
            match self.state.wake().filter(|at| *at < until && self.state.leaving.is_none()) {
                Some(at) => {
                    NOW.set(at.max(clock()));
                    self.catch_up()?;
                }
                None => {
                    NOW.set(until);
                    return self.catch_up();
                }
            }
        }
        Err("time doesn't pass: something wakes again and again".into())
    }

    /// Performs effects and what follows from them, until nothing does.
    fn perform(&mut self, effects: Vec<Effect>) -> Outcome {
        let mut effects: VecDeque<Effect> = effects.into();
        for _ in 0..MOST {
            let mut answers: Vec<Answer> = Vec::new();
            match effects.pop_front() {
                Some(Effect::Ask(ask)) if self.slow => self.waiting.push_back(ask),
                Some(Effect::Ask(ask)) => {
                    match self.broken.clone().and_then(|failure| fails(&ask, failure)) {
                        Some(answer) => answers.push(answer),
                        None => self.clerk.perform(ask, &mut |answer| answers.push(answer)),
                    }
                }
                Some(Effect::Copy(text)) => self.copied.push(text),
                Some(Effect::Look(wish)) => {
                    let seen = glance::answer(&mut glance::decoder(PROGRAM.into()), &wish);
                    effects.extend(update(&mut self.state, clock(), seen));
                }
                Some(effect) => self.done.push(effect),
                None if self.clerk.is_searching() => {
                    self.clerk.search_on(&mut |answer| answers.push(answer));
                }
                None => return Ok(()),
            }
            for answer in answers {
                effects.extend(update(&mut self.state, clock(), Event::Answer(Box::new(answer))));
            }
        }
        Err("effects follow from one another without end".into())
    }

    /// Gives somebody else's session to an act.
    pub fn elsewhere(&mut self, who: &str, act: impl FnOnce(&mut Session) -> Outcome) -> Outcome {
        act(&mut setting::session(&self.place, who)?)
    }

    /// Gives the events of one kind in full, as the lead reads them.
    pub fn events(&self, action: &str) -> Outcome<Vec<String>> {
        let mut session = setting::session(&self.place, setting::LEAD)?;
        let wish = LogWish { limit: 10_000, ..LogWish::default() };
        let lines = page(&mut session, &wish)?;
        Ok(lines.iter().filter(|line| line.action == action).map(|line| line.full().join("\n")).collect())
    }

    /// Gives the pictures that the screen wants.
    pub fn wanted(&self) -> Vec<Wanted> {
        self.plan().visible
    }

    /// Gives the pictures that the screen wants, and those that it is likely to want next.
    pub fn plan(&self) -> Plan {
        let layout = overread::app::layout::Layout::compute(&self.state);
        plan(&self.state, &layout, &overread::ui::strokes(&self.theme))
    }
}

/// What is true of a picture that a terminal would show.
fn facts(wanted: &Wanted) -> Facts {
    Facts {
        view: wanted.view.clone(),
        rows: 512,
        columns: 512,
        frames: 1,
        window: wanted.view.window.or(Window::new(1600.0, 900.0)),
        windows: Vec::new(),
        graphics: None,
        toning: Toning::File,
        lossy: false,
        about: About::default(),
        aspect: 1.0,
        slide: None,
        covers: (512, 512),
        map: Map::of([0.0, 0.0, 512.0, 512.0], (256.0, 256.0), wanted.view.flipped, wanted.view.quarters),
        size: (256, 256),
        detail: Detail::Whole,
        grays: None,
    }
}

/// Answers an act as a store that takes nothing would; none for what is only read.
fn fails(ask: &Ask, failure: Failure) -> Option<Answer> {
    Some(match ask.clone() {
        Ask::Decide { draft } => {
            Answer::Decided { case: draft.case, dispute: draft.dispute, state: Err(failure) }
        }
        Ask::KeepDraft { case, dispute, .. } => Answer::DraftKept { case, dispute, result: Err(failure) },
        Ask::Undo => Answer::Undone(Err(failure)),
        Ask::Act { wish, .. } => Answer::Acted { wish, result: Err(failure) },
        Ask::Claim { case } => Answer::Claimed { case, result: Err(failure) },
        Ask::Release { case } => Answer::Released { case, result: Err(failure) },
        Ask::Renew { case } => Answer::Renewed { case, until: Err(failure) },
        ask if ask.is_act() && !matches!(ask, Ask::Open { .. }) => Answer::Done(Err(failure)),
        _ => return None,
    })
}
