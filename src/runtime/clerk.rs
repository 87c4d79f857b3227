//! Does what the UI asks of the store, one wish at a time: on a thread of its own, or inline for `--plain` and tests.

use std::sync::Arc;

use crate::app::{Answer, Ask, Failure};
use crate::review::find::{Search, Titles};
use crate::review::{self, ReviewError, Session};
use crate::store::query::QueueFilter;

/// Cases of the first page, which is asked for before the whole list.
const FIRST_PAGE: u64 = 200;
/// Titles that are searched in one go, between two looks at whether something newer is wanted.
const STRETCH: usize = 4_000;

/// Somebody at the store, with what a search needs.
pub struct Clerk {
    session: Session,
    /// Shows that saves come from this sitting.
    token: String,
    /// The list that was asked for last, and its texts once something was looked for in it.
    list: u64,
    ids: Arc<[i64]>,
    titles: Option<Titles>,
    search: Option<(u64, Search)>,
}

impl Clerk {
    /// Puts somebody at a store.
    pub fn new(session: Session, token: String) -> Self {
        Clerk { session, token, list: 0, ids: Arc::from([]), titles: None, search: None }
    }

    /// Gives the session, for what is asked before the UI begins.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Tells whether a search goes on that [`Clerk::search_on`] has to be called for.
    pub fn is_searching(&self) -> bool {
        self.search.as_ref().is_some_and(|(_, search)| !search.is_done())
    }

    /// Tells whether somebody else wrote since this was asked last.
    pub fn has_changed(&mut self) -> Result<bool, Failure> {
        review::watch::changed(&mut self.session).map_err(failure)
    }

    /// Does one wish; `tell` gets each answer.
    pub fn perform(&mut self, ask: Ask, tell: &mut dyn FnMut(Answer)) {
        let Clerk { session, token, .. } = self;
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
            Ask::Claim { case } => {
                let result = review::decide::claim(session, &case, token).map(|_| ()).map_err(failure);
                Answer::Claimed { case, result }
            }
            Ask::Release { case } => {
                let result = review::decide::release(session, &case).map_err(failure);
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
            Ask::Peek { case } => {
                let hold = review::desk::Hold::Look;
                let result = review::desk::open(session, &case, hold, "").map(Box::new).map_err(failure);
                Answer::Peeked { case, result }
            }
            Ask::Counts => Answer::Counts(review::queue::counts(session).map_err(failure)),
            Ask::Facets => Answer::Facets(review::queue::facets(session).map_err(failure)),
            Ask::Log { ticket, wish } => {
                Answer::Log { ticket, lines: review::log::page(session, &wish).map_err(failure) }
            }
        };
        tell(answer);
    }

    /// Lists cases: the first page at once, then all of them.
    fn list(&mut self, ticket: u64, filter: QueueFilter, tell: &mut dyn FnMut(Answer)) {
        self.titles = None;
        self.search = None;
        let first = QueueFilter { limit: Some(FIRST_PAGE), ..filter.clone() };
        let page = review::queue::order(&mut self.session, &first);
        let complete = page.as_ref().is_ok_and(|ids| (ids.len() as u64) < FIRST_PAGE);
        let failed = page.is_err();
        tell(Answer::Listed { ticket, ids: page.map(Arc::from).map_err(failure), whole: complete || failed });
        if complete || failed {
            self.list = ticket;
            self.ids = Arc::from([]);
            if complete {
                // Read again from what was told would be the same; the search needs it here.
                let ids = review::queue::order(&mut self.session, &filter);
                self.ids = ids.map(Arc::from).unwrap_or_default();
            }
            return;
        }
        let ids: Result<Arc<[i64]>, Failure> =
            review::queue::order(&mut self.session, &filter).map(Arc::from).map_err(failure);
        self.list = ticket;
        self.ids = ids.as_ref().map(Arc::clone).unwrap_or_default();
        tell(Answer::Listed { ticket, ids, whole: true });
    }

    /// Begins a search; what is found at once is told at once.
    fn find(&mut self, ticket: u64, list: u64, words: &str, tell: &mut dyn FnMut(Answer)) {
        if words.is_empty() || list != self.list {
            self.search = None;
            return;
        }
        if self.titles.is_none() {
            match review::find::titles(&mut self.session, &self.ids) {
                Ok(titles) => self.titles = Some(titles),
                Err(error) => {
                    tell(Answer::Listed { ticket: list, ids: Err(failure(error)), whole: true });
                    return;
                }
            }
        }
        let before = self.search.take().map(|(_, search)| search);
        self.search = Some((ticket, Search::after(before, words)));
        self.search_on(tell);
    }

    /// Searches on for a stretch, and tells what is found by now.
    pub fn search_on(&mut self, tell: &mut dyn FnMut(Answer)) {
        let (Some((ticket, search)), Some(titles)) = (&mut self.search, &self.titles) else { return };
        let had = search.hits().len();
        let whole = search.step(titles, STRETCH);
        let found = Answer::Found { ticket: *ticket, hits: search.hits().to_vec(), whole };
        // Hits are told by growing stretches, so that copying them costs little beside finding them.
        if whole || had == 0 || search.hits().len() >= had * 2 {
            tell(found);
        }
    }
}

/// Turns an error of the use cases into words for the person.
pub fn failure(error: ReviewError) -> Failure {
    let store = matches!(error, ReviewError::Store(_));
    Failure { words: error.to_string(), store }
}
