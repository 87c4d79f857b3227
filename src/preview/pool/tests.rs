//! The pool gives what was wanted and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::preview::plan::{Dash, Outline};

/// A frame whose every pixel tells which image it is of.
fn frame(shade: u8, frames: u32) -> Frame {
    let mut frame = Frame::of_grays(8, 8, &[shade; 64]);
    frame.frames = frames;
    frame
}

/// A pool that takes shades from file names, and counts how often it decodes.
fn pool() -> (Pool, Arc<AtomicUsize>) {
    let decoded = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&decoded);
    let source = move || {
        let counter = Arc::clone(&counter);
        let decode = move |path: &Path, _: u32, _: &Need| {
            counter.fetch_add(1, Ordering::SeqCst);
            match path.to_string_lossy().parse() {
                Ok(shade) => Ok(frame(shade, 3)),
                Err(_) => Err(ImagingError::Stopped { path: crate::domain::text::Safe::new("x") }),
            }
        };
        Box::new(decode) as Box<dyn FnMut(&Path, u32, &Need) -> Result<Frame, ImagingError> + Send>
    };
    (Pool::over(Arc::new(source), Arc::new(|| {})), decoded)
}

const MEANS: Means = Means { protocol: Protocol::HalfBlocks, cell: (10, 20) };

pub(super) fn wanted(shade: &str, cells: (u16, u16)) -> Wanted {
    Wanted {
        case: format!("case {shade}"),
        files: vec![shade.into()],
        view: View {
            image: format!("image {shade}"),
            frame: 0,
            window: None,
            inverted: false,
            quarters: 0,
            flipped: false,
            region: None,
            at_most: None,
        },
        outlines: Vec::new(),
        graphics: true,
        cells,
    }
}

/// Waits for something that another thread brings about; a test that waits in vain fails.
pub(super) fn until<T>(mut found: impl FnMut() -> Option<T>) -> Result<T, &'static str> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if let Some(found) = found() {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err("it did not come")
}

fn ready(pool: &Pool, wanted: &Wanted) -> Result<Arc<Shown>, &'static str> {
    until(|| match pool.gallery().find(wanted) {
        Found::Ready(shown) => Some(shown),
        _ => None,
    })
}

fn shade(shown: &Shown) -> Option<u8> {
    match &shown.payload {
        Payload::Cells(cells) => cells.pixels.first().map(|pixel| pixel[0][0]),
        _ => None,
    }
}

#[test]
fn each_case_gets_its_own_pixels_whatever_was_asked_before() -> Result<(), Box<dyn std::error::Error>> {
    let (pool, _) = pool();
    for n in 0..40_u8 {
        let plan = |n: u8| Plan {
            visible: vec![wanted(&n.to_string(), (8, 4))],
            next: vec![wanted(&(n + 1).to_string(), (8, 4))],
        };
        // Some plans are gone before anything of them is made.
        pool.reconcile(&plan(n.wrapping_mul(7) % 50), MEANS, Allowance::EVERYTHING, BTreeSet::new());
        pool.reconcile(&plan(n), MEANS, Allowance::EVERYTHING, BTreeSet::new());
        let wanted = wanted(&n.to_string(), (8, 4));
        match pool.gallery().find(&wanted) {
            Found::Ready(shown) | Found::Instead(shown) => assert_eq!(shade(&shown), Some(n)),
            Found::Loading => {}
            Found::Failed(words) => return Err(words.into()),
        }
        assert_eq!(shade(&*ready(&pool, &wanted)?), Some(n));
    }
    Ok(())
}

#[test]
fn the_last_picture_of_an_image_stands_in_and_none_of_another_does() -> Result<(), Box<dyn std::error::Error>>
{
    let (pool, _) = pool();
    let first = wanted("9", (8, 4));
    pool.reconcile(
        &Plan { visible: vec![first.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    ready(&pool, &first)?;
    let mut next = first.clone();
    next.view.frame = 1;
    let gallery = pool.gallery();
    assert!(matches!(gallery.find(&next), Found::Loading));
    assert_eq!(gallery.last_of(&next).map(|shown| shown.facts.view.frame), Some(0));
    // Neither another image nor a place of another size.
    assert!(gallery.last_of(&wanted("8", (8, 4))).is_none());
    next.cells = (4, 4);
    assert!(gallery.last_of(&next).is_none());
    Ok(())
}

#[test]
fn zooming_and_outlines_decode_nothing_and_say_what_they_show() -> Result<(), Box<dyn std::error::Error>> {
    let (pool, decoded) = pool();
    let whole = wanted("9", (8, 4));
    pool.reconcile(
        &Plan { visible: vec![whole.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    ready(&pool, &whole)?;
    let mut closer = whole.clone();
    closer.view.region = Some([0.0, 0.0, 4.0, 4.0]);
    // Until it is there, the whole is shown, and its facts say so.
    match pool.gallery().find(&closer) {
        Found::Instead(shown) => assert_eq!((shown.facts.covers, shown.facts.view.region), ((8, 8), None)),
        other => return Err(format!("{other:?}").into()),
    }
    let mut outlined = closer.clone();
    let shapes = Vec::new();
    outlined.outlines =
        vec![Outline { letter: "A".into(), colour: [1, 2, 3], dash: Dash::Solid, strong: true, shapes }];
    pool.reconcile(
        &Plan { visible: vec![closer.clone(), outlined.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    assert_eq!(ready(&pool, &closer)?.facts.covers, (4, 4));
    ready(&pool, &outlined)?;
    // Nor does another window.
    let mut windowed = whole.clone();
    windowed.view.window = Window::new(5.0, 200.0);
    pool.reconcile(
        &Plan { visible: vec![windowed.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    let darker = ready(&pool, &windowed)?;
    assert_eq!((shade(&darker), darker.facts.window), (Some(0), Window::new(5.0, 200.0)));
    assert_eq!(decoded.load(Ordering::SeqCst), 1);
    let mut other = whole.clone();
    other.view.frame = 1;
    assert!(matches!(pool.gallery().find(&other), Found::Loading));
    Ok(())
}

#[test]
fn a_fault_is_told_and_not_tried_again_by_itself() -> Result<(), Box<dyn std::error::Error>> {
    let (pool, decoded) = pool();
    let broken = wanted("broken", (8, 4));
    let plan = Plan { visible: vec![broken.clone()], next: Vec::new() };
    pool.reconcile(&plan, MEANS, Allowance::EVERYTHING, BTreeSet::new());
    let failed = || match pool.gallery().find(&broken) {
        Found::Failed(words) => Some(words),
        _ => None,
    };
    assert_eq!(until(failed)?, "the decoder stopped on this file; labels can still be adjudicated");
    pool.reconcile(&plan, MEANS, Allowance::EVERYTHING, BTreeSet::new());
    let beside = wanted("3", (8, 4));
    pool.reconcile(
        &Plan { visible: vec![broken.clone(), beside.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    ready(&pool, &beside)?;
    assert_eq!(decoded.load(Ordering::SeqCst), 2);
    pool.renew();
    until(|| (decoded.load(Ordering::SeqCst) == 3).then_some(()))?;
    let nowhere = Wanted { files: Vec::new(), ..wanted("4", (8, 4)) };
    pool.reconcile(
        &Plan { visible: vec![nowhere.clone()], next: Vec::new() },
        MEANS,
        Allowance::EVERYTHING,
        BTreeSet::new(),
    );
    let words = until(|| match pool.gallery().find(&nowhere) {
        Found::Failed(words) => Some(words),
        _ => None,
    })?;
    assert!(words.contains("no longer where it was"), "{words}");
    Ok(())
}

#[test]
fn every_protocol_gets_its_payload() -> Result<(), Box<dyn std::error::Error>> {
    let (pool, _) = pool();
    for protocol in [
        Protocol::HalfBlocks,
        Protocol::Kitty,
        Protocol::KittyPlaceholders,
        Protocol::Iterm2,
        Protocol::Sixel,
    ] {
        let means = Means { protocol, ..MEANS };
        let wanted = wanted("200", (8, 4));
        pool.reconcile(
            &Plan { visible: vec![wanted.clone()], next: Vec::new() },
            means,
            Allowance::EVERYTHING,
            BTreeSet::new(),
        );
        let shown = ready(&pool, &wanted)?;
        assert!(
            shown.cells.0 <= 8 && shown.cells.1 <= 4 && shown.bytes() > 0,
            "{protocol:?} {:?}",
            shown.cells
        );
        assert_eq!(shown.facts.size, if protocol == Protocol::HalfBlocks { (8, 8) } else { (80, 80) });
    }
    Ok(())
}
