//! What pictures take on the wire: the hardest there are, by way of a stage as a terminal's screen has it.

use ratatui::layout::Rect;

use super::tests::{until, wanted};
use super::*;
use crate::domain::geometry::{Geometry, Shape};
use crate::preview::pace::{FIRST, MOST, MOST_AS_SIXEL};
use crate::preview::place::{Placement, Stage};
use crate::preview::plan::{Dash, Outline};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SIDE: u32 = 320;
const CELLS: (u16, u16) = (32, 16);

/// Grays of which no two neighbours have anything to do with each other.
fn noise(seed: u64) -> Frame {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let grays: Vec<u8> = (0..SIDE * SIDE)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 56) as u8
        })
        .collect();
    Frame::of_grays(SIDE, SIDE, &grays)
}

/// A terminal whose link is not known, and a pool that makes noise for it.
struct Terminal {
    pool: Pool,
    stage: Stage,
    means: Means,
    allowance: Allowance,
}

impl Terminal {
    fn of(protocol: Protocol) -> Terminal {
        let source = || {
            let decode =
                |path: &Path, _: u32, _: &Need| Ok(noise(path.to_string_lossy().parse().unwrap_or(1)));
            Box::new(decode) as Box<Decode>
        };
        let full = Grade { bytes: MOST, first: false };
        let first = Some(Grade { bytes: FIRST, first: true });
        Terminal {
            pool: Pool::over(Arc::new(source), Arc::new(|| {})),
            stage: Stage::default(),
            means: Means { protocol, cell: (10, 20) },
            allowance: Allowance { first, full, at_once: FIRST, rested: false },
        }
    }

    /// Shows a picture as far as is allowed: gives its facts and the bytes that it took.
    fn shows(&mut self, wanted: &Wanted, is: impl Fn(&Facts) -> bool) -> Outcome<(Facts, Vec<u8>)> {
        let plan = Plan { visible: vec![wanted.clone()], next: Vec::new() };
        self.pool.reconcile(&plan, self.means, self.allowance, self.stage.holds());
        let shown = until(|| match self.pool.gallery().find(wanted) {
            Found::Ready(shown) if is(&shown.facts) => Some(shown),
            _ => None,
        })?;
        let area = Rect { x: 3, y: 2, width: CELLS.0, height: CELLS.1 };
        let mut out = Vec::new();
        self.stage.reconcile(&[Placement::within(&shown, area)], &mut out);
        Ok((shown.facts.clone(), out))
    }

    /// Shows what comes at once, then everything.
    fn opens(&mut self, wanted: &Wanted) -> Outcome<[(Facts, Vec<u8>); 2]> {
        self.allowance.rested = false;
        let first = self.shows(wanted, |_| true)?;
        self.allowance.rested = true;
        let then = self.shows(wanted, |facts| facts.detail != Detail::First)?;
        Ok([first, then])
    }

    /// Takes the picture away, as a popup does.
    fn covers(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.stage.reconcile(&[], &mut out);
        out
    }
}

/// Outlines of so many readers, all over the picture.
fn outlined(wanted: Wanted, readers: u8) -> Wanted {
    let outlines = (0..readers).map(|n| {
        let spread = |step: u32| f64::from((step * 61 + u32::from(n) * 37) % SIDE);
        let points = (0..120).map(|step| [spread(step), spread(step * step + 7)]).collect();
        let shape = Shape::Contour { points };
        Outline {
            letter: char::from(b'A' + n).to_string(),
            colour: [200, 20 * n, 7],
            dash: Dash::Dotted,
            strong: n == 0,
            shapes: vec![Geometry { shape, image: "i".into(), frame: 0 }],
        }
    });
    Wanted { outlines: outlines.collect(), ..wanted }
}

#[test]
fn what_comes_first_is_small_whatever_the_picture_and_its_outlines() -> Outcome {
    for protocol in [Protocol::Kitty, Protocol::KittyPlaceholders, Protocol::Iterm2, Protocol::Sixel] {
        for readers in [0, 9] {
            let mut terminal = Terminal::of(protocol);
            let picture = outlined(wanted("5", CELLS), readers);
            let [(first, coarse), (then, fine)] = terminal.opens(&picture)?;
            let name = format!("{protocol:?} with {readers}: {first:?} {then:?}");
            assert!(coarse.len() <= FIRST && coarse.len() > FIRST / 5, "{} bytes, {name}", coarse.len());
            let most = if protocol == Protocol::Sixel { MOST_AS_SIXEL } else { MOST };
            assert!(fine.len() <= most && fine.len() > coarse.len(), "{} bytes, {name}", fine.len());
            // It says what it is, and that is what it holds.
            assert_eq!(first.detail, Detail::First, "{name}");
            assert!(first.size.0 < then.size.0 || first.grays < then.grays, "{name}");
            // Nothing more follows.
            let (_, nothing) = terminal.shows(&picture, |_| true)?;
            assert!(nothing.is_empty(), "{} bytes, {name}", nothing.len());
        }
    }
    Ok(())
}

#[test]
fn in_kitty_what_was_sent_is_not_sent_again() -> Outcome {
    let mut terminal = Terminal::of(Protocol::Kitty);
    let [one, other] = ["1", "2"].map(|name| outlined(wanted(name, CELLS), 3));
    terminal.opens(&one)?;
    // What came first is let go: the picture and its outlines are left.
    assert_eq!(terminal.stage.holds().len(), 2);
    let covered = terminal.covers();
    assert!(covered.len() <= 100, "{}", covered.len());
    terminal.allowance.rested = false;
    let (facts, back) = terminal.shows(&one, |_| true)?;
    assert!(facts.detail == Detail::Whole && back.len() <= 200, "{facts:?} {}", back.len());
    terminal.opens(&other)?;
    terminal.allowance.rested = false;
    let (facts, back) = terminal.shows(&one, |_| true)?;
    assert!(facts.detail == Detail::Whole && back.len() <= 200, "{facts:?} {}", back.len());
    assert!(!String::from_utf8(back)?.contains("a=t"));
    // Without its outlines the picture below stays.
    let bare = Wanted { outlines: Vec::new(), ..one.clone() };
    let (facts, less) = terminal.shows(&bare, |_| true)?;
    assert!(facts.detail == Detail::Whole && less.len() <= 100, "{facts:?} {}", less.len());
    // Other outlines are sent by themselves.
    let (facts, more) = terminal.shows(&outlined(bare, 2), |_| true)?;
    assert!(facts.detail == Detail::Whole && more.len() <= 8_000, "{facts:?} {}", more.len());
    Ok(())
}

#[test]
fn what_is_drawn_on_cells_comes_back_small_first() -> Outcome {
    for protocol in [Protocol::Iterm2, Protocol::Sixel] {
        let mut terminal = Terminal::of(protocol);
        let picture = wanted("3", CELLS);
        terminal.opens(&picture)?;
        assert!(terminal.covers().is_empty());
        let (facts, back) = terminal.shows(&picture, |_| true)?;
        assert!(facts.detail == Detail::First && back.len() <= FIRST, "{protocol:?} {facts:?}");
    }
    Ok(())
}

#[test]
fn a_fast_link_gets_everything_at_once() -> Outcome {
    let mut terminal = Terminal::of(Protocol::Kitty);
    terminal.allowance = Allowance { first: None, at_once: MOST, ..terminal.allowance };
    let (facts, bytes) = terminal.shows(&wanted("4", CELLS), |_| true)?;
    assert!(facts.detail == Detail::Whole && bytes.len() > FIRST, "{facts:?}");
    Ok(())
}
