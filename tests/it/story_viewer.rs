//! Stories of looking at pictures: true sizes, values and lengths, letters of the sides, frames that follow one another,
//! two pictures side by side, the header, the mouse.

use overread::app::{Effect, MouseDeed};

use crate::common::Outcome;
use crate::made::{element, part10};
use crate::story::*;

/// Columns and rows of a slice.
const SIDE: u16 = 32;

/// A CT image of some frames, whose stored values are x + 32 y + 1000 times the frame.
struct Slice {
    uid: &'static str,
    study: &'static str,
    frames: u16,
    /// Direction cosines, or nothing.
    orientation: &'static str,
    /// Tag of the spacing, and the spacing.
    spacing: Option<((u16, u16), &'static str)>,
}

const AXIAL: &str = "1\\0\\0\\0\\1\\0";
const PATIENT: (u16, u16) = (0x28, 0x30);
const DETECTOR: (u16, u16) = (0x18, 0x1164);

impl Slice {
    fn of(uid: &'static str, frames: u16) -> Slice {
        Slice { uid, study: "2.25.70", frames, orientation: AXIAL, spacing: Some((PATIENT, "2\\0.5")) }
    }

    fn bytes(&self) -> Vec<u8> {
        let text = |group, number, vr: &[u8; 2], words: &str| {
            let mut value = words.as_bytes().to_vec();
            let pad = if vr == b"UI" { 0 } else { b' ' };
            value.resize(value.len().next_multiple_of(2), pad);
            element(group, number, vr, &value)
        };
        let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
        let mut pixels = Vec::new();
        for frame in 0..self.frames {
            for at in 0..SIDE * SIDE {
                pixels.extend((at + 1000 * frame).to_le_bytes());
            }
        }
        let spacing = |tag: (u16, u16)| match self.spacing {
            Some((held, words)) if held == tag => text(tag.0, tag.1, b"DS", words),
            _ => Vec::new(),
        };
        let orientation = match self.orientation {
            "" => Vec::new(),
            words => text(0x20, 0x37, b"DS", words),
        };
        let data = [
            text(8, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.2"),
            text(8, 0x18, b"UI", self.uid),
            text(8, 0x20, b"DA", "20260102"),
            text(8, 0x60, b"CS", "CT"),
            text(9, 0x10, b"LO", "CANARY-PRIVATE"),
            text(0x10, 0x10, b"PN", "CANARY^PATIENT"),
            text(0x10, 0x20, b"LO", "CANARY-ID"),
            text(0x18, 0x60, b"DS", "120"),
            text(0x18, 0x1063, b"DS", "50"),
            spacing(DETECTOR),
            text(0x20, 0xd, b"UI", self.study),
            text(0x20, 0xe, b"UI", &format!("{}.9", self.study)),
            orientation,
            short(2, 1),
            text(0x28, 4, b"CS", "MONOCHROME2"),
            text(0x28, 8, b"IS", &self.frames.to_string()),
            short(0x10, SIDE),
            short(0x11, SIDE),
            spacing(PATIENT),
            short(0x100, 16),
            short(0x101, 16),
            short(0x102, 15),
            short(0x103, 0),
            text(0x28, 0x1050, b"DS", "0"),
            text(0x28, 0x1051, b"DS", "400"),
            text(0x28, 0x1052, b"DS", "-1024"),
            text(0x28, 0x1053, b"DS", "1"),
            element(0x7fe0, 0x10, b"OW", &pixels),
        ];
        part10("1.2.840.10008.1.2.1", &data.concat())
    }
}

/// One case of two readers' boxes on some frames of an image of its name.
fn stack(frames: u16) -> Setting {
    Setting::of("name = \"stack\"\n[labels.lesion]\nkind = \"box\"\niou = 0.6\n")
        .reads(
            "case,reader,label,frame,x_min,y_min,x_max,y_max\n\
             S-1,ann,lesion,2,4,4,12,12\nS-1,bob,lesion,2,20,20,28,28\n",
        )
        .file("S-1.dcm", Slice::of("2.25.71", frames).bytes())
}

fn one(slice: Slice) -> Setting {
    Setting::of("name = \"one\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"severe\"]\n")
        .reads("case,reader,label,value\nS-1,ann,grade,mild\nS-1,bob,grade,severe\n")
        .file("S-1.dcm", slice.bytes())
}

fn at_frame(frame: u32) -> Expected {
    that(move |play| {
        let found = play.state.open.as_ref().map(|open| open.picture.pane().frame);
        if found == Some(frame) { Ok(()) } else { Err(format!("frame {found:?}, not {frame}")) }
    })
}

#[test]
fn letters_follow_the_picture_and_none_is_guessed() -> Outcome {
    let right = |letter: &'static str| {
        move |play: &mut Play| -> Outcome {
            let buffer = play.pictured()?;
            let layout = overread::app::layout::Layout::compute(&play.state);
            let area =
                layout.stage.and_then(|stage| stage.tiles.first().map(|tile| tile.area)).ok_or("no stage")?;
            let column = |x: u16| {
                (area.y..area.bottom()).map(|y| buffer[(x, y)].symbol().to_owned()).collect::<String>()
            };
            let found = column(area.right());
            let letters: String = found.chars().filter(char::is_ascii_uppercase).collect();
            if letters == letter { Ok(()) } else { Err(format!("on the right: {found}").into()) }
        }
    };
    story(one(Slice::of("2.25.71", 1)))
        .opens()
        .then(right("L"))
        .keys("f")
        .then(right("R"))
        .keys("f r")
        .then(right("A"))
        .keys("r r")
        .then(right("P"))
        .ends()?;
    for orientation in ["", "1\\0\\0\\1\\0\\0", "0\\0\\0\\0\\0\\0", "1\\0\\0"] {
        story(one(Slice { orientation, ..Slice::of("2.25.71", 1) })).opens().then(right("")).ends()?;
    }
    Ok(())
}

#[test]
fn a_stored_pixel_is_shown_in_its_true_size_and_said_so() -> Outcome {
    let square = Slice { spacing: Some((PATIENT, "0.5\\0.5")), ..Slice::of("2.25.71", 1) };
    story(one(square).sized(120, 40))
        .opens()
        .looks()
        .pictured("32×32")
        .keys("Z")
        .expect(says("1 px = 1 stored px"))
        .looks()
        .pictured("32×32 of 32×32 · not for diagnosis · W 400 L 0 · 1 px = 1 stored px")
        .keys("Z")
        .looks()
        .pictured("64×64 of 32×32 · not for diagnosis · W 400 L 0 · 2:1")
        // Four times as large it doesn't fit any more, and a part is shown.
        .keys("Z")
        .looks()
        .pictured("· 4:1")
        .pictured("part")
        .keys("Z")
        .expect(that(|play| match play.state.open.as_ref().map(|open| open.picture.region) {
            Some(None) => Ok(()),
            other => Err(format!("{other:?}")),
        }))
        .ends()
}

#[test]
fn the_cross_tells_the_value_that_is_stored_there() -> Outcome {
    story(one(Slice::of("2.25.71", 1)))
        .opens()
        .looks()
        .keys("p")
        .expect(shows("-496 HU (stored 528) · x 16 y 16"))
        .keys("l j")
        .expect(shows("-463 HU (stored 561) · x 17 y 17"))
        // Turned by a quarter, the right of the screen is the top of the image.
        .keys("r l")
        .expect(shows("x 17 y 16"))
        .keys("esc")
        .expect(hides("HU"))
        .keys("2 4 enter")
        .expect(that(|play| match play.state.open.is_some() {
            true => Err("the case is still open".into()),
            false => Ok(()),
        }))
        .ends()
}

#[test]
fn a_value_is_that_of_its_own_frame() -> Outcome {
    story(stack(4))
        .opens()
        .keys("p")
        .expect(at_frame(2))
        .expect(shows("(stored 2528)"))
        .keys(",")
        .expect(shows("(stored 1528)"))
        .ends()
}

#[test]
fn a_ruler_measures_by_the_spacing_and_says_where_it_holds() -> Outcome {
    let measured = |spacing, words| {
        story(one(Slice { spacing, ..Slice::of("2.25.71", 1) }))
            .opens()
            .looks()
            .keys("p M l l l l l l j j")
            .expect(shows(words))
            .keys("tab")
            .expect(shows("x 16 y 16"))
            .keys("M")
            .expect(hides(words))
            .ends()
    };
    // Six columns of 0.5 mm, two rows of 2 mm.
    measured(Some((PATIENT, "2\\0.5")), "5.0 mm · ")?;
    measured(Some((DETECTOR, "2\\0.5")), "5.0 mm at the detector")?;
    measured(None, "6.3 px, spacing unknown")
}

#[test]
fn the_header_can_be_searched_and_tells_no_patient() -> Outcome {
    story(one(Slice::of("2.25.71", 1)))
        .opens()
        .keys("H")
        .expect(row("(0018,0060)", "120"))
        .expect(row("(0010,0010)", "masked"))
        .expect(row("(0010,0020)", "masked"))
        .expect(row("(0008,0020)", "masked"))
        .expect(row("(0009,0010)", "masked"))
        .expect(row("(0008,0018)", "masked"))
        .expect(hides("CANARY"))
        .expect(hides("20260102"))
        .types("kvp")
        .expect(row("KVP", "120"))
        .expect(shows("1 of "))
        .expect(hides("PatientName"))
        .keys("esc")
        .expect(no_popup())
        .ends()
}

#[test]
fn the_strip_tells_where_one_is_and_which_frames_have_shapes() -> Outcome {
    story(stack(9))
        .opens()
        .expect(shows("3/9 ──◉────"))
        .keys("}")
        .expect(shows("9/9 ──●"))
        .expect(shows("● 3"))
        .ends()?;
    story(stack(9).on(|display| display.utf8 = false)).opens().keys("{").expect(shows("1/9 |-o")).ends()
}

#[test]
fn frames_play_at_the_rate_of_the_file_until_any_key() -> Outcome {
    story(stack(9))
        .opens()
        .looks()
        .keys("P")
        .expect(says("9 frames, 20 a second (as the file says)"))
        .waits(50)
        .expect(at_frame(3))
        // The next is not asked for before this one stands on the screen; what is late by then is left out.
        .waits(200)
        .expect(at_frame(3))
        .looks()
        .expect(at_frame(7))
        .keys("2")
        .expect(row("answer", "asked for"))
        .waits(1000)
        .expect(at_frame(7))
        .expect(that(|play| match play.state.wake() {
            Some(at) if at < clock() + SECOND => {
                Err(format!("wakes at {at}, and stands still at {}", clock()))
            }
            _ => Ok(()),
        }))
        .ends()
}

#[test]
fn a_frame_that_never_comes_is_passed_by() -> Outcome {
    story(stack(9))
        .opens()
        .looks()
        .keys("P")
        .waits(50)
        .expect(at_frame(3))
        // It is never told as shown, as one of a file that is cut.
        .waits(1000)
        .expect(at_frame(4))
        .looks()
        .waits(50)
        .expect(at_frame(5))
        .ends()
}

#[test]
fn a_single_frame_does_not_play() -> Outcome {
    story(one(Slice::of("2.25.71", 1))).opens().looks().keys("P").expect(says("one frame only")).ends()
}

#[test]
fn another_frame_stands_beside_with_the_same_window_and_zoom() -> Outcome {
    let views = |play: &Play| play.wanted().iter().map(|wanted| wanted.view.clone()).collect::<Vec<_>>();
    let frames = move |first: u32, second: u32| {
        that(move |play| {
            let found: Vec<u32> = views(play).iter().map(|view| view.frame).collect();
            if found == [first, second] { Ok(()) } else { Err(format!("frames {found:?}")) }
        })
    };
    story(stack(9))
        .opens_and_sees()
        .keys("b")
        .expect(a_menu("Beside"))
        .keys("enter")
        .expect(frames(2, 2))
        .keys(". .")
        .expect(frames(2, 4))
        .keys("; ,")
        .expect(frames(1, 4))
        .keys("+ w j enter right")
        .expect(that(move |play| match views(play).as_slice() {
            [one, other]
                if one.region == other.region && one.region.is_some() && one.window == other.window =>
            {
                one.window.map(|_| ()).ok_or_else(|| "no window".into())
            }
            other => Err(format!("{other:?}")),
        }))
        .keys("esc b")
        .expect(that(move |play| match views(play).len() {
            1 => Ok(()),
            n => Err(format!("{n} pictures")),
        }))
        .keys(";")
        .expect(says("one picture only"))
        .ends()
}

#[test]
fn another_image_stands_beside_with_frames_of_its_own() -> Outcome {
    let setting = Setting::of(
        "name = \"two\"\n[reads]\nunit = \"study\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"severe\"]\n",
    );
    story(
        setting
            .reads("case,reader,label,value\n2.25.70,ann,grade,mild\n2.25.70,bob,grade,severe\n")
            .file("a.dcm", Slice::of("2.25.71", 1).bytes())
            .file("b.dcm", Slice::of("2.25.72", 3).bytes()),
    )
    .opens()
    .keys("b")
    .expect(shows("image 2 · CT · 3 frames"))
    .expect(says("no patient's id is kept"))
    .keys("enter .")
    .expect(at_frame(1))
    .pictured("image 2 · frame 2/3")
    .expect(hides("another study"))
    .keys(";")
    .expect(at_frame(0))
    .ends()
}

#[test]
fn an_image_of_another_study_is_told_as_such() -> Outcome {
    // Two files of one name are images of one case.
    story(
        one(Slice::of("2.25.71", 1))
            .file("S-1.ima", Slice { study: "2.25.80", ..Slice::of("2.25.72", 1) }.bytes()),
    )
    .opens()
    .keys("b")
    .expect(shows("another study"))
    .keys("enter")
    .expect(shows("another study"))
    .ends()
}

#[test]
fn the_mouse_is_off_until_it_is_switched_on() -> Outcome {
    let middle = |play: &Play| {
        let layout = overread::app::layout::Layout::compute(&play.state);
        let area =
            layout.stage.and_then(|stage| stage.tiles.first().map(|tile| tile.area)).unwrap_or_default();
        (area.x + area.width / 2, area.y + area.height / 2)
    };
    let window = |play: &Play| play.state.open.as_ref().and_then(|open| open.picture.window);
    story(one(Slice::of("2.25.71", 1)))
        .opens()
        .looks()
        .then(move |play| {
            let (x, y) = middle(play);
            for (deed, x, y) in [(MouseDeed::Press, x, y), (MouseDeed::Drag, x + 4, y)] {
                play.mouse(deed, (x, y))?;
            }
            assert_eq!(window(play), None);
            Ok(())
        })
        .keys("ctrl-o")
        .expect(says("the mouse is on"))
        .then(move |play| {
            assert!(play.done.contains(&Effect::Mouse(true)));
            let (x, y) = middle(play);
            for (deed, x, y) in [
                (MouseDeed::Press, x, y),
                (MouseDeed::Drag, x + 4, y),
                (MouseDeed::Drag, x + 4, y - 2),
                (MouseDeed::Release, x + 4, y - 2),
                (MouseDeed::Drag, x, y),
            ] {
                play.mouse(deed, (x, y))?;
            }
            // Four cells of forty of the file's 400, and two of them upwards.
            let window = window(play).ok_or("no window")?;
            assert_eq!((window.width, window.level), (440.0, 20.0));
            Ok(())
        })
        .ends()
}

#[test]
fn the_mouse_moves_the_nearer_end_of_a_ruler() -> Outcome {
    story(one(Slice::of("2.25.71", 1)).sized(120, 40))
        .opens()
        .looks()
        .keys("ctrl-o M")
        .then(|play| {
            let layout = overread::app::layout::Layout::compute(&play.state);
            let area =
                layout.stage.and_then(|stage| stage.tiles.first().map(|tile| tile.area)).ok_or("no stage")?;
            let before = play.state.open.as_ref().and_then(|open| open.picture.point).ok_or("no cross")?;
            let from = before.from.ok_or("no ruler")?;
            assert!(from[0] < before.at[0]);
            let (x, y) = (area.x + area.width / 2 - 4, area.y + area.height / 2);
            for deed in [MouseDeed::Press, MouseDeed::Release] {
                play.mouse(deed, (x, y))?;
            }
            let after = play.state.open.as_ref().and_then(|open| open.picture.point).ok_or("no cross")?;
            // The left end was nearer, and moves.
            assert_eq!(after.from, Some(before.at));
            assert!(after.at != from && after.at[0] < before.at[0], "{after:?}");
            Ok(())
        })
        .ends()
}

#[test]
fn pictures_of_a_risky_kind_may_hold_text_where_the_file_says_nothing() -> Outcome {
    story(one(Slice::of("2.25.71", 1)).sized(120, 40)).opens().expect(shows("burnt-in text?")).ends()?;
    // The phantoms say that they hold none.
    story(grades()).opens().expect(hides("burnt-in")).ends()
}

#[test]
fn the_letters_of_readers_beyond_z_are_two() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..28 {
        table.push_str(&format!("S-1,r{n:02},grade,{}\n", if n % 2 == 0 { "mild" } else { "severe" }));
    }
    let setting =
        Setting::of("name = \"many\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"severe\"]\n");
    let hidden = |letters: &'static str| {
        that(move |play| {
            let hidden = play.state.open.as_ref().map(|open| open.picture.hidden.clone()).unwrap_or_default();
            let found = hidden.into_iter().collect::<Vec<_>>().join(" ");
            if found == letters { Ok(()) } else { Err(format!("hidden: {found:?}")) }
        })
    };
    story(setting.reads(&table).file("S-1.dcm", Slice::of("2.25.71", 1).bytes()))
        .opens()
        .keys("v b")
        .expect(hidden("B"))
        .keys("v a")
        .expect(shows("second letter"))
        .keys("b")
        .expect(no_popup())
        .expect(hidden("AB B"))
        .keys("v a enter")
        .expect(hidden("A AB B"))
        .ends()
}

#[test]
fn screens_of_the_viewer_look_as_they_did() -> Outcome {
    let compare = |name: &'static str| {
        move |play: &mut Play| -> Outcome {
            let picture = picture_of(&play.pictured()?);
            let mut settings = insta::Settings::clone_current();
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(name, picture));
            Ok(())
        }
    };
    story(stack(9).sized(80, 24)).opens().looks().keys("M").then(compare("ruler-80")).ends()?;
    story(stack(9).sized(120, 40))
        .opens()
        .looks()
        .keys("b enter . .")
        .looks()
        .then(compare("beside-120"))
        .ends()?;
    story(one(Slice::of("2.25.71", 1)).sized(80, 24)).opens().keys("H").then(compare("header-80")).ends()
}
