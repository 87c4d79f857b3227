//! Pictures that are made before anybody asks for them.

use overread::app::state::Display;
use overread::domain::event::Action;
use overread::preview::plan::{Protocol, Wanted};

use crate::common::Outcome;
use crate::story::*;

/// Does something that shows another picture, which has to be among those that were likely before, as it is then wanted.
fn comes_ahead(play: &mut Play, keys: &str) -> Outcome {
    let likely = play.plan().next;
    let before = play.wanted();
    for key in keys.split(' ') {
        play.press(key.parse()?)?;
    }
    let shown = play.wanted();
    let names = |all: &[Wanted]| all.iter().map(|one| one.case.clone()).collect::<Vec<_>>();
    if shown.is_empty() || shown == before {
        return Err(format!("{keys} shows no other picture: {:?}", names(&shown)).into());
    }
    match shown.iter().all(|one| likely.contains(one)) {
        true => Ok(()),
        false => Err(format!("{:?} was not among {:?}", names(&shown), names(&likely)).into()),
    }
}

#[test]
fn the_picture_of_the_next_case_is_wanted_before_the_case_is_opened() -> Outcome {
    for setting in [grades(), boxes(), grades().sized(80, 24), grades().review("mode = \"third-read\"")] {
        story(setting)
            .then(|play| comes_ahead(play, "enter"))
            .waits(SECOND)
            .then(|play| comes_ahead(play, "s"))
            .ends()?;
    }
    Ok(())
}

#[test]
fn the_pictures_beside_the_one_in_the_worklist_are_wanted_before_one_moves() -> Outcome {
    story(grades())
        .then(|play| comes_ahead(play, "j"))
        .then(|play| comes_ahead(play, "j"))
        .then(|play| comes_ahead(play, "k"))
        .ends()
}

#[test]
fn looking_ahead_is_no_view_and_no_claim() -> Outcome {
    story(grades())
        .opens_and_sees()
        .waits(10 * SECOND)
        .expect(that(|play| match play.plan().next.iter().any(|wanted| wanted.case == "CT-1") {
            true => Ok(()),
            false => Err("nothing is read ahead".into()),
        }))
        .expect(logged(Action::View, 1))
        .expect(logged(Action::Claim, 1))
        .meanwhile("max", |session| Ok(overread::review::decide::claim(session, "CT-1", "t").map(|_| ())?))
        .ends()
}

#[test]
fn what_is_at_somebody_else_is_no_longer_likely() -> Outcome {
    story(grades())
        .opens_and_sees()
        .meanwhile("max", |session| Ok(overread::review::decide::claim(session, "CT-1", "t").map(|_| ())?))
        .expect(that(|play| {
            let mut likely = play.plan().next.into_iter().map(|wanted| wanted.case);
            match likely.all(|case| case != "CT-1") {
                true => Ok(()),
                false => Err("a case that is claimed is still wanted".into()),
            }
        }))
        .ends()
}

#[test]
fn nothing_is_read_ahead_where_no_pictures_are_shown() -> Outcome {
    let off = |display: &mut Display| display.protocol = Protocol::Off;
    story(grades().on(off))
        .opens()
        .expect(that(|play| match play.plan().next.len() {
            0 => Ok(()),
            count => Err(format!("{count} pictures")),
        }))
        .ends()
}
