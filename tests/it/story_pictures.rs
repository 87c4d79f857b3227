//! Screens as they look, styles and all, in themes and sizes that lie far apart. Each is there for what no other shows.
//!
//! After a change that was meant, `INSTA_UPDATE=always cargo nextest run -E 'test(story_pictures)'` takes them anew.

use overread::app::state::Display;
use overread::preview::plan::{Depth, Protocol};
use overread::review::decide::{claim, decide};
use overread::theme::Theme;

use crate::common::Outcome;
use crate::story::*;

/// A way in which a screen is looked at.
#[derive(Clone, Copy)]
enum Eyes {
    /// 24 bits of colour on a dark ground.
    Dark,
    /// 24 bits of colour on a light ground.
    Light,
    /// No colour, and ASCII alone.
    Mono,
}

impl Eyes {
    fn theme(self) -> Outcome<Theme> {
        let name = match self {
            Eyes::Dark => "dark",
            Eyes::Light => "light",
            Eyes::Mono => "mono",
        };
        let theme = Theme::load(name, &[]).map_err(|faults| format!("{faults:?}"))?;
        Ok(theme.with_ascii(matches!(self, Eyes::Mono)))
    }

    fn display(self, display: &mut Display) {
        match self {
            Eyes::Dark => display.light = Some(false),
            Eyes::Light => display.light = Some(true),
            Eyes::Mono => {
                display.depth = Depth::None;
                display.utf8 = false;
                display.protocol = Protocol::Off;
            }
        }
    }
}

/// Seats somebody with these eyes.
fn through(eyes: Eyes, setting: Setting) -> Outcome<Story> {
    let theme = eyes.theme()?;
    Ok(story(setting.on(|display| eyes.display(display))).then(|play| {
        play.theme = theme;
        Ok(())
    }))
}

/// Compares the screen with the picture of this name.
fn looks(name: &'static str) -> impl FnOnce(&mut Play) -> Outcome {
    move |play| {
        compare(name, &picture_of(&play.buffer()));
        Ok(())
    }
}

fn compare(name: &str, picture: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, picture));
}

/// A worklist in which something of everything has happened, with somebody else at a case.
fn busy(eyes: Eyes, setting: Setting, elsewhere: &'static str) -> Outcome<Story> {
    let told = through(eyes, setting.review("undo_minutes = \"never\""))?
        .opens_and_sees_if_any()
        .keys("1 5 enter enter")
        .waits(SECOND)
        .keys("d")
        .types("asks for the prior")
        .keys("enter esc")
        .meanwhile("max", |session| Ok(claim(session, elsewhere, "elsewhere").map(|_| ())?));
    Ok(told)
}

#[test]
fn the_worklist() -> Outcome {
    busy(Eyes::Dark, grades().sized(80, 24), "CT-3")?.then(looks("worklist-80-dark")).ends()?;
    busy(Eyes::Light, boxes().sized(120, 40), "CT-8")?.then(looks("worklist-120-light")).ends()?;
    busy(Eyes::Mono, grades().sized(200, 60), "CT-3")?.then(looks("worklist-200-mono")).ends()
}

#[test]
fn a_case() -> Outcome {
    through(Eyes::Mono, grades().sized(80, 24))?.opens().keys("2 4").then(looks("case-80-mono")).ends()?;
    through(Eyes::Light, boxes().sized(200, 60))?
        .opens_and_sees()
        .keys("n 1 2 tab")
        .then(looks("case-200-light"))
        .ends()
}

#[test]
fn a_case_with_its_picture_in_half_blocks() -> Outcome {
    through(Eyes::Dark, boxes().sized(80, 24).on(|display| display.depth = Depth::Ansi16))?
        .opens()
        .keys("z 2 4")
        .then(|play| {
            compare("case-80-half-blocks", &picture_of(&play.pictured()?));
            Ok(())
        })
        .ends()
}

#[test]
fn the_form_of_ambiguity() -> Outcome {
    let filled = |eyes, setting| -> Outcome<Story> {
        Ok(through(eyes, setting)?.opens_and_sees_if_any().keys("u enter space j space enter tab right"))
    };
    filled(Eyes::Dark, grades().sized(80, 24))?.then(looks("ambiguity-80-dark")).ends()?;
    filled(Eyes::Mono, grades().sized(120, 40))?.then(looks("ambiguity-120-mono")).ends()
}

#[test]
fn the_form_of_verdicts() -> Outcome {
    let filled = |eyes, setting| -> Outcome<Story> {
        Ok(through(eyes, setting)?.opens_and_sees_if_any().keys("1 4 a right right tab right right right"))
    };
    filled(Eyes::Light, grades().sized(80, 24))?.then(looks("verdicts-80-light")).ends()?;
    filled(Eyes::Dark, grades().sized(120, 40))?.keys("tab enter").then(looks("causes-120-dark")).ends()
}

#[test]
fn the_log_of_a_case() -> Outcome {
    through(Eyes::Mono, grades().sized(80, 24))?.opens().keys("f7").then(looks("log-80-mono")).ends()?;
    // So high that the event is shown up to its hash, which stands for where the store lies too.
    through(Eyes::Dark, grades().sized(120, 30))?
        .opens_and_sees()
        .waits(3 * SECOND)
        .keys("f7")
        .then(looks("log-120-dark"))
        .ends()
}

#[test]
fn help_and_palette() -> Outcome {
    through(Eyes::Dark, grades().sized(80, 24))?.opens().keys("?").then(looks("help-80-dark")).ends()?;
    through(Eyes::Light, grades().sized(120, 40))?
        .opens()
        .keys(":")
        .types("zoom")
        .then(looks("palette-120-light"))
        .ends()
}

/// Three readers' grades over seven weeks, of whom cyd drifts, and answers to half of what they differ on.
fn graded() -> (Setting, Vec<String>) {
    let mut reads = "case,reader,label,value,read_at\n".to_owned();
    let mut settled = Vec::new();
    for case in 0..48u64 {
        let truth = case * 7 % 4;
        let off = [case % 11 == 0, case % 5 == 0, case % 3 == 0 && case > 20];
        for (reader, off) in ["ann", "bob", "cyd"].into_iter().zip(off) {
            let grade = 1 + (truth + u64::from(off)) % 4;
            let (month, day) = (9 + (case + 6) / 30, 1 + (case + 6) % 30);
            reads.push_str(&format!("CT-{case},{reader},grade,{grade},2026-{month:02}-{day:02}T08:00:00Z\n"));
        }
        if off.contains(&true) && case % 8 != 0 {
            let answer = format!(r#"{{"value":{}}}"#, 1 + truth);
            settled.push(format!(
                r#"{{"case":"CT-{case}","dispute":"grade#1","answer":{answer},"confidence":4}}"#
            ));
        }
    }
    let charter = "name = \"grades\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4]\n\
                   [labels.effusion]\nkind = \"present\"\n[triggers]\nmin_n = 5\n";
    let setting = Setting::of(charter).review("undo_minutes = 0\nmode = \"open\"").reads(&reads);
    (setting.seen_by("lea"), settled)
}

/// A project whose figures somebody looks at.
fn figured(eyes: Eyes, columns: u16, rows: u16) -> Outcome<Story> {
    let (setting, settled) = graded();
    Ok(through(eyes, setting.sized(columns, rows))?.unheard("max", move |session| {
        for line in settled {
            decide(session, &serde_json::from_str(&line)?)?;
        }
        Ok(())
    }))
}

#[test]
fn the_figures_of_agreement() -> Outcome {
    figured(Eyes::Mono, 80, 24)?.keys("f4 tab tab").then(looks("agreement-80-mono")).ends()?;
    figured(Eyes::Light, 120, 40)?.keys("f4 tab tab tab").then(looks("agreement-120-light")).ends()?;
    figured(Eyes::Dark, 200, 60)?.keys("f4").then(looks("agreement-200-dark")).ends()
}

#[test]
fn the_figures_of_readers() -> Outcome {
    figured(Eyes::Dark, 80, 24)?.keys("f5 j j tab tab").then(looks("readers-80-dark")).ends()?;
    figured(Eyes::Light, 120, 40)?.keys("f5").then(looks("readers-120-light")).ends()?;
    figured(Eyes::Mono, 200, 60)?.keys("f5 j j").then(looks("readers-200-mono")).ends()
}

/// A project whose causes somebody looks at.
fn caused(eyes: Eyes, columns: u16, rows: u16) -> Outcome<Story> {
    let setting = crate::story_figures::project().guideline(crate::story_causes::GUIDELINE);
    Ok(through(eyes, setting.sized(columns, rows))?.unheard("max", crate::story_causes::caused))
}

#[test]
fn the_root_causes() -> Outcome {
    caused(Eyes::Mono, 80, 24)?.keys("f6 m").then(looks("root-causes-80-mono")).ends()?;
    caused(Eyes::Dark, 200, 60)?.keys("f6 tab").then(looks("root-causes-200-dark")).ends()
}

#[test]
fn what_is_no_work() -> Outcome {
    through(Eyes::Mono, grades().sized(30, 8))?.then(looks("too-small")).ends()?;
    through(Eyes::Dark, grades().sized(40, 10))?.opens().waits(10 * MINUTE).then(looks("locked")).ends()?;
    through(Eyes::Light, grades().sized(80, 24))?
        .opens_and_sees()
        .keys("2 4")
        .breaks("failed to write to the store: the disk is full; make room, and what is filled in is saved by itself")
        .keys("enter")
        .then(looks("unsaved-80-light"))
        .ends()
}
