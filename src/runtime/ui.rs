//! The terminal UI at work: happenings become events, effects are performed, frames are drawn where something changed.
//!
//! All that is pending is taken in before a frame is drawn, and none is drawn while the one before is still being written.
//! Nothing here decides anything: that is `app::update`'s.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::clerk::Clerk;
use super::glance::Glancer;
use super::input::Input;
use super::screen::Screen;
use super::terminal::{self, Happening, Output, Signal};
use super::{now, probe};
use crate::app::state::{Display, Leaving, Person, Tally};
use crate::app::{Answer, Ask, Effect, Event, Failure, State, update};
use crate::command::Command;
use crate::domain::authority::{self, Deed};
use crate::domain::word::Word;
use crate::keymap::Keymap;
use crate::preview::brand::{self, Answers, Reply, Terminal};
use crate::preview::plan::{Depth, Protocol, Rgb};
use crate::preview::pool::Pool;
use crate::review::{self, Session};
use crate::theme::Theme;

/// How often it is asked whether somebody else wrote.
const WATCH: Duration = Duration::from_secs(1);
/// How long the store may take with what is left to do when the terminal has gone, and otherwise.
const GONE_PATIENCE: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(10);
/// Within this, word that the program goes on is about what was seen already.
const SAME: Duration = Duration::from_millis(300);

/// What the UI is started with.
pub struct Setup {
    /// For acts; for looks beside them; for lists and searches, which may take long; for figures, which take longest.
    pub sessions: [Session; 4],
    /// Shows that saves come from this sitting.
    pub token: String,
    pub keymap: Keymap,
    /// Every theme there is.
    pub themes: Vec<Theme>,
    /// The one that was asked for; else it follows the terminal's ground.
    pub theme: Option<String>,
    pub images: Option<Protocol>,
    pub depth: Option<Depth>,
    /// The mouse is wanted.
    pub mouse: bool,
    /// Of which decoders are started.
    pub program: PathBuf,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub how: Leaving,
    pub tally: Tally,
    /// What could not be saved, in words.
    pub trouble: Option<String>,
    /// The terminal took the last frame, so that words get through.
    pub hears: bool,
}

/// What reaches the loop.
enum Message {
    Terminal(Happening),
    Answer(Answer),
    Pictures,
    Seen(Event),
}

/// Says who sits before the screen.
pub fn person(session: &Session) -> Person {
    let person = session.person();
    let charter = session.charter();
    let may = |deed| authority::may(&person.roles, deed, charter).is_ok();
    let roles: Vec<&str> = person.roles.iter().map(|role| role.word()).collect();
    Person {
        name: session.who().to_owned(),
        roles: match roles.as_slice() {
            [] => "no role".to_owned(),
            all if all.len() > 2 => "every role".to_owned(),
            some => some.join(", "),
        },
        roleless: roles.is_empty(),
        project: charter.name.clone(),
        blind: charter.review.blind,
        looks_first: authority::looks_first(&person.roles, charter),
        read_only: session.store().is_read_only(),
        idle_lock_minutes: charter.review.idle_lock_minutes,
        decides: (may(Deed::Decide) || may(Deed::Arbitrate)) && !session.store().is_read_only(),
        oversees: may(Deed::ReadLog),
        figures: may(Deed::ReadStatistics),
        samples: may(Deed::Sample),
        audits: may(Deed::Audit) && !session.store().is_read_only(),
        checks: may(Deed::Check),
        waives: may(Deed::Waive),
    }
}

/// Turns what is known of the terminal into what the state needs.
fn display(terminal: &Terminal) -> Display {
    let mut protocols = vec![terminal.protocol];
    for protocol in [Protocol::HalfBlocks, Protocol::Kitty, Protocol::Iterm2, Protocol::Sixel, Protocol::Off]
    {
        if !protocols.contains(&protocol) {
            protocols.push(protocol);
        }
    }
    Display {
        protocol: terminal.protocol,
        protocols,
        depth: terminal.depth,
        utf8: terminal.utf8,
        cell: terminal.cell,
        light: terminal.background.map(is_light),
        words: brand::name(terminal),
    }
}

/// Runs the UI until it is left.
///
/// # Errors
/// Where the terminal can't be taken.
pub fn run(setup: Setup) -> std::io::Result<Ended> {
    let (sender, messages) = channel::<Message>();
    let tell = |sender: &Sender<Message>| {
        let sender = sender.clone();
        move |happening| {
            let _ = sender.send(Message::Terminal(happening));
        }
    };
    let surroundings = probe::surroundings();
    let terminal = brand::guess(&surroundings, setup.images, setup.depth);
    let size = surroundings.size;
    let person = person(&setup.sessions[0]);
    let mut state =
        State::new(now(), (size.columns, size.rows), display(&terminal), setup.keymap.into(), person);

    terminal::listen(tell(&sender))?;
    terminal::raw()?;
    let output = Output::start(tell(&sender))?;
    let _restored = terminal::Restored::on_panic(&output);
    output.send(terminal::ENTER.to_vec());
    if setup.mouse {
        output.send(terminal::MOUSE_ON.to_vec());
        state.mouse = true;
    }
    terminal::read(tell(&sender));

    let seen = sender.clone();
    let glancer = Glancer::start(setup.program.clone(), move |event| {
        let _ = seen.send(Message::Seen(event));
    });
    let pictures = sender.clone();
    let pool = Pool::new(setup.program, move || {
        let _ = pictures.send(Message::Pictures);
    });
    let [acting, looking, listing, counting] = setup.sessions;
    let words = brand::name(&terminal);
    let desk = Desk {
        acts: act(Clerk::new(acting, setup.token.clone()), words, sender.clone()),
        looks: look(Clerk::new(looking, setup.token.clone()), sender.clone(), |_| Ok(())),
        lists: look(Clerk::new(listing, setup.token.clone()), sender.clone(), |_| Ok(())),
        // The charter's samples are drawn where nobody waits: it may go through all cases.
        figures: look(Clerk::new(counting, setup.token), sender, |session| {
            review::sample::catch_up(session).map(drop)
        }),
    };
    let theme = pick(&setup.themes, setup.theme.as_deref(), &terminal, &state.display);
    let mut screen = Screen::new(output, pool, glancer, theme, probe::question(&surroundings), setup.mouse);
    let mut answers = Answers::default();
    let mut terminal = terminal;
    let mut chosen = setup.theme;

    let effects = state.begin();
    perform(effects, &desk, &mut screen, &mut state, &setup.themes, &mut chosen);
    let effects = screen.draw(&mut state);
    perform(effects, &desk, &mut screen, &mut state, &setup.themes, &mut chosen);
    while state.leaving.is_none() {
        let Some(batch) = wait(&messages, &state, &screen) else { break };
        for message in batch {
            let event = match message {
                Message::Answer(answer) => Event::Answer(Box::new(answer)),
                Message::Pictures => Event::Pictures,
                Message::Seen(event) => event,
                Message::Terminal(Happening::Written) => {
                    screen.written();
                    continue;
                }
                Message::Terminal(Happening::Gone) => Event::HungUp,
                Message::Terminal(Happening::Input(Input::Key(key))) => Event::Key(key),
                Message::Terminal(Happening::Input(Input::Paste(text))) => Event::Paste(text),
                Message::Terminal(Happening::Input(Input::Focus(_))) => continue,
                Message::Terminal(Happening::Input(Input::Mouse(mouse))) => Event::Mouse(mouse),
                Message::Terminal(Happening::Input(Input::Reply(reply))) => {
                    let known = answers.complete();
                    answers.take(&reply);
                    if matches!(reply, Reply::Attributes(_)) {
                        screen.answered(known);
                    }
                    let found = brand::judge(&answers, &probe::surroundings(), setup.images, setup.depth);
                    if found == terminal {
                        continue;
                    }
                    terminal = found;
                    screen.hears = answers.complete() && terminal.brand.is_end();
                    screen.theme = pick(&setup.themes, chosen.as_deref(), &terminal, &state.display);
                    screen.anew();
                    Event::Display(display(&terminal))
                }
                Message::Terminal(Happening::Signal(signal)) => match signal {
                    Signal::HangUp => Event::HungUp,
                    Signal::Terminate => Event::Terminated,
                    Signal::Resize => {
                        let size = probe::size();
                        screen.anew();
                        Event::Resized(size.columns, size.rows)
                    }
                    Signal::Suspend => Event::Command(Command::Suspend),
                    Signal::Continue if screen.since_entered() < SAME => continue,
                    // It was stopped from outside, without a word before: the terminal may be in any mode.
                    Signal::Continue => {
                        terminal::cooked();
                        screen.enter();
                        Event::Resumed
                    }
                },
            };
            let effects = update(&mut state, now(), event);
            perform(effects, &desk, &mut screen, &mut state, &setup.themes, &mut chosen);
            if state.leaving.is_some() {
                break;
            }
        }
        if state.leaving.is_none() {
            if state.wake().is_some_and(|at| at <= now()) {
                let effects = update(&mut state, now(), Event::Time);
                perform(effects, &desk, &mut screen, &mut state, &setup.themes, &mut chosen);
            }
            let effects = screen.draw(&mut state);
            perform(effects, &desk, &mut screen, &mut state, &setup.themes, &mut chosen);
        }
    }
    let how = state.leaving.unwrap_or(Leaving::HungUp);
    let patience = if how == Leaving::HungUp { GONE_PATIENCE } else { PATIENCE };
    let hears = screen.leave(how);
    let finished = desk.finish(patience);
    // What came of the last acts counts too.
    for message in messages.try_iter() {
        if let Message::Answer(answer) = message {
            update(&mut state, now(), Event::Answer(Box::new(answer)));
        }
    }
    if !finished && state.trouble.is_none() {
        state.trouble = Some("the store did not answer in time: look at your last case again".into());
    }
    Ok(Ended { how, tally: state.tally, trouble: state.trouble, hears })
}

/// Waits for something to happen, or for the moment that the state or the screen names; takes in all that is pending.
fn wait(messages: &Receiver<Message>, state: &State, screen: &Screen) -> Option<Vec<Message>> {
    let left = |at: i64| Duration::from_millis(u64::try_from(at.saturating_sub(now())).unwrap_or(0));
    let first = match state.wake().map(left).into_iter().chain(screen.wake()).min() {
        Some(left) => messages.recv_timeout(left),
        None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match first {
        Ok(first) => Some(std::iter::once(first).chain(messages.try_iter()).collect()),
        Err(RecvTimeoutError::Timeout) => Some(Vec::new()),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn perform(
    effects: Vec<Effect>,
    desk: &Desk,
    screen: &mut Screen,
    state: &mut State,
    themes: &[Theme],
    chosen: &mut Option<String>,
) {
    let mut effects: VecDeque<Effect> = effects.into();
    while let Some(effect) = effects.pop_front() {
        match effect {
            // They may take every case there is, and nothing that is saved waits for them.
            Effect::Ask(
                ask @ (Ask::Figures { .. }
                | Ask::Problems { .. }
                | Ask::Outlook { .. }
                | Ask::DrawSample { .. }),
            ) => {
                desk.figures.send(ask);
            }
            Effect::Ask(ask) if ask.is_act() => desk.acts.send(ask),
            Effect::Ask(ask @ (Ask::List { .. } | Ask::Find { .. })) => desk.lists.send(ask),
            Effect::Ask(ask) => desk.looks.send(ask),
            Effect::Copy(text) => screen.copy(&text),
            Effect::Redraw => screen.anew(),
            Effect::RetryPictures => screen.retry(),
            Effect::Look(glance) => screen.look(glance),
            Effect::Mouse(on) => screen.mouse(on),
            Effect::Suspend => {
                screen.suspend();
                let size = probe::size();
                state.size = (size.columns, size.rows);
            }
            Effect::NextTheme => {
                let at = themes.iter().position(|theme| theme.name == screen.theme.name);
                if let Some(next) = at.and_then(|at| themes.get((at + 1) % themes.len().max(1))) {
                    *chosen = Some(next.name.clone());
                    screen.theme = next.clone().with_ascii(!state.display.utf8);
                    screen.anew();
                    let words = format!("theme: {}", next.name);
                    effects.extend(update(state, now(), Event::Told(words)));
                }
            }
            Effect::Leave => {}
        }
    }
}

fn is_light([red, green, blue]: Rgb) -> bool {
    u32::from(red) * 30 + u32::from(green) * 59 + u32::from(blue) * 11 > 128 * 100
}

/// Picks the theme: as asked, without colours where there are none, light on a light ground.
fn pick(themes: &[Theme], asked: Option<&str>, terminal: &Terminal, display: &Display) -> Theme {
    let light = terminal.background.is_some_and(is_light);
    let usual = match (terminal.depth, light) {
        (Depth::None, _) => "mono",
        (_, true) => "light",
        _ => "dark",
    };
    let named = |name: &str| themes.iter().find(|theme| theme.name == name);
    let theme = named(asked.unwrap_or(usual)).or_else(|| themes.first()).cloned();
    theme.unwrap_or_default().with_ascii(!display.utf8)
}

/// Somebody at the store on a thread, and the way to them.
struct Thread {
    wishes: Option<Sender<Ask>>,
    ended: Receiver<()>,
}

/// The threads at the store.
struct Desk {
    acts: Thread,
    looks: Thread,
    /// Apart, so that a line of a million is there while the list is still being read.
    lists: Thread,
    /// Apart, since they take every case there is.
    figures: Thread,
}

impl Thread {
    fn send(&self, ask: Ask) {
        if let Some(wishes) = &self.wishes {
            // A thread that came to grief has said so.
            let _ = wishes.send(ask);
        }
    }
}

impl Desk {
    /// Waits until what was to be written is written, or for so long. Tells whether it came to an end.
    fn finish(mut self, patience: Duration) -> bool {
        self.looks.wishes = None;
        self.lists.wishes = None;
        self.figures.wishes = None;
        self.acts.wishes = None;
        self.acts.ended.recv_timeout(patience) != Err(RecvTimeoutError::Timeout)
    }
}

/// Says so where a thread at the store comes to grief: its answers would be waited for without an end.
struct Grief(Sender<Message>);

impl Drop for Grief {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let words = "overread came upon a fault of its own at the store: leave it and start it again";
            let failure = Failure { words: words.to_owned(), store: true };
            let _ = self.0.send(Message::Answer(Answer::Done(Err(failure))));
        }
    }
}

/// Does acts in their order, and asks once a second whether somebody else wrote.
fn act(mut clerk: Clerk, terminal: String, messages: Sender<Message>) -> Thread {
    let (wishes, wanted) = channel::<Ask>();
    let (finished, ended) = channel();
    std::thread::spawn(move || {
        let _grief = Grief(messages.clone());
        let mut tell = |answer| {
            let _ = messages.send(Message::Answer(answer));
        };
        if let Err(error) = review::sitting::start(clerk.session(), &terminal) {
            tell(Answer::Done(Err(super::clerk::failure(error))));
        }
        let mut watched = Instant::now();
        let mut lost = false;
        loop {
            match wanted.recv_timeout(WATCH.saturating_sub(watched.elapsed())) {
                Ok(ask) => clerk.perform(ask, &mut tell),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    watched = Instant::now();
                    match clerk.has_changed() {
                        Ok(true) => tell(Answer::Changed),
                        Ok(false) => lost = false,
                        // Said once, until it is there again.
                        Err(failure) if !lost => {
                            lost = true;
                            tell(Answer::Done(Err(failure)));
                        }
                        Err(_) => {}
                    }
                }
            }
        }
        let _ = finished.send(());
    });
    Thread { wishes: Some(wishes), ended }
}

/// Does what comes first, then answers what is asked, and searches on between; the newest list, search and look win.
fn look(
    mut clerk: Clerk,
    messages: Sender<Message>,
    first: impl FnOnce(&mut Session) -> review::Result<()> + Send + 'static,
) -> Thread {
    let (wishes, wanted) = channel::<Ask>();
    let (finished, ended) = channel();
    std::thread::spawn(move || {
        let _grief = Grief(messages.clone());
        let mut tell = |answer| {
            let _ = messages.send(Message::Answer(answer));
        };
        match first(clerk.session()) {
            // Somebody else is at the same: they do it.
            Ok(()) | Err(review::ReviewError::Busy(_)) => {}
            Err(error) => tell(Answer::Done(Err(super::clerk::failure(error)))),
        }
        let kind = std::mem::discriminant::<Ask>;
        let newest = |ask: &Ask| {
            matches!(
                ask,
                Ask::List { .. }
                    | Ask::Find { .. }
                    | Ask::Preview { .. }
                    | Ask::Counts
                    | Ask::Figures { .. }
                    | Ask::Outlook { .. }
                    | Ask::Samples { .. }
                    | Ask::Causes { .. }
                    | Ask::Problems { .. }
            )
        };
        loop {
            let first = if clerk.is_searching() {
                match wanted.try_recv() {
                    Ok(ask) => ask,
                    Err(std::sync::mpsc::TryRecvError::Empty) => {
                        clerk.search_on(&mut tell);
                        continue;
                    }
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => break,
                }
            } else {
                match wanted.recv() {
                    Ok(ask) => ask,
                    Err(_) => break,
                }
            };
            let batch: Vec<Ask> = std::iter::once(first).chain(wanted.try_iter()).collect();
            for (n, ask) in batch.iter().enumerate() {
                let superseded =
                    newest(ask) && batch.iter().skip(n + 1).any(|later| kind(later) == kind(ask));
                if !superseded {
                    clerk.perform(ask.clone(), &mut tell);
                }
            }
        }
        let _ = finished.send(());
    });
    Thread { wishes: Some(wishes), ended }
}
