//! The worklist: which cases, in which order, where one stands, and what one looks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{About, Entry, Menu, Popup, Prompt, Question, step};
use super::state::{Person, Screen, State, Tone};
use crate::command::Command;
use crate::domain::case::State as CaseState;
use crate::domain::word::Word;
use crate::review::desk::Desk;
use crate::review::queue::{Counts, Facets, LeftOut, Line, LineDispute, QueueFilter, Sort};

/// Lines that are kept at hand at most; those on the screen are never thrown away.
const KEPT: usize = 2_000;
/// Lines that are at hand behind the open case at least.
const AHEAD: usize = 32;

/// The list and where one stands in it.
#[derive(Debug, Clone, Default)]
pub struct Worklist {
    pub filter: QueueFilter,
    /// Case numbers in the list's order.
    pub ids: Arc<[i64]>,
    /// More may come.
    pub listing: bool,
    /// The wish that the list answers.
    pub list: u64,
    /// Not yet: the list of the wish has not come, and the one before stands.
    pub awaited: u64,
    pub looked_for: String,
    /// Positions in `ids` that are found; none where nothing is looked for.
    pub hits: Option<Vec<u32>>,
    pub finding: bool,
    find: u64,
    /// The search of which hits have come.
    found: u64,
    /// Place in what is listed, from 0.
    pub selected: usize,
    /// The first place on the screen.
    pub top: usize,
    pub lines: BTreeMap<i64, Line>,
    asked: BTreeSet<i64>,
    /// The case that is selected stays so when the list comes anew.
    keep: Option<i64>,
    pub preview: Option<Box<Desk>>,
    pub preview_trouble: Option<(String, String)>,
    preview_asked: Option<String>,
    pub counts: Counts,
    /// What is left out of the list that stands, and why.
    pub left_out: Option<LeftOut>,
    pub facets: Option<Facets>,
    /// The list is of the cases behind a figure.
    pub drill: Option<Drill>,
}

/// The cases behind a figure, and the way back to it.
#[derive(Debug, Clone)]
pub struct Drill {
    /// What they are: `12 cases: ann and bob on opacity, differing`.
    pub words: String,
    /// The label that the figure is of.
    pub label: Option<String>,
    back: Screen,
    /// How the worklist was before.
    filter: QueueFilter,
    looked_for: String,
    keep: Option<i64>,
}

impl Worklist {
    /// Begins with what the person can do now, where they decide at all.
    pub fn of(person: &Person) -> Worklist {
        let filter = QueueFilter { mine: person.decides, ..QueueFilter::default() };
        Worklist { filter, ..Worklist::default() }
    }

    /// Gives how many cases are listed.
    pub fn len(&self) -> usize {
        self.hits.as_ref().map_or(self.ids.len(), Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives the case number at a place.
    pub fn id_at(&self, place: usize) -> Option<i64> {
        let at = match &self.hits {
            Some(hits) => usize::try_from(*hits.get(place)?).ok()?,
            None => place,
        };
        self.ids.get(at).copied()
    }

    /// Gives the line at a place, once it is here.
    pub fn line_at(&self, place: usize) -> Option<&Line> {
        self.lines.get(&self.id_at(place)?)
    }

    /// Gives the line that is selected.
    pub fn selected_line(&self) -> Option<&Line> {
        self.line_at(self.selected)
    }

    /// Tells whether a case is the one that is selected, so that its picture may be shown.
    pub fn previews(&self, case: &str) -> bool {
        self.selected_line().is_some_and(|line| line.case == case)
    }

    /// Tells whether anything narrows the list.
    pub fn is_filtered(&self) -> bool {
        let QueueFilter {
            sort: _,
            limit: _,
            ref state,
            ref kind,
            ref label,
            ref dispute_type,
            ref claimed_by,
            ref cases,
            ref within,
            ..
        } = self.filter;
        cases.is_some()
            || !within.is_all()
            || state.is_some()
            || kind.is_some()
            || label.is_some()
            || dispute_type.is_some()
            || claimed_by.is_some()
    }

    /// Gives the first line after a case that is open for work, and not at somebody else.
    pub fn next_open(&self, after: &str) -> Option<String> {
        // It is near the selection: nobody goes through a million places for it.
        let near = self.selected.saturating_sub(KEPT)..self.len().min(self.selected + KEPT);
        let id = self.lines.values().find(|line| line.case == after).map(|line| line.case_id);
        let place = id.and_then(|id| near.into_iter().find(|place| self.id_at(*place) == Some(id)));
        let from = place.map_or(self.selected, |place| place + 1);
        let open = |line: &&Line| {
            line.case != after
                && line.claimed_by.is_none()
                && matches!(
                    line.state,
                    CaseState::Queued | CaseState::InReview | CaseState::Escalated | CaseState::Discussion
                )
        };
        (from..self.len()).map_while(|place| self.line_at(place)).find(open).map(|line| line.case.clone())
    }

    /// Moves the selection onto a case, where it is among the lines at hand.
    pub fn select_case(&mut self, case: &str) {
        let near = self.selected.saturating_sub(200)..self.len().min(self.selected + 200);
        if let Some(place) =
            near.into_iter().find(|place| self.line_at(*place).is_some_and(|line| line.case == case))
        {
            self.selected = place;
        }
    }
}

/// What a line says of its case.
#[derive(Debug, Clone, PartialEq)]
pub struct Says<'a> {
    pub label: &'a str,
    pub dispute: Option<&'a LineDispute>,
    /// Disputes that the line is about.
    pub count: usize,
    /// Of the case; where the cases behind a figure are listed, of its label.
    pub state: CaseState,
}

impl Worklist {
    /// Gives what a line is to say: of its first open dispute; where the cases behind a figure are listed, of the label
    /// that the figure is of.
    pub fn says<'a>(&'a self, line: &'a Line) -> Says<'a> {
        let label = self.drill.as_ref().and_then(|drill| drill.label.as_deref());
        let asked = |dispute: &&LineDispute| {
            label.is_none_or(|label| dispute.label.split('/').any(|one| one == label))
        };
        let disputes: Vec<&LineDispute> = line.disputes.iter().filter(asked).collect();
        let open = disputes.iter().find(|dispute| is_open(dispute.state));
        let dispute = open.or(disputes.first()).copied();
        let state = match (label, dispute) {
            (None, _) => line.state,
            // Nobody has to settle what is agreed on, whatever else of the case waits.
            (Some(_), None) if line.state == CaseState::AwaitingReads => line.state,
            (Some(_), None) => CaseState::Concordant,
            (Some(_), Some(dispute)) => dispute.state,
        };
        let label = label.or(dispute.map(|dispute| dispute.label.as_str())).unwrap_or_default();
        Says { label, dispute, count: disputes.len(), state }
    }
}

/// Tells whether a dispute in this state waits for somebody.
pub fn is_open(state: CaseState) -> bool {
    !matches!(state, CaseState::Provisional | CaseState::Final | CaseState::Concordant)
}

/// Asks for the list anew; the case that is selected stays so.
pub(super) fn relist(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let list = &mut state.worklist;
    list.keep = list.id_at(list.selected).or(list.keep);
    list.awaited = ticket;
    list.listing = true;
    list.left_out = None;
    vec![Effect::Ask(Ask::List { ticket, filter: list.filter.clone() }), Effect::Ask(Ask::Counts)]
}

/// Asks for another list, and begins at its top.
pub(super) fn list_from_top(state: &mut State) -> Vec<Effect> {
    let effects = relist(state);
    let list = &mut state.worklist;
    list.selected = 0;
    list.top = 0;
    list.keep = None;
    effects
}

/// Takes a list, the first page of it or the whole.
pub(super) fn listed(
    state: &mut State,
    ticket: u64,
    ids: Result<Arc<[i64]>, Failure>,
    whole: bool,
) -> Vec<Effect> {
    if ticket != state.worklist.awaited {
        return Vec::new();
    }
    let list = &mut state.worklist;
    match ids {
        Ok(ids) => {
            let kept = list.keep.and_then(|id| ids.iter().position(|known| *known == id));
            // A first page without the case that is selected would move the selection away and back.
            if !whole && kept.is_none() && list.keep.is_some() && list.selected > 0 {
                return Vec::new();
            }
            let fresh = list.list != ticket;
            list.ids = ids;
            list.list = ticket;
            list.listing = !whole;
            if fresh {
                list.asked.clear();
                list.lines.clear();
                list.hits = (!list.looked_for.is_empty()).then(Vec::new);
            }
            if list.hits.is_none() {
                list.selected = kept.unwrap_or(list.selected).min(list.len().saturating_sub(1));
            }
            if whole {
                list.keep = None;
                if !list.looked_for.is_empty() {
                    return find(state);
                }
            }
            Vec::new()
        }
        Err(failure) => {
            list.listing = false;
            super::update::failed(state, failure);
            Vec::new()
        }
    }
}

/// Looks for what is typed, among the cases of the list.
pub(super) fn find(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let list = &mut state.worklist;
    list.find = ticket;
    list.finding = !list.looked_for.is_empty();
    if list.looked_for.is_empty() {
        let id = list.id_at(list.selected);
        list.hits = None;
        let place = id.and_then(|id| list.ids.iter().position(|known| *known == id));
        list.selected = place.unwrap_or(0);
    }
    vec![Effect::Ask(Ask::Find { ticket, list: list.list, words: list.looked_for.clone() })]
}

/// Takes what was found by now.
pub(super) fn found(state: &mut State, ticket: u64, hits: Vec<u32>, whole: bool) {
    let list = &mut state.worklist;
    if ticket != list.find || list.looked_for.is_empty() {
        return;
    }
    // Hits only grow at their end, so that nothing moves; a new search begins at the top.
    list.finding = !whole;
    list.found = ticket;
    list.hits = Some(hits);
    list.selected = list.selected.min(list.len().saturating_sub(1));
}

/// Takes lines; those that are long out of sight are let go.
pub(super) fn take_lines(state: &mut State, lines: Vec<Line>) {
    let list = &mut state.worklist;
    for line in lines {
        list.asked.remove(&line.case_id);
        list.lines.insert(line.case_id, line);
    }
    if list.lines.len() > KEPT {
        let near: BTreeSet<i64> = (list.selected.saturating_sub(KEPT / 4)..list.selected + KEPT / 4)
            .filter_map(|place| list.id_at(place))
            .collect();
        list.lines.retain(|id, _| near.contains(id));
    }
}

/// Lists the cases behind a figure, of the screen that is left for them.
pub(super) fn drill(
    state: &mut State,
    cases: Vec<Arc<str>>,
    label: Option<String>,
    what: &str,
) -> Vec<Effect> {
    let words = match cases.len() {
        1 => format!("1 case: {what}"),
        n => format!("{n} cases: {what}"),
    };
    let list = &mut state.worklist;
    let keep = list.id_at(list.selected);
    let filter = QueueFilter { cases: Some(cases.into()), sort: list.filter.sort, ..QueueFilter::default() };
    let filter = std::mem::replace(&mut list.filter, filter);
    let looked_for = std::mem::take(&mut list.looked_for);
    list.hits = None;
    list.drill = Some(Drill { words, label, back: state.screen, filter, looked_for, keep });
    state.screen = Screen::Worklist;
    list_from_top(state)
}

/// Ends the list of the cases behind a figure, and puts the worklist back as it was; gives the screen of the figure.
pub(super) fn end_drill(state: &mut State) -> Option<Screen> {
    let list = &mut state.worklist;
    let drill = list.drill.take()?;
    list.filter = drill.filter;
    list.looked_for = drill.looked_for;
    list.hits = None;
    // The list of before comes anew, with the case that was selected in it.
    list.ids = Arc::from([]);
    list.selected = 0;
    list.awaited = 0;
    list.keep = drill.keep;
    Some(drill.back)
}

/// Asks for what the screen needs and is not here: lines around the page, the preview.
pub(super) fn want(state: &mut State) -> Vec<Effect> {
    let layout = Layout::compute(state);
    let page = layout.page();
    let preview_shown = matches!(layout.body, super::layout::Body::Worklist { preview: Some(_), .. });
    let mut effects = Vec::new();
    let list = &mut state.worklist;
    if state.open.is_none() && state.screen == Screen::Worklist {
        list.top = list.top.min(list.selected);
        if list.selected >= list.top + page {
            list.top = list.selected + 1 - page;
        }
        list.top = list.top.min(list.len().saturating_sub(page));
    }
    // While a case is open, the lines after it are those of the cases that come next.
    let (top, page) = if state.open.is_some() { (list.selected, page.max(AHEAD)) } else { (list.top, page) };
    let from = top.saturating_sub(page);
    let wanted = |list: &Worklist, place: usize| {
        list.id_at(place).filter(|id| !list.lines.contains_key(id) && !list.asked.contains(id))
    };
    // A whole stretch is asked for as soon as something of the page itself is missing.
    if (top..top + page).any(|place| wanted(list, place).is_some()) {
        let ids: Vec<i64> = (from..top + 2 * page).filter_map(|place| wanted(list, place)).collect();
        list.asked.extend(&ids);
        effects.push(Effect::Ask(Ask::Lines { ids }));
    }
    if preview_shown && let Some(case) = list.selected_line().map(|line| line.case.clone()) {
        let here = list.preview.as_ref().is_some_and(|desk| desk.view.case == case);
        let asked = list.preview_asked.as_ref() == Some(&case);
        let failed = list.preview_trouble.as_ref().is_some_and(|(of, _)| *of == case);
        if !here && !asked && !failed {
            list.preview_asked = Some(case.clone());
            effects.push(Effect::Ask(Ask::Preview { case }));
        }
    }
    effects
}

/// Takes a preview; one of a case that is no longer selected is dropped.
pub(super) fn previewed(state: &mut State, case: String, result: Result<Box<Desk>, Failure>) {
    let list = &mut state.worklist;
    if list.preview_asked.as_ref() == Some(&case) {
        list.preview_asked = None;
    }
    if !list.previews(&case) {
        return;
    }
    match result {
        Ok(desk) => {
            list.preview = Some(desk);
            list.preview_trouble = None;
        }
        Err(failure) => list.preview_trouble = Some((case, failure.words)),
    }
}

/// What others wrote may have changed everything that is shown.
pub(super) fn refresh(state: &mut State) -> Vec<Effect> {
    let page = Layout::compute(state).page();
    let list = &mut state.worklist;
    let ids: Vec<i64> = (list.top..list.top + page).filter_map(|place| list.id_at(place)).collect();
    list.preview_asked = None;
    list.preview_trouble = None;
    let mut effects = vec![Effect::Ask(Ask::Counts)];
    if !ids.is_empty() {
        effects.push(Effect::Ask(Ask::Lines { ids }));
    }
    effects
}

/// Does what a command means in the worklist.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let list = &mut state.worklist;
    let len = list.len();
    match command {
        Command::MoveDown => list.selected = step(list.selected, 1, len),
        Command::MoveUp => list.selected = step(list.selected, -1, len),
        Command::PageDown => list.selected = step(list.selected, page, len),
        Command::PageUp => list.selected = step(list.selected, -page, len),
        Command::MoveFirst => list.selected = 0,
        Command::MoveLast => list.selected = len.saturating_sub(1),
        // Typed ahead, it means what is looked for, and not the line that happens to stand there still.
        Command::OpenSelected | Command::LookAtCase | Command::ClaimCase
            if list.finding && list.found != list.find =>
        {
            state.tell(Tone::Info, "still looking for it: once more when it is found");
        }
        Command::OpenSelected | Command::LookAtCase => {
            let Some(case) = list.selected_line().map(|line| line.case.clone()) else {
                let words = if len == 0 { "no case is listed" } else { "this line is still being read" };
                state.tell(Tone::Info, words);
                return Vec::new();
            };
            return super::case::ask_for(state, case, command == Command::OpenSelected, 0);
        }
        Command::ClaimCase => {
            let Some(line) = list.selected_line() else { return Vec::new() };
            let case = line.case.clone();
            let mine = line
                .claimed_by
                .as_deref()
                .is_some_and(|who| who.split(", ").any(|who| who == state.person.name));
            return vec![Effect::Ask(if mine { Ask::Release { case } } else { Ask::Claim { case } })];
        }
        Command::FindText => {
            let editor = Editor::holding(&list.looked_for);
            state.popups.push(Popup::Prompt(Prompt { title: "Find".into(), about: Question::Find, editor }));
        }
        Command::ChooseFilter => {
            let menu = filter_menu(state);
            state.popups.push(Popup::Menu(menu));
            if state.worklist.facets.is_none() {
                return vec![Effect::Ask(Ask::Facets)];
            }
        }
        Command::ChooseSort => {
            let menu = sort_menu(state);
            state.popups.push(Popup::Menu(menu));
        }
        Command::ClearFilter => {
            list.drill = None;
            let sort = list.filter.sort;
            list.filter = QueueFilter { sort, ..QueueFilter::default() };
            list.looked_for.clear();
            list.hits = None;
            return relist(state);
        }
        Command::ToggleMine => {
            list.filter.mine = !list.filter.mine;
            return list_from_top(state);
        }
        _ => {}
    }
    Vec::new()
}

/// The orders of the list, with their words.
pub const SORTS: [(Sort, &str, &str); 4] = [
    (Sort::Priority, "priority", "the highest priority first: severe, rare, wide gaps"),
    (Sort::Gap, "gap", "the widest gap first"),
    (Sort::Age, "age", "the oldest first"),
    (Sort::Case, "case", "by name"),
];

fn sort_menu(state: &State) -> Menu {
    let list = &state.worklist;
    // A gap is of the reads.
    let offered = SORTS.iter().filter(|(sort, ..)| *sort != Sort::Gap || !state.person.looks_first);
    let entries = offered.map(|(sort, word, help)| {
        // Nor is a priority told then.
        let arrived = *sort == Sort::Priority && state.person.looks_first;
        Entry {
            value: (*word).to_owned(),
            words: format!("{word}: {}", if arrived { "as cases arrived" } else { help }),
            marked: *sort == list.filter.sort,
            heading: None,
        }
    });
    let entries: Vec<Entry> = entries.collect();
    let selected = entries.iter().position(|entry| entry.marked).unwrap_or(0);
    Menu { title: "Sort by".into(), about: About::Sort, entries, selected, several: false, touched: false }
}

/// The facets by which the list is narrowed. One of each may hold; choosing it again lets it go.
pub(super) fn filter_menu(state: &State) -> Menu {
    let list = &state.worklist;
    let filter = &list.filter;
    let mut entries = vec![Entry {
        value: "mine".into(),
        words: "claimed by me".into(),
        marked: filter.claimed_by.is_some(),
        heading: Some("Claim"),
    }];
    let mut section =
        |heading: &'static str, key: &str, values: Vec<(String, Option<u64>)>, held: Option<&str>| {
            for (n, (value, count)) in values.into_iter().enumerate() {
                let count = count.map_or(String::new(), |count| format!("  {count}"));
                entries.push(Entry {
                    marked: held == Some(value.as_str()),
                    words: format!("{}{count}", crate::domain::text::Safe::new(&value)),
                    value: format!("{key}={value}"),
                    heading: (n == 0).then_some(heading),
                });
            }
        };
    if let Some(facets) = &list.facets {
        section("State", "state", facets.states.clone(), filter.state.map(Word::word));
        section("Type of dispute", "type", facets.types.clone(), filter.dispute_type.map(Word::word));
        section("Kind of work", "kind", facets.kinds.clone(), filter.kind.map(Word::word));
        section("Label", "label", facets.labels.clone(), filter.label.as_deref());
        section("Site", "site", facets.sites.clone(), filter.within.site.as_deref());
        section("Batch", "batch", facets.batches.clone(), filter.within.batch.as_deref());
    }
    Menu {
        title: "List which cases".into(),
        about: About::Filter,
        entries,
        selected: 0,
        several: false,
        touched: false,
    }
}

/// Takes what was chosen of the filter's menu.
pub(super) fn filter_by(state: &mut State, value: &str) -> Vec<Effect> {
    let me = state.person.name.clone();
    let filter = &mut state.worklist.filter;
    fn toggle<T: PartialEq>(held: &mut Option<T>, wanted: Option<T>) {
        *held = if *held == wanted { None } else { wanted };
    }
    match value.split_once('=') {
        Some(("state", word)) => toggle(&mut filter.state, Word::from_word(word)),
        Some(("type", word)) => toggle(&mut filter.dispute_type, Word::from_word(word)),
        Some(("kind", word)) => toggle(&mut filter.kind, Word::from_word(word)),
        Some(("label", label)) => toggle(&mut filter.label, Some(label.to_owned())),
        Some(("site", site)) => toggle(&mut filter.within.site, Some(site.to_owned())),
        Some(("batch", batch)) => toggle(&mut filter.within.batch, Some(batch.to_owned())),
        _ => toggle(&mut filter.claimed_by, Some(me)),
    }
    list_from_top(state)
}

/// Says how the list is narrowed, in words for its title.
pub fn filter_words(state: &State) -> String {
    let filter = &state.worklist.filter;
    let state_words = filter.state.map(|of| of.word().to_lowercase());
    let mut words: Vec<String> = match &state.worklist.drill {
        Some(drill) => std::iter::once(drill.words.clone()).chain(state_words).collect(),
        // What a person can do is the usual; that it is more than that is said.
        None if state.person.decides && !filter.mine => vec![state_words.unwrap_or("all open".into())],
        None => vec![state_words.unwrap_or("open".into())],
    };
    words.extend(filter.kind.map(|kind| kind.word().to_owned()));
    words.extend(filter.dispute_type.map(|of| of.word().to_owned()));
    words.extend(filter.label.as_deref().map(|label| crate::domain::text::Safe::new(label).to_string()));
    words.extend(filter.within.words());
    words.extend(filter.claimed_by.as_ref().map(|_| "claimed by me".to_owned()));
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::Display;
    use crate::domain::case::Kind;
    use crate::keymap::Keymap;

    fn line(case_id: i64) -> Line {
        Line {
            case_id,
            case: format!("CT-{case_id}"),
            state: CaseState::Queued,
            kind: Some(Kind::Dispute),
            priority: 1.0,
            since: None,
            claimed_by: None,
            disputes: Vec::new(),
        }
    }

    /// A list of so many cases, as it stands once it has come.
    fn state(cases: i64) -> State {
        let keymap = Keymap::load(&[]).unwrap_or_default();
        let mut state = State::new(0, (120, 40), Display::plain(), keymap.into(), Person::default());
        let effects = state.begin();
        assert!(matches!(effects.first(), Some(Effect::Ask(Ask::List { ticket: 1, .. }))));
        listed(&mut state, 1, Ok((1..=cases).collect()), true);
        state
    }

    #[test]
    fn whoever_looks_first_is_offered_no_order_by_gap() {
        let mut state = state(3);
        let offers = |state: &State| sort_menu(state).entries.iter().any(|entry| entry.value == "gap");
        assert!(offers(&state));
        state.person.looks_first = true;
        assert!(!offers(&state));
        assert_eq!(sort_menu(&state).entries.len(), SORTS.len() - 1);
    }

    #[test]
    fn a_first_page_does_not_move_the_selection_away_and_back() {
        let mut state = state(5_000);
        state.worklist.selected = 4_000;
        relist(&mut state);
        let ticket = state.worklist.awaited;
        listed(&mut state, ticket, Ok((1..=200).collect()), false);
        assert_eq!((state.worklist.selected, state.worklist.len()), (4_000, 5_000));
        // Somebody settled the first case meanwhile.
        listed(&mut state, ticket, Ok((2..=5_000).collect()), true);
        assert_eq!((state.worklist.selected, state.worklist.id_at(3_999)), (3_999, Some(4_001)));
        // A list that is asked for anew from its top is shown from its top.
        assert_eq!(filter_by(&mut state, "state=QUEUED").len(), 2);
        let ticket = state.worklist.awaited;
        listed(&mut state, ticket, Ok((9..=208).collect()), false);
        assert_eq!((state.worklist.selected, state.worklist.len()), (0, 200));
    }

    #[test]
    fn the_next_case_is_looked_for_where_one_is() {
        let mut state = state(100_000);
        state.worklist.selected = 90_000;
        assert!(
            matches!(want(&mut state).as_slice(), [Effect::Ask(Ask::Lines { ids })] if ids.contains(&90_002))
        );
        let mut lines: Vec<Line> = (89_990..90_050).map(line).collect();
        for settled in &mut lines[12..20] {
            settled.state = CaseState::Provisional;
        }
        take_lines(&mut state, lines);
        let next = |state: &State, after: &str| state.worklist.next_open(after);
        assert_eq!(next(&state, "CT-90000").as_deref(), Some("CT-90001"));
        assert_eq!(next(&state, "CT-90001").as_deref(), Some("CT-90010"));
        assert_eq!(next(&state, "CT-90049"), None);
    }
}
