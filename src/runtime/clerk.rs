//! Does what the UI asks of the store, one wish at a time: on a thread of its own, or inline for `--plain` and tests.

use std::sync::Arc;

use crate::app::acts::Wish;
use crate::app::{Answer, Ask, Failure};
use crate::domain::event::Action;
use crate::review::find::{Search, Titles};
use crate::review::sample::Measured;
use crate::review::{self, ReviewError, Session};
use crate::store::query::QueueFilter;

/// Cases of the first page, which is asked for before the whole list.
const FIRST_PAGE: u64 = 200;
/// Titles that are searched in one go, between two looks at whether something newer is wanted.
const STRETCH: usize = 4_000;
/// Titles that are read in one go: reading one takes several times as long as searching it.
const READ: usize = 1_000;

/// Somebody at the store, with what a search needs.
pub struct Clerk {
    session: Session,
    /// Shows that saves come from this sitting.
    token: String,
    /// The list that was asked for last, and its texts once something was looked for in it.
    list: u64,
    ids: Arc<[i64]>,
    titles: Titles,
    search: Option<Hunt>,
    /// The lot of the sample that was planned last.
    lot: Option<Measured>,
}

/// A search, and whom it is for.
struct Hunt {
    ticket: u64,
    search: Search,
    /// How many hits were told; none where nothing was told yet.
    told: Option<usize>,
}

impl Clerk {
    /// Puts somebody at a store.
    pub fn new(session: Session, token: String) -> Self {
        Clerk {
            session,
            token,
            list: 0,
            ids: Arc::from([]),
            titles: Titles::default(),
            search: None,
            lot: None,
        }
    }

    /// Gives the session, for what is asked before the UI begins.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Tells whether a search goes on that [`Clerk::search_on`] has to be called for.
    pub fn is_searching(&self) -> bool {
        self.search.as_ref().is_some_and(|hunt| !hunt.search.is_done())
    }

    /// Tells whether somebody else wrote since this was asked last.
    pub fn has_changed(&mut self) -> Result<bool, Failure> {
        review::watch::changed(&mut self.session).map_err(failure)
    }

    /// Does one wish; `tell` gets each answer.
    pub fn perform(&mut self, ask: Ask, tell: &mut (dyn FnMut(Answer) + Send)) {
        let Clerk { session, token, lot, .. } = self;
        let answer = match ask {
            Ask::Open { case, hold } => {
                let result = review::desk::open(session, &case, hold, token).map(Box::new).map_err(failure);
                Answer::Opened { case, result }
            }
            Ask::Decide { draft } => {
                let state =
                    review::decide::decide(session, &draft).map(|settled| settled.state).map_err(failure);
                Answer::Decided { case: draft.case, dispute: draft.dispute, state }
            }
            Ask::Undo => Answer::Undone(review::decide::undo_last(session).map(Box::new).map_err(failure)),
            Ask::Act { wish, why } => {
                let result = act(session, &wish, &why).map(|_| ()).map_err(failure);
                Answer::Acted { wish, result }
            }
            Ask::Claim { case } => {
                let result = review::decide::claim(session, &case, token).map(|_| ()).map_err(failure);
                Answer::Claimed { case, result }
            }
            Ask::Release { case } => {
                let result = review::decide::release(session, &case).map(drop).map_err(failure);
                Answer::Released { case, result }
            }
            Ask::Renew { case } => {
                let until =
                    review::desk::renew(session, &case, token).map(|held| held.lease_until).map_err(failure);
                Answer::Renewed { case, until }
            }
            Ask::KeepDraft { case, dispute, body } => {
                let result = review::desk::keep_draft(session, &case, &dispute, &body).map_err(failure);
                Answer::DraftKept { case, dispute, result }
            }
            Ask::DropDraft { case, dispute } => {
                Answer::Done(review::desk::drop_draft(session, &case, &dispute).map_err(failure))
            }
            Ask::RecordViews(views) => {
                Answer::Done(review::desk::record_views(session, &views).map_err(failure))
            }
            Ask::RecordCopy { case, image } => {
                Answer::Done(review::sitting::copied(session, &case, &image).map_err(failure))
            }
            Ask::RecordLogRead { case } => {
                Answer::Done(review::log::log_read(session, case.as_deref()).map_err(failure))
            }
            Ask::Lock => Answer::Done(review::sitting::lock(session).map_err(failure)),
            Ask::Unlock => Answer::Done(review::sitting::unlock(session).map_err(failure)),
            Ask::List { ticket, filter } => return self.list(ticket, filter, tell),
            Ask::Lines { ids } => Answer::Lines(review::queue::lines(session, &ids).map_err(failure)),
            Ask::Find { ticket, list, words } => return self.find(ticket, list, &words, tell),
            Ask::Preview { case } => {
                let hold = review::desk::Hold::Look;
                let result = review::desk::open(session, &case, hold, "").map(Box::new).map_err(failure);
                Answer::Previewed { case, result }
            }
            Ask::Ahead { case } => {
                let hold = review::desk::Hold::Look;
                let result = review::desk::open(session, &case, hold, "").map(Box::new).map_err(failure);
                Answer::Ahead { case, result }
            }
            Ask::Peek { case } => {
                let hold = review::desk::Hold::Look;
                let result = review::desk::open(session, &case, hold, "").map(Box::new).map_err(failure);
                Answer::Peeked { case, result }
            }
            Ask::Counts => Answer::Counts(review::queue::counts(session).map_err(failure)),
            Ask::Facets => Answer::Facets(review::queue::facets(session).map_err(failure)),
            Ask::Causes { ticket } => {
                let result = review::causes::causes(session).map(Arc::new).map_err(failure);
                Answer::Caused { ticket, result }
            }
            Ask::WriteCodes(codes) => {
                let result = review::causes::write::write(session, &codes).map(drop).map_err(failure);
                Answer::Coded { case: codes.case, result }
            }
            Ask::Figures { ticket } => return figures(session, ticket, tell),
            Ask::Samples { ticket } => {
                let result = review::sample::board(session).map(Arc::new).map_err(failure);
                Answer::Samples { ticket, result }
            }
            Ask::Outlook { ticket, order } => {
                let lot = match lot.take().filter(|lot| lot.is_of(session, &order)) {
                    Some(known) => Ok(known),
                    None => review::sample::measure(session, &order),
                };
                let result = lot.and_then(|measured| {
                    let outlook = measured.outlook(session.charter(), &order)?;
                    self.lot = Some(measured);
                    Ok(Box::new(outlook))
                });
                Answer::Foreseen { ticket, result: result.map_err(failure) }
            }
            Ask::DrawSample { order } => {
                let drawn = review::sample::draw(session, &order).map(|sample| sample.id);
                Answer::Drawn(drawn.map_err(failure))
            }
            Ask::SignLot { sample, meaning } => {
                let result = review::sign::sign(session, &sample, &meaning).map(drop).map_err(failure);
                Answer::Signed { sample, result }
            }
            Ask::PlanReview { sample, planning } => {
                let done = review::causes::reviews::plan(session, &sample, &planning);
                Answer::Planned { sample, result: done.map(drop).map_err(failure) }
            }
            Ask::Audits { ticket } => {
                Answer::Audits { ticket, result: review::sample::mine(session).map_err(failure) }
            }
            Ask::Problems { ticket } => return problems(session, ticket, tell),
            Ask::Waive { case, check, reader, why } => {
                let done = review::check::waive(session, &case, &check, reader.as_deref(), &why);
                Answer::Waived { check, result: done.map(|_| ()).map_err(failure) }
            }
            Ask::Log { ticket, wish } => {
                Answer::Log { ticket, lines: review::log::page(session, &wish).map_err(failure) }
            }
        };
        tell(answer);
    }

    /// Lists cases: the first page at once, then all of them.
    fn list(&mut self, ticket: u64, filter: QueueFilter, tell: &mut (dyn FnMut(Answer) + Send)) {
        self.titles = Titles::default();
        self.search = None;
        self.list = ticket;
        let first = QueueFilter { limit: Some(FIRST_PAGE), ..filter.clone() };
        for (filter, most) in [(first, FIRST_PAGE), (filter.clone(), u64::MAX)] {
            let ids: Result<Arc<[i64]>, Failure> =
                review::queue::order(&mut self.session, &filter).map(Arc::from).map_err(failure);
            self.ids = ids.as_ref().map(Arc::clone).unwrap_or_default();
            let whole = ids.is_err() || (self.ids.len() as u64) < most;
            tell(Answer::Listed { ticket, ids, whole });
            if whole {
                break;
            }
        }
        if filter.mine
            && let Ok(left_out) = review::queue::left_out(&mut self.session, &filter)
            && left_out.words().is_some()
        {
            tell(Answer::LeftOut { ticket, left_out });
        }
    }

    /// Begins a search; what is found at once is told at once.
    fn find(&mut self, ticket: u64, list: u64, words: &str, tell: &mut (dyn FnMut(Answer) + Send)) {
        if words.is_empty() || list != self.list {
            self.search = None;
            return;
        }
        let before = self.search.take().map(|hunt| hunt.search);
        self.search = Some(Hunt { ticket, search: Search::after(before, words), told: None });
        self.search_on(tell);
    }

    /// Searches on for a stretch, and tells what is found by now. Titles are read as they are needed, so that the first
    /// hits never wait for the last title.
    pub fn search_on(&mut self, tell: &mut (dyn FnMut(Answer) + Send)) {
        let Some(hunt) = self.search.as_mut().filter(|hunt| !hunt.search.is_done()) else { return };
        if self.titles.len() < self.ids.len() && hunt.search.has_seen(&self.titles) {
            if self.titles.is_empty() {
                self.titles = Titles::with_room(self.ids.len());
            }
            if let Err(error) = review::find::read_on(&mut self.session, &self.ids, &mut self.titles, READ) {
                self.search = None;
                tell(Answer::Listed { ticket: self.list, ids: Err(failure(error)), whole: true });
                return;
            }
        }
        let more_to_come = self.titles.len() < self.ids.len();
        let whole = hunt.search.step(&self.titles, more_to_come, STRETCH);
        let hits = hunt.search.hits();
        // Hits are told by growing stretches, so that copying them costs little beside finding them.
        if whole || hunt.told.is_none_or(|told| hits.len() >= (told * 2).max(1)) {
            hunt.told = Some(hits.len());
            tell(Answer::Found { ticket: hunt.ticket, hits: hits.to_vec(), whole });
        }
    }
}

fn act(session: &mut Session, wish: &Wish, why: &str) -> review::Result<crate::store::Event> {
    match wish.action {
        Action::Sign => review::sign::sign(session, &wish.case, why),
        action => review::lead::act(session, action, &wish.case, wish.dispute.as_deref(), why),
    }
}

/// Works figures out, and tells how far it is.
fn figures(session: &mut Session, ticket: u64, tell: &mut (dyn FnMut(Answer) + Send)) {
    // Whoever may not read them is told so by the figures themselves.
    let of = review::queue::total(session).unwrap_or_default();
    tell(Answer::Figuring { ticket, done: 0, of });
    let request = review::figures::Request::default();
    let progress = |done| tell(Answer::Figuring { ticket, done, of });
    let result = review::figures::figures(session, &request, progress).map(Arc::new).map_err(failure);
    tell(Answer::Figured { ticket, result });
}

/// Runs the checks, and tells how far they are. Of more than anybody reads the first are kept.
fn problems(session: &mut Session, ticket: u64, tell: &mut (dyn FnMut(Answer) + Send)) {
    const MOST: usize = 100_000;
    let of = review::queue::total(session).unwrap_or_default();
    tell(Answer::Checking { ticket, done: 0, of });
    let mut found = Vec::new();
    let each = |problem| {
        if found.len() < MOST {
            found.push(problem);
        }
        Ok(())
    };
    let done = review::check::check(session, |done| tell(Answer::Checking { ticket, done, of }), each);
    let result = done.map(|()| Arc::from(found)).map_err(failure);
    tell(Answer::Problems { ticket, result });
}

/// Turns an error of the use cases into words for the person.
pub fn failure(error: ReviewError) -> Failure {
    let store = matches!(error, ReviewError::Store(_));
    Failure { words: error.to_string(), store }
}
