//! What a terminal holds after each frame is what should stand there.

use super::*;
use crate::imaging::Toning;
use crate::preview::pace::Grade;
use crate::preview::plan::{Facts, Protocol, View, Wanted};
use crate::preview::pool::Means;

fn shown(id: u32, bytes: usize, protocol: Protocol) -> Arc<Shown> {
    let view = View {
        image: id.to_string(),
        frame: 0,
        window: None,
        inverted: false,
        quarters: 0,
        flipped: false,
        region: None,
        at_most: None,
    };
    let encoded = Encoded { id, bytes: vec![7; bytes], whole: true, size: (1, 1), grays: None };
    let payload = match protocol {
        Protocol::Kitty => Payload::Kitty { base: Arc::new(encoded), overlay: None },
        _ => Payload::Drawn(encoded),
    };
    Arc::new(Shown {
        wanted: Wanted {
            case: "c".into(),
            files: Vec::new(),
            view: view.clone(),
            outlines: Vec::new(),
            graphics: true,
            cells: (4, 2),
        },
        means: Means { protocol, cell: (10, 20) },
        facts: Facts {
            view,
            rows: 1,
            columns: 1,
            frames: 1,
            window: None,
            windows: Vec::new(),
            graphics: None,
            toning: Toning::Range,
            lossy: false,
            about: Default::default(),
            aspect: 1.0,
            slide: None,
            covers: (1, 1),
            map: crate::preview::render::Map::of([0.0, 0.0, 1.0, 1.0], (1.0, 1.0), false, 0),
            size: (1, 1),
            detail: Detail::Whole,
            grays: None,
        },
        cells: (4, 2),
        grade: Grade { bytes: 300_000, first: false },
        payload,
    })
}

/// A terminal that understands kitty's commands: what it holds, and what it shows where.
#[derive(Default, Debug)]
struct Kitty {
    images: BTreeMap<u32, usize>,
    placed: BTreeMap<u32, (u16, u16)>,
    open: Option<(u32, String)>,
}

impl Kitty {
    fn read(&mut self, bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
        let mut at = (0, 0);
        let mut rest = std::str::from_utf8(bytes)?;
        while !rest.is_empty() {
            let end = if rest.starts_with("\x1b[") { "H" } else { "\x1b\\" };
            let length = rest.find(end).ok_or("no end")? + end.len();
            let piece = &rest[..length];
            rest = &rest[length..];
            if let Some(place) = piece.strip_prefix("\x1b[").and_then(|rest| rest.strip_suffix('H')) {
                let (row, column) = place.split_once(';').ok_or("no place")?;
                at = (column.parse::<u16>()? - 1, row.parse::<u16>()? - 1);
                continue;
            }
            let command =
                piece.strip_prefix("\x1b_G").and_then(|rest| rest.strip_suffix("\x1b\\")).ok_or(piece)?;
            assert!(command.len() <= CHUNK + 64);
            let (keys, body) = command.split_once(';').unwrap_or((command, ""));
            let key =
                |name: &str| keys.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            assert_eq!(key("q"), Some("2"), "answers would come back as keys");
            let id =
                || -> Result<u32, Box<dyn std::error::Error>> { Ok(key("i").ok_or("no number")?.parse()?) };
            match (key("a"), key("d")) {
                (Some("t"), _) => self.open = Some((id()?, String::new())),
                (Some("p"), _) => {
                    assert!(self.images.contains_key(&id()?), "placed before it was there");
                    self.placed.insert(id()?, at);
                }
                (Some("d"), Some("i")) => {
                    self.placed.remove(&id()?);
                }
                (Some("d"), Some("I")) => {
                    self.placed.remove(&id()?);
                    self.images.remove(&id()?);
                }
                _ => {}
            }
            if let Some((id, mut text)) = self.open.take() {
                text.push_str(body);
                match key("m") {
                    Some("1") => self.open = Some((id, text)),
                    _ => {
                        self.images.insert(id, base64_simd::STANDARD.decode_to_vec(text)?.len());
                    }
                }
            }
        }
        Ok(())
    }
}

#[test]
fn kitty_holds_what_should_stand_and_little_else() -> Result<(), Box<dyn std::error::Error>> {
    let (mut stage, mut kitty) = (Stage::default(), Kitty::default());
    let place = |shown: &Arc<Shown>, x| vec![Placement::within(shown, Rect { x, y: 3, width: 4, height: 2 })];
    let (a, b) = (shown(1, 10_000, Protocol::Kitty), shown(2, 5_000, Protocol::Kitty));
    let mut sent = Vec::new();
    for (placements, most) in [
        (place(&a, 1), 20_000),
        (place(&a, 1), 0),
        (place(&a, 9), 200),
        (place(&b, 1), 10_000),
        // Back to one that the terminal holds.
        (place(&a, 1), 200),
        (Vec::new(), 100),
        (place(&a, 1), 200),
    ] {
        let mut out = Vec::new();
        stage.reconcile(&placements, &mut out);
        assert!(out.len() <= most, "{} bytes", out.len());
        kitty.read(&out)?;
        let wanted: BTreeMap<u32, (u16, u16)> = placements
            .iter()
            .flat_map(|p| p.layers())
            .map(|layer| (layer.id, (layer.rect.x, layer.rect.y)))
            .collect();
        assert_eq!(kitty.placed, wanted);
        sent.push(out.len());
    }
    assert_eq!(kitty.images, BTreeMap::from([(1, 10_000), (2, 5_000)]));
    let mut out = Vec::new();
    stage.clear(&mut out);
    kitty.read(&out)?;
    assert!(kitty.images.is_empty() && kitty.placed.is_empty());
    Ok(())
}

#[test]
fn the_terminal_is_not_filled() -> Result<(), Box<dyn std::error::Error>> {
    let (mut stage, mut kitty) = (Stage::default(), Kitty::default());
    for id in 1..=12 {
        let shown = shown(id, 8 << 20, Protocol::Kitty);
        let mut out = Vec::new();
        stage.reconcile(&[Placement::within(&shown, Rect { x: 0, y: 0, width: 4, height: 2 })], &mut out);
        kitty.read(&out)?;
    }
    assert_eq!(kitty.images.keys().copied().collect::<Vec<_>>(), [8, 9, 10, 11, 12]);
    Ok(())
}

#[test]
fn what_was_drawn_on_cells_goes_with_them() {
    let mut stage = Stage::default();
    let (a, b) = (shown(1, 30, Protocol::Sixel), shown(2, 30, Protocol::Sixel));
    let here = Rect { x: 2, y: 1, width: 4, height: 2 };
    let mut out = Vec::new();
    stage.reconcile(&[Placement::within(&a, here)], &mut out);
    assert!(out.starts_with(b"\x1b[2;3H\x07\x07"));
    assert_eq!(stage.stale(&[Placement::within(&a, here)]), []);
    assert_eq!(stage.stale(&[Placement::within(&b, here)]), [here]);
    assert_eq!(stage.stale(&[]), [here]);
    let mut out = Vec::new();
    stage.reconcile(&[Placement::within(&a, here)], &mut out);
    assert!(out.is_empty());
    stage.clear(&mut out);
    stage.reconcile(&[Placement::within(&a, here)], &mut out);
    assert!(!out.is_empty(), "it has to be drawn anew");
}
