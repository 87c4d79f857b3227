//! Stories made of the table of transitions: each row is reached and gone through by the use cases, in a store of its
//! own, by a person of each role that may; whoever may not is refused, and the refusal is in the log. A row without a
//! script fails.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use overread::domain::authority::{Deed, Role, may};
use overread::domain::case::machine::{By, TRANSITIONS, Transition};
use overread::domain::case::{self, Case, Kind, State};
use overread::domain::decision::Draft;
use overread::domain::event::Action;
use overread::domain::sample::{Design, Of, Unit};
use overread::domain::word::Word;
use overread::imaging::Decoder;
use overread::review::people::{Addition, add};
use overread::review::sample::{Order, draw};
use overread::review::{self, ReviewError, Session, decide, init, lead};
use overread::store::query::LogFilter;
use overread::store::{Actor, StoreError};
use serde_json::{Value as Json, json};

use crate::common::{Outcome, PROGRAM, Place};

const MINUTE: i64 = 60_000;
const KEY: [u8; 32] = [7; 32];
const CASE: &str = "c1";
/// The item that the readers differ on, or agree on.
const ITEM: &str = "opacity#1";
/// Its second reading.
const AGAIN: &str = "opacity#2";

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn now() -> i64 {
    NOW.get()
}

/// Who acts where a story needs somebody of a role; `max`, `eva` and `eve` decide, `quy` audits besides.
const PEOPLE: [(&str, Role); 9] = [
    ("ana", Role::Adjudicator),
    ("max", Role::Adjudicator),
    ("eva", Role::Adjudicator),
    ("eve", Role::Adjudicator),
    ("art", Role::Arbiter),
    ("lia", Role::Lead),
    ("qin", Role::Qa),
    ("quy", Role::Qa),
    ("obi", Role::Observer),
];

fn person(role: Role) -> &'static str {
    PEOPLE.iter().find(|(_, held)| *held == role).map_or("nobody", |(name, _)| name)
}

/// What differs between the stories of rows.
#[derive(Clone, Copy)]
struct Rules {
    adjudicators: u32,
    undo_minutes: u32,
}

/// A store, and the files that come in.
struct World {
    session: Option<Session>,
    place: Place,
    rules: Rules,
}

impl World {
    fn new(rules: Rules) -> Outcome<World> {
        NOW.set(1_795_411_020_000);
        let charter = format!(
            "name = \"states\"\n[labels.opacity]\nkind = \"present\"\nuncertain = true\n[labels.size]\nkind = \
             \"continuous\"\nrange = [0, 300]\n[labels.lesion]\nkind = \"box\"\n[checks]\nscore-out-of-range = \
             \"block\"\n[review]\nadjudicators = {}\nundo_minutes = {}\nescalate_confidence = 1\n[sampling]\n\
             washout_days = 0\nshare = 0.0\nrecheck = 0.0\ncheckpoint = 1.0\nexpert = \"quy\"\n",
            rules.adjudicators, rules.undo_minutes
        );
        let actor = Actor { account: "lia".into(), who: "lia".into(), origin: "a story".into() };
        let store = init::scratch(Some(&charter), &actor, KEY, now)?;
        let session = Session::over(store, "lia".into(), None, "a story".into(), now)?;
        let mut world = World { session: Some(session), place: Place::new()?, rules };
        for (name, role) in PEOPLE {
            let roles = BTreeSet::from([role]);
            world.by("lia", |session| Ok(add(session, name, &Addition { roles, ..Addition::default() })?))?;
        }
        Ok(world)
    }

    /// Lets somebody do something, a minute later.
    fn by<T>(&mut self, who: &str, act: impl FnOnce(&mut Session) -> Outcome<T>) -> Outcome<T> {
        NOW.set(now() + MINUTE);
        let store = self.session.take().ok_or("the store is gone")?.into_store();
        let mut session = Session::over(store, who.to_owned(), None, "a story".into(), now)?;
        let done = act(&mut session);
        self.session = Some(session);
        done
    }

    /// Takes reads of the case in: label, reader and value of each.
    fn reads(&mut self, who: &str, name: &str, rows: &[(&str, &str, &str)]) -> Outcome {
        let mut table = "case,reader,label,value\n".to_owned();
        for (reader, label, value) in rows {
            table.push_str(&format!("{CASE},{reader},{label},{value}\n"));
        }
        let path = self.place.write(&format!("{name}.csv"), table)?;
        self.by(who, |session| import(session, path))
    }

    fn case(&self) -> Outcome<Case> {
        let store = self.session.as_ref().ok_or("the store is gone")?.store();
        let (setup, history) = store.read(|tx| {
            let setup = tx.setup()?;
            let id = tx.case_id(CASE)?.unwrap_or_default();
            let history = tx.history(id, setup.charter().charter.reads.unit)?;
            Ok::<_, StoreError>((setup, history))
        })?;
        Ok(case::derive(&setup.protocol, &history))
    }

    /// The state of a dispute now; none where there is no such one.
    fn state(&self, id: &str) -> Outcome<Option<State>> {
        Ok(self.case()?.item(id).map(|item| item.state_at(now())))
    }

    /// The state that the case shows now.
    fn shown(&mut self) -> Outcome<State> {
        let mut session = self.session.take().ok_or("the store is gone")?;
        let shown = review::show::show(&mut session, CASE, None)?.state;
        self.session = Some(session);
        Ok(shown)
    }

    fn refusals(&self) -> Outcome<usize> {
        let mut count = 0;
        let store = self.session.as_ref().ok_or("the store is gone")?.store();
        store.read(|tx| {
            tx.log(&LogFilter::default(), |event| {
                count += usize::from(event.action == Action::Refuse.word());
                Ok::<_, StoreError>(())
            })
        })?;
        Ok(count)
    }

    fn decide(&mut self, who: &str, id: &str, fields: Json) -> Outcome {
        let mut line = json!({ "case": CASE, "dispute": id, "confidence": 4, "note": "looked" });
        for (name, value) in fields.as_object().into_iter().flatten() {
            line[name] = value.clone();
        }
        let draft: Draft = serde_json::from_value(line)?;
        self.by(who, |session| Ok(decide::decide(session, &draft).map(drop)?))
    }

    fn act(&mut self, who: &str, action: Action, id: Option<&str>) -> Outcome {
        self.by(who, |session| Ok(lead::act(session, action, CASE, id, "a reason").map(drop)?))
    }

    fn draw(&mut self, who: &str, kind: Kind, of: Of) -> Outcome {
        let recheck = kind == Kind::Recheck;
        let order = Order {
            of,
            unit: Some(if of == Of::Concordant { Unit::Case } else { Unit::Dispute }),
            design: if recheck { Design::Recheck { share: 1.0 } } else { Design::Size { size: 1 } },
            by: Vec::new(),
            in_proportion: true,
            label: None,
            within: Default::default(),
            seed: (!recheck).then_some(7),
            to: None,
        };
        self.by(who, |session| Ok(draw(session, &order).map(drop)?))
    }
}

fn import(session: &mut Session, path: PathBuf) -> Outcome {
    let request = review::import::Request { paths: vec![path], ..Default::default() };
    let mut decoder = Decoder::new(PROGRAM.into(), vec!["decode-worker".into()]);
    let report = review::import::import(session, &request, &mut decoder, &mut |_| {})?;
    if report.refused.is_empty() { Ok(()) } else { Err(format!("{:?}", report.refused).into()) }
}

fn present() -> Json {
    json!({ "answer": { "value": "present" } })
}

fn absent() -> Json {
    json!({ "answer": { "value": "absent" } })
}

fn look(value: &str) -> Json {
    json!({ "answer": { "value": value }, "first_look": true })
}

fn drawn(first_look: bool) -> Json {
    let shape = json!({ "type": "box", "points": [[10.0, 10.0], [40.0, 40.0]], "image": CASE, "frame": 0 });
    json!({ "answer": { "geometry": shape }, "first_look": first_look })
}

/// What an act other than a plain answer hands in.
fn handed(action: Action) -> Option<Json> {
    Some(match action {
        Action::Defer => json!({ "answer": "defer" }),
        Action::Escalate => json!({ "answer": "escalate" }),
        Action::Discuss => json!({ "answer": "discuss" }),
        Action::Return => {
            json!({ "answer": "return", "verdicts": { "A": { "verdict": "slip", "cause": ["S1"] } } })
        }
        Action::FirstLook => look("present"),
        _ => return None,
    })
}

/// The dispute that a story of a kind is about.
fn id_of(kind: Kind) -> &'static str {
    if kind == Kind::Dispute { ITEM } else { AGAIN }
}

/// Makes a dispute of a kind, which waits in the queue; an audit has been `looked` at, or not yet.
fn make(world: &mut World, kind: Kind, looked: bool) -> Outcome {
    let second = if kind == Kind::Audit { "present" } else { "absent" };
    world.reads("lia", "first", &[("ann", "opacity", "present"), ("bob", "opacity", second)])?;
    match kind {
        Kind::Dispute => Ok(()),
        Kind::Audit => {
            world.draw("lia", kind, Of::Concordant)?;
            if looked { world.decide("quy", AGAIN, look("absent")) } else { Ok(()) }
        }
        Kind::Recheck => {
            world.decide("eva", ITEM, present())?;
            if world.rules.adjudicators > 1 {
                world.decide("eve", ITEM, present())?;
            }
            NOW.set(now() + 61 * MINUTE);
            world.draw("lia", kind, Of::Decided)
        }
    }
}

/// Brings a dispute from the queue into a state; the deed is that of `who`.
fn bring(world: &mut World, id: &str, from: State, who: &str) -> Outcome {
    let put_off = |action| handed(action).ok_or("no such act");
    match from {
        State::Queued => Ok(()),
        State::Discussion => world.decide(who, id, put_off(Action::Discuss)?),
        State::Escalated => world.decide(who, id, put_off(Action::Escalate)?),
        State::Deferred => world.decide(who, id, put_off(Action::Defer)?),
        State::Returned => world.decide(who, id, put_off(Action::Return)?),
        State::Provisional => world.decide(who, id, present()),
        State::Final => {
            world.decide(who, id, present())?;
            NOW.set(now() + 61 * MINUTE);
            Ok(())
        }
        other => Err(format!("nothing brings a dispute to {other:?} here").into()),
    }
}

/// The transition itself, by whoever it is tried by.
type Deeds = fn(&mut World, &str, &'static str) -> Outcome;

/// How one row is gone through.
struct Script {
    rules: Rules,
    /// Brings it to where the row begins: the person who will act, the dispute, the state.
    before: fn(&mut World, &str, &'static str, State) -> Outcome,
    deed: Deeds,
    looked: bool,
}

const PLAIN: Rules = Rules { adjudicators: 1, undo_minutes: 60 };
const TWO: Rules = Rules { adjudicators: 2, ..PLAIN };
const AT_ONCE: Rules = Rules { undo_minutes: 0, ..PLAIN };

fn by_max(world: &mut World, _: &str, id: &'static str, from: State) -> Outcome {
    bring(world, id, from, "max")
}

fn by_self(world: &mut World, who: &str, id: &'static str, from: State) -> Outcome {
    bring(world, id, from, who)
}

/// A discussion in which somebody else has answered already.
fn half_discussed(world: &mut World, _: &str, id: &'static str, from: State) -> Outcome {
    bring(world, id, from, "max")?;
    world.decide("max", id, present())
}

/// The person has answered, as one of two, and somebody else puts it off.
fn answered_and_put_off(world: &mut World, who: &str, id: &'static str, from: State) -> Outcome {
    if from == State::Discussion {
        bring(world, id, from, "max")?;
        return world.decide(who, id, present());
    }
    world.decide(who, id, present())?;
    bring(world, id, from, "max")
}

fn takes_back(world: &mut World, who: &str, id: &'static str, from: State) -> Outcome {
    match from {
        State::Queued => world.decide(who, id, present()),
        State::Provisional if world.rules.adjudicators > 1 => {
            world.decide("max", id, present())?;
            world.decide(who, id, present())
        }
        _ => bring(world, id, from, who),
    }
}

/// Finds how a row is gone through, where the act alone doesn't say it.
fn script(row: &Transition) -> Option<Script> {
    let plain = |before, deed| Script { rules: PLAIN, before, deed, looked: true };
    let at_once = row.to == [State::Final];
    let decided =
        |before, deed| Script { rules: if at_once { AT_ONCE } else { PLAIN }, before, deed, looked: true };
    let discussed = row.from == [State::Discussion];
    Some(match (row.by, row.to) {
        (By::Act(Action::Decide), [State::Provisional] | [State::Final]) => {
            decided(if discussed { half_discussed } else { by_max }, |world, who, id| {
                world.decide(who, id, present())
            })
        }
        (By::Act(Action::Decide), []) if discussed => {
            plain(by_max, |world, who, id| world.decide(who, id, present()))
        }
        (By::Act(Action::Decide), []) => {
            Script { rules: TWO, ..plain(by_max, |world, who, id| world.decide(who, id, present())) }
        }
        (By::Act(Action::Decide), [State::Escalated]) => plain(by_max, |world, who, id| {
            let unsure = json!({ "confidence": 1, "ambiguity": { "types": ["A2"] }, "answer": { "value": "present" } });
            world.decide(who, id, unsure)
        }),
        (By::Act(Action::Decide), _) if row.own => {
            plain(by_self, |world, who, id| world.decide(who, id, absent()))
        }
        (By::Act(Action::FirstLook), [State::Final]) => {
            Script { looked: false, ..plain(by_max, |world, who, id| world.decide(who, id, look("present"))) }
        }
        (By::Act(Action::FirstLook), _) if row.deed == Some(Deed::Audit) => {
            Script { looked: false, ..plain(by_max, |world, who, id| world.decide(who, id, look("absent"))) }
        }
        (By::Act(Action::FirstLook), _) => {
            plain(by_max, |world, who, id| world.decide(who, id, look("present")))
        }
        (By::Act(Action::Defer), _) => own_or(row, |world, who, id| hand_in(world, who, id, Action::Defer)),
        (By::Act(Action::Return), _) => own_or(row, |world, who, id| hand_in(world, who, id, Action::Return)),
        (By::Act(Action::Escalate), _) => {
            own_or(row, |world, who, id| hand_in(world, who, id, Action::Escalate))
        }
        (By::Act(Action::Discuss), _) => {
            own_or(row, |world, who, id| hand_in(world, who, id, Action::Discuss))
        }
        (By::Act(Action::Undo), []) => Script { rules: TWO, ..plain(answered_and_put_off, undo) },
        (By::Act(Action::Undo), _) => Script { rules: TWO, ..plain(takes_back, undo) },
        (By::Act(Action::Resume), _) => {
            plain(by_max, |world, who, id| world.act(who, Action::Resume, Some(id)))
        }
        (By::Act(Action::Waive), [State::Queued]) => {
            plain(by_max, |world, who, id| world.act(who, Action::Waive, Some(id)))
        }
        (By::Act(Action::Finalise), _) => {
            plain(by_max, |world, who, id| world.act(who, Action::Finalise, Some(id)))
        }
        (By::Act(Action::Reopen), _) => {
            plain(by_max, |world, who, id| world.act(who, Action::Reopen, Some(id)))
        }
        (By::Time, [State::Final]) => plain(by_max, |_, _, _| {
            NOW.set(now() + 61 * MINUTE);
            Ok(())
        }),
        (By::Triage, [State::Concordant]) if !row.from.is_empty() => {
            plain(by_max, |world, who, _| world.reads(who, "agreed", &[("bob", "opacity", "present")]))
        }
        (By::Triage, [State::Queued]) if row.from == [State::Concordant] => plain(
            |world, _, _, _| {
                world.reads("lia", "first", &[("ann", "opacity", "present"), ("bob", "opacity", "present")])
            },
            |world, who, _| world.reads(who, "second", &[("bob", "opacity", "absent")]),
        ),
        (By::Triage, [State::Queued]) if !row.from.is_empty() => plain(by_max, |world, who, _| {
            // Whoever slipped, both are corrected, and differ still.
            world.reads(who, "corrected", &[("ann", "opacity", "absent"), ("bob", "opacity", "uncertain")])
        }),
        (By::Beside, [State::Concordant]) => plain(by_max, |world, _, _| {
            world.reads("lia", "other", &[("ann", "opacity", "uncertain"), ("bob", "opacity", "uncertain")])
        }),
        _ => return None,
    })
}

fn own_or(row: &Transition, deed: Deeds) -> Script {
    Script { rules: PLAIN, before: if row.own { by_self } else { by_max }, deed, looked: true }
}

fn hand_in(world: &mut World, who: &str, id: &str, action: Action) -> Outcome {
    world.decide(who, id, handed(action).ok_or("no such act")?)
}

fn undo(world: &mut World, who: &str, id: &'static str) -> Outcome {
    world.by(who, |session| Ok(decide::undo(session, CASE, id).map(drop)?))
}

/// Rows that begin with nothing, or are of the case as a whole: what stands before, what is done, and what is looked at
/// then.
struct Special {
    before: fn(&mut World) -> Outcome,
    deed: fn(&mut World, &str) -> Outcome,
    looks_at: fn(&mut World) -> Outcome<Option<State>>,
}

fn shown(world: &mut World) -> Outcome<Option<State>> {
    world.shown().map(Some)
}

fn item(world: &mut World) -> Outcome<Option<State>> {
    world.state(ITEM)
}

fn again(world: &mut World) -> Outcome<Option<State>> {
    world.state(AGAIN)
}

fn differing(world: &mut World) -> Outcome {
    make(world, Kind::Dispute, false)
}

fn missing(world: &mut World) -> Outcome {
    world.reads("lia", "one", &[("ann", "opacity", "present")])
}

fn out_of_range(world: &mut World, who: &str) -> Outcome {
    world.reads(who, "wide", &[("ann", "size", "400"), ("bob", "size", "40")])
}

fn claim(world: &mut World, who: &str) -> Outcome {
    world.by(who, |session| Ok(decide::claim(session, CASE, "sitting").map(drop)?))
}

fn claimed(world: &mut World) -> Outcome {
    differing(world)?;
    world.by("ana", |session| Ok(decide::claim(session, CASE, "sitting").map(drop)?))
}

/// An audit found another answer than the readers, or than an adjudicator.
fn doubted(world: &mut World) -> Outcome {
    make(world, Kind::Audit, true)
}

fn special(row: &Transition, kind: Option<Kind>) -> Option<Special> {
    let of = |before, deed, looks_at| Special { before, deed, looks_at };
    let nothing: fn(&mut World) -> Outcome = |_| Ok(());
    Some(match (kind, row.by, row.to) {
        (None, By::Triage, [State::AwaitingReads]) => {
            of(nothing, |world, who| world.reads(who, "one", &[("ann", "opacity", "present")]), shown)
        }
        (None, By::Triage, [State::Blocked]) => of(differing, out_of_range, shown),
        (None, By::Triage, _) if row.from == [State::AwaitingReads] => {
            of(missing, |world, who| world.reads(who, "two", &[("bob", "opacity", "absent")]), shown)
        }
        (None, By::Triage, _) => of(
            |world| {
                differing(world)?;
                out_of_range(world, "lia")
            },
            |world, who| world.reads(who, "mended", &[("ann", "size", "40")]),
            shown,
        ),
        (None, By::Act(Action::Waive), _) => {
            of(missing, |world, who| world.act(who, Action::Waive, None), shown)
        }
        (None, By::Act(Action::Block), _) => {
            of(differing, |world, who| world.act(who, Action::Block, None), shown)
        }
        (None, By::Act(Action::Unblock), _) => of(
            |world| {
                differing(world)?;
                world.act("lia", Action::Block, None)
            },
            |world, who| world.act(who, Action::Unblock, None),
            shown,
        ),
        (None, By::Act(Action::Claim), _) if row.deed == Some(Deed::Audit) => {
            of(|world| make(world, Kind::Audit, false), claim, shown)
        }
        (None, By::Act(Action::Claim), _) => {
            let before: fn(&mut World) -> Outcome = match row.from.first() {
                Some(State::Escalated) => |world| {
                    differing(world)?;
                    bring(world, ITEM, State::Escalated, "max")
                },
                Some(State::Queued) => differing,
                _ => return None,
            };
            of(before, claim, shown)
        }
        (None, By::Act(Action::Release), _) => of(
            claimed,
            |world, _| world.by("ana", |session| Ok(decide::release(session, CASE).map(drop)?)),
            shown,
        ),
        (None, By::Time, _) => of(
            claimed,
            |_, _| {
                NOW.set(now() + 24 * 60 * MINUTE);
                Ok(())
            },
            shown,
        ),
        (Some(Kind::Dispute), By::Triage, [State::Queued]) if row.from.is_empty() => of(
            nothing,
            |world, who| {
                world.reads(who, "first", &[("ann", "opacity", "present"), ("bob", "opacity", "absent")])
            },
            item,
        ),
        (Some(Kind::Dispute), By::Triage, [State::Concordant]) if row.from.is_empty() => of(
            nothing,
            |world, who| {
                world.reads(who, "first", &[("ann", "opacity", "present"), ("bob", "opacity", "present")])
            },
            item,
        ),
        (Some(Kind::Audit), By::Act(Action::Sample), _) => of(
            |world| {
                world.reads("lia", "first", &[("ann", "opacity", "present"), ("bob", "opacity", "present")])
            },
            |world, who| world.draw(who, Kind::Audit, Of::Concordant),
            again,
        ),
        (Some(Kind::Recheck), By::Act(Action::Sample), _) => of(
            |world| {
                differing(world)?;
                bring(world, ITEM, State::Final, "eva")
            },
            |world, who| world.draw(who, Kind::Recheck, Of::Decided),
            again,
        ),
        (Some(Kind::Dispute), By::Beside, [State::Provisional, ..]) if row.from.is_empty() => of(
            |world| {
                doubted(world)?;
                // All left out that there is a lesion: the audit asks for it under the label's next number.
                world.decide("quy", "lesion#2", drawn(true))
            },
            |world, _| world.decide("ana", "lesion#2", drawn(false)),
            |world| {
                let case = world.case()?;
                Ok(case.items.iter().find(|item| item.amended.is_some()).map(|item| item.state_at(now())))
            },
        ),
        (Some(Kind::Dispute), By::Beside, [State::Provisional, ..]) => {
            of(doubted, |world, _| world.decide("ana", AGAIN, absent()), item)
        }
        (Some(Kind::Dispute), By::Beside, _) => of(
            |world| {
                doubted(world)?;
                world.decide("ana", AGAIN, absent())
            },
            |world, _| undo(world, "ana", AGAIN),
            item,
        ),
        _ => return None,
    })
}

/// Tries the deed by everybody who may not, then does it by somebody of a role that may.
fn goes(
    world: &mut World,
    row: &Transition,
    role: Option<Role>,
    deed: impl Fn(&mut World, &str) -> Outcome,
) -> Outcome {
    let charter = world.session.as_ref().ok_or("the store is gone")?.charter().clone();
    for (role, word) in Role::WORDS {
        let Some(needed) =
            row.deed.filter(|needed| may(&BTreeSet::from([*role]), *needed, &charter).is_err())
        else {
            continue;
        };
        let (before, began) = (world.refusals()?, now());
        // To whoever only decides, an audit that waits isn't there: that work is drawn is told nobody, by no refusal either.
        let unheard_of = needed == Deed::Audit && matches!(role, Role::Adjudicator | Role::Arbiter);
        match deed(world, person(*role)) {
            Err(error)
                if unheard_of
                    && ["has no dispute", "waits for you"]
                        .iter()
                        .any(|words| error.to_string().contains(words)) =>
            {
                NOW.set(began);
                continue;
            }
            Err(error) if is_refusal(error.as_ref()) => {}
            other => return Err(format!("{word} is not refused {needed:?}: {other:?}").into()),
        }
        if world.refusals()? != before + 1 {
            return Err(format!("the refusal of {word} is not in the log").into());
        }
        NOW.set(began);
    }
    deed(world, role.map_or("lia", person))
}

fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ReviewError::NotPermitted(_)))
}

/// Gives the roles by which a row is gone through.
fn roles(row: &Transition) -> Vec<Option<Role>> {
    let Some(deed) = row.deed else { return vec![None] };
    let charter = overread::domain::charter::Charter::named("states");
    let may = |role: &Role| may(&BTreeSet::from([*role]), deed, &charter).is_ok();
    Role::WORDS.iter().map(|(role, _)| *role).filter(may).map(Some).collect()
}

fn lands(row: &Transition, from: Option<State>, to: Option<State>) -> Outcome {
    match (row.to, from, to) {
        ([], Some(from), Some(to)) if from == to => Ok(()),
        (ends, _, Some(to)) if ends.contains(&to) => Ok(()),
        _ => Err(format!("it came to {to:?} from {from:?}").into()),
    }
}

fn play(row: &Transition, kind: Option<Kind>, from: Option<State>, role: Option<Role>) -> Outcome {
    if let Some(special) = special(row, kind) {
        let mut world = World::new(PLAIN)?;
        (special.before)(&mut world)?;
        goes(&mut world, row, role, special.deed)?;
        return lands(row, from, (special.looks_at)(&mut world)?);
    }
    let (Some(script), Some(kind), Some(from)) = (script(row), kind, from) else {
        return Err("no script goes through it".into());
    };
    let mut world = World::new(script.rules)?;
    let id = id_of(kind);
    let who = role.map_or("ana", person);
    if from != State::Concordant {
        make(&mut world, kind, script.looked)?;
    }
    (script.before)(&mut world, who, id, from)?;
    if world.state(id)? != Some(from) {
        return Err(format!("it begins at {:?}", world.state(id)?).into());
    }
    goes(&mut world, row, role, |world, who| (script.deed)(world, who, id))?;
    lands(row, Some(from), world.state(id)?)
}

#[test]
fn every_row_of_the_table_is_gone_through_by_every_role_that_may_and_refused_to_the_others() -> Outcome {
    let mut faults = Vec::new();
    let mut played = 0;
    for row in TRANSITIONS {
        let kinds: Vec<Option<Kind>> = match row.kinds {
            [] => vec![None],
            kinds => kinds.iter().copied().map(Some).collect(),
        };
        for kind in kinds {
            // What happens to a case as a whole, or beside a dispute, has one beginning.
            let froms: Vec<Option<State>> = match special(row, kind).is_some() {
                true => vec![row.from.first().copied()],
                false => row.from.iter().copied().map(Some).collect(),
            };
            for from in froms {
                for role in roles(row) {
                    played += 1;
                    if let Err(error) = play(row, kind, from, role) {
                        faults.push(format!(
                            "{kind:?} {from:?} {:?} to {:?} by {role:?}: {error}",
                            row.by, row.to
                        ));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {played}:\n{}", faults.len(), faults.join("\n"));
    assert!(played > TRANSITIONS.len(), "{played}");
    Ok(())
}

#[test]
fn a_case_is_claimed_from_the_states_of_the_table_and_from_no_other() -> Outcome {
    for (state, _) in State::WORDS {
        let mut world = World::new(PLAIN)?;
        match state {
            State::AwaitingReads => missing(&mut world)?,
            State::Blocked => {
                differing(&mut world)?;
                world.act("lia", Action::Block, None)?;
            }
            State::InReview => claimed(&mut world)?,
            // What is done is an auditor's, where an audit waits: the rows of the table are gone through above.
            State::Final | State::Concordant => continue,
            state => {
                differing(&mut world)?;
                bring(&mut world, ITEM, *state, "ana")?;
            }
        }
        assert_eq!(world.shown()?, *state);
        let told = claim(&mut world, "ana");
        let rows = TRANSITIONS.iter().filter(|row| row.by == By::Act(Action::Claim));
        let row = rows.clone().find(|row| row.from.contains(state) && row.deed == Some(Deed::Claim));
        match (row, told) {
            (Some(row), Ok(())) => lands(row, Some(*state), Some(world.shown()?))?,
            (None, Err(error)) if !is_refusal(error.as_ref()) => {}
            (row, told) => return Err(format!("{state:?}: {row:?}, and {told:?}").into()),
        }
    }
    Ok(())
}

#[test]
fn a_period_of_final_work_goes_to_the_expert_and_what_isnt_read_in_time_is_overdue() -> Outcome {
    const MONTH: i64 = 30 * 24 * 60 * MINUTE;
    let mut world = World::new(PLAIN)?;
    make(&mut world, Kind::Dispute, false)?;
    bring(&mut world, ITEM, State::Final, "eva")?;
    let catch_up = |world: &mut World| world.by("lia", |session| Ok(review::sample::catch_up(session)?));
    let overdue = |world: &mut World| world.by("lia", |session| Ok(review::sample::overdue(session)?));
    assert_eq!(catch_up(&mut world)?, [], "no period has passed");
    NOW.set(now() + MONTH);
    let drawn = catch_up(&mut world)?;
    let [sample] = drawn.as_slice() else { return Err(format!("{drawn:?}").into()) };
    assert_eq!(
        (&sample.design, sample.to.as_deref()),
        (&Design::Checkpoint { share: 1.0, days: 30 }, Some("quy"))
    );
    assert_eq!((sample.seed, sample.drawn.len()), (None, 1));
    assert_eq!(catch_up(&mut world)?, [], "once a period");
    assert_eq!(overdue(&mut world)?.len(), 0);
    assert_eq!(world.state(AGAIN)?, Some(State::Queued));
    let other = world.decide("qin", AGAIN, look("present"));
    assert!(other.is_err_and(|error| is_refusal(error.as_ref())), "it was given to the expert");
    NOW.set(now() + MONTH);
    let late = overdue(&mut world)?;
    assert_eq!(
        late.iter().map(|of| (of.id.as_str(), of.pending)).collect::<Vec<_>>(),
        [(sample.id.as_str(), 1)]
    );
    assert_eq!(catch_up(&mut world)?, [], "nothing became final since");
    world.decide("quy", AGAIN, look("present"))?;
    assert_eq!(overdue(&mut world)?.len(), 0);
    Ok(())
}
