//! How much of a picture goes over the wire, and when: something coarse at once, everything when the selection rests, and
//! no more than the link takes in about a second. Time is an argument: how long the program has been running.

use std::time::Duration;

use super::plan::{Plan, Quality, Wanted};

/// Bytes of pictures in the first frame that shows a case: what a connection carries in its first flight (RFC 6928).
pub const FIRST: usize = 14_000;
/// Bytes of the pictures that replace it, at most.
pub const MOST: usize = 300_000;
/// The same of sixel, whose pixels take more, so that grays would be lost where the link sets no bound.
pub const MOST_AS_SIXEL: usize = 3 * MOST;
/// How long a selection rests before everything is sent.
pub const REST: Duration = Duration::from_millis(150);
/// A picture that the link carries within this needs nothing coarse before it.
const AT_ONCE: Duration = Duration::from_millis(100);
/// What a picture may take of the link.
const SECOND: Duration = Duration::from_secs(1);
/// Where pictures stand side by side each may take this much at least: so much a few pixels need.
const LEAST: usize = 1_200;
/// Seconds that a terminal may take to draw before it answers, so that a few bytes make no link slow.
const SLACK: f64 = 0.1;
/// Less than this says nothing of a link.
const TELLING: usize = 4096;
/// How long an answer holds up what follows.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many bytes a picture may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grade {
    pub bytes: usize,
    /// Something finer follows.
    pub first: bool,
}

/// What may go over the wire now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// What is made beside the whole, to come before it; none where the whole comes at once.
    pub first: Option<Grade>,
    pub full: Grade,
    /// Bytes that a picture may take that doesn't stand in any form yet.
    pub at_once: usize,
    /// What stands may be replaced by something finer.
    pub rested: bool,
}

impl Allowance {
    /// Everything at once: for pictures that go over no wire.
    pub const EVERYTHING: Allowance = Allowance {
        first: None,
        full: Grade { bytes: usize::MAX, first: false },
        at_once: usize::MAX,
        rested: true,
    };
}

/// What is known of the link, from how long answers took that stood behind so many bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// The shortest time in which anything was answered, in seconds: about what a round trip takes.
    trip: Option<f64>,
    /// Seconds a byte, smoothed.
    pace: Option<f64>,
}

impl Link {
    /// Takes in that so many bytes and an answer behind them took so long.
    pub fn took(&mut self, bytes: usize, time: Duration) {
        let time = time.as_secs_f64().max(1e-6);
        let trip = self.trip.map_or(time, |trip| trip.min(time));
        if bytes >= TELLING {
            // A round trip that was measured while something else was drawn may be longer than this one.
            let known = self.trip.unwrap_or(0.0);
            let slack = SLACK * (FIRST as f64 / bytes as f64).min(1.0);
            let seen = (time - known - slack).max(time / 10.0) / bytes as f64;
            // The more bytes the surer.
            let share = (bytes as f64 / 100_000.0).clamp(0.1, 0.6);
            self.pace = Some(self.pace.map_or(seen, |pace| pace * (1.0 - share) + seen * share));
        }
        self.trip = Some(trip);
    }

    /// Gives the bytes a second, as far as they are known.
    pub fn rate(&self) -> Option<f64> {
        self.pace.map(|pace| 1.0 / pace)
    }

    /// Gives how long the shortest answer took.
    pub fn trip(&self) -> Option<Duration> {
        self.trip.map(Duration::from_secs_f64)
    }

    /// Gives a link of so many bytes a second.
    pub fn of(rate: f64) -> Link {
        Link { trip: None, pace: Some(1.0 / rate.max(1.0)) }
    }

    /// Gives the bytes that it carries in so long.
    fn carries(&self, time: Duration) -> Option<usize> {
        self.rate().map(|rate| (rate * time.as_secs_f64()) as usize)
    }
}

/// Keeps the pace.
#[derive(Debug, Default)]
pub struct Pace {
    pub link: Link,
    pub quality: Quality,
    /// What is wanted, and since when.
    wanted: Vec<Wanted>,
    since: Duration,
    /// Something was asked behind so many bytes, and is not answered yet.
    asked: Option<(Duration, usize)>,
}

impl Pace {
    /// Notes what is wanted now.
    pub fn sees(&mut self, plan: &Plan, now: Duration) {
        if self.wanted != plan.visible {
            self.wanted.clone_from(&plan.visible);
            self.since = now;
        }
    }

    /// Says what may be sent.
    pub fn allowance(&self, now: Duration) -> Allowance {
        let pictures = self.wanted.len().max(1);
        let share = |bytes: usize| (bytes / pictures).max(LEAST);
        let full = Grade { bytes: share(self.budget()), first: false };
        let first = Grade { bytes: share(FIRST), first: true };
        let at_once = match self.quality {
            Quality::Low => usize::MAX,
            _ => self.link.carries(AT_ONCE).map_or(first.bytes, |bytes| share(bytes.max(FIRST))),
        };
        Allowance {
            first: (at_once < full.bytes).then_some(first),
            full,
            at_once,
            rested: now >= self.since + REST && !self.waits(now),
        }
    }

    /// Gives when more may be sent than now, if nothing happens before.
    pub fn wake(&self, now: Duration) -> Option<Duration> {
        let rest = self.since + REST;
        let answer = self.asked.map(|(since, _)| since + PATIENCE);
        [Some(rest), answer].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// Gives the bytes that the pictures on the screen may take.
    fn budget(&self) -> usize {
        match (self.quality, self.link.carries(SECOND)) {
            (Quality::Full, _) => usize::MAX,
            (Quality::Low, _) => FIRST,
            (Quality::Auto, None) => MOST,
            // By halves, so that a link that is a little faster or slower changes nothing.
            (Quality::Auto, Some(bytes)) => {
                let halves = (0..).take_while(|n| MOST >> n > bytes && MOST >> n > FIRST).count();
                (MOST >> halves).max(FIRST)
            }
        }
    }

    /// Tells whether a question behind so many bytes of pictures would tell something.
    pub fn would_ask(&self, bytes: usize) -> bool {
        bytes >= TELLING && self.asked.is_none()
    }

    /// Notes that a question was sent behind so many bytes.
    pub fn asks(&mut self, bytes: usize, now: Duration) {
        self.asked = Some((now, bytes));
    }

    /// Notes that it was answered.
    pub fn answered(&mut self, now: Duration) {
        if let Some((since, bytes)) = self.asked.take() {
            self.link.took(bytes, now.saturating_sub(since));
        }
    }

    /// Forgets a question: the terminal was given away meanwhile.
    pub fn lets_go(&mut self) {
        self.asked = None;
    }

    fn waits(&self, now: Duration) -> bool {
        self.asked.is_some_and(|(since, _)| now < since + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::plan::View;

    fn plan(frame: u32, pictures: usize) -> Plan {
        let view = View {
            image: "i".into(),
            frame,
            window: None,
            inverted: false,
            quarters: 0,
            flipped: false,
            region: None,
            at_most: None,
        };
        let wanted = Wanted {
            case: "c".into(),
            files: Vec::new(),
            view,
            outlines: Vec::new(),
            graphics: true,
            cells: (66, 40),
        };
        Plan { visible: vec![wanted; pictures], next: Vec::new() }
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// How long so many bytes and an answer take over a link of so many bytes a second with 50 ms a round trip.
    fn over(rate: f64, bytes: usize) -> Duration {
        ms(50) + Duration::from_secs_f64(bytes as f64 / rate)
    }

    #[test]
    fn everything_comes_when_the_selection_rests() {
        let mut pace = Pace::default();
        let rested = |pace: &mut Pace, frame, now| {
            pace.sees(&plan(frame, 1), now);
            pace.allowance(now).rested
        };
        assert!(!rested(&mut pace, 0, ms(1_000)));
        assert_eq!(pace.wake(ms(1_000)), Some(ms(1_150)));
        assert!(!rested(&mut pace, 0, ms(1_149)));
        // Another picture is wanted, and nothing rests.
        assert!(!rested(&mut pace, 1, ms(1_151)));
        assert!(!rested(&mut pace, 1, ms(1_300)));
        assert!(rested(&mut pace, 1, ms(1_301)));
        assert_eq!(pace.wake(ms(1_301)), None);
        // As long as an answer is waited for, nobody knows how much the link takes.
        pace.asks(9_000, ms(1_301));
        assert!(!pace.would_ask(9_000) && !rested(&mut pace, 1, ms(1_400)));
        pace.answered(ms(1_450));
        assert!(pace.would_ask(9_000) && !pace.would_ask(500) && rested(&mut pace, 1, ms(1_450)));
    }

    #[test]
    fn the_budget_follows_the_link() {
        for (rate, within) in
            [(3_000.0, 14_000..=14_000), (60_000.0, 37_000..=75_000), (1.25e6, 300_000..=300_000)]
        {
            let mut link = Link::default();
            link.took(0, over(rate, 3_000));
            let mut pace = Pace { link, ..Pace::default() };
            for _ in 0..4 {
                for grade in [Some(FIRST), None] {
                    let bytes = grade.unwrap_or_else(|| pace.allowance(ms(0)).full.bytes);
                    pace.asks(bytes, ms(0));
                    pace.answered(over(rate, bytes));
                }
            }
            let full = pace.allowance(ms(0)).full.bytes;
            assert!(within.contains(&full), "{full} at {rate}: {:?}", pace.link);
            assert!(over(rate, full) < ms(1_400) || full == FIRST, "{full} at {rate}");
        }
    }

    #[test]
    fn a_fast_link_needs_nothing_coarse_first() {
        let mut pace = Pace::default();
        pace.sees(&plan(0, 1), ms(0));
        assert_eq!(pace.allowance(ms(0)).first, Some(Grade { bytes: FIRST, first: true }));
        pace.asks(200_000, ms(0));
        pace.answered(ms(20));
        let allowance = pace.allowance(ms(20));
        assert!(allowance.first.is_none() && allowance.at_once >= MOST, "{allowance:?}");
        assert_eq!(allowance.full.bytes, MOST);
    }

    #[test]
    fn pictures_side_by_side_share_it_and_a_wish_holds() {
        let mut pace = Pace::default();
        pace.sees(&plan(0, 4), ms(0));
        let allowance = pace.allowance(ms(0));
        assert_eq!((allowance.first.map(|first| first.bytes), allowance.full.bytes), (Some(3_500), 75_000));
        pace.quality = Quality::Low;
        assert_eq!((pace.allowance(ms(0)).first, pace.allowance(ms(0)).full.bytes), (None, 3_500));
        pace.quality = Quality::Full;
        assert!(pace.allowance(ms(0)).full.bytes > 1 << 40 && pace.allowance(ms(0)).first.is_some());
    }
}
