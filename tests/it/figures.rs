//! What screens and the report draw, over a store: each figure with the cases behind it.

use std::error::Error;

use overread::domain::item::DisputeType;
use overread::domain::value::Value;
use overread::review::Session;
use overread::review::figures::{Cell, Figures, Request, Which, figures};
use serde_json::json;

use crate::cli_agree::project;
use crate::common::{Outcome, Place};

const CHARTER: &str = "name = \"t\"
[review]
mode = \"open\"
undo_minutes = 0
[labels.grade]
kind = \"ordinal\"
levels = [1, 2, 3]
[labels.lesion]
kind = \"box\"
";

const READS: &str = "case,reader,label,value,x_min,y_min,x_max,y_max,read_at
a,ann,grade,1,,,,,2026-11-02T08:00:00Z
a,bob,grade,3,,,,,2026-11-02T09:00:00Z
b,ann,grade,2,,,,,2026-11-03T08:00:00Z
b,bob,grade,2,,,,,2026-11-03T08:10:00Z
c,ann,grade,1,,,,,2026-11-10T08:00:00Z
c,bob,grade,2,,,,,2026-11-10T08:00:00Z
d,ann,grade,1,,,,,2026-11-11T08:00:00Z
d,bob,grade,1,,,,,2026-11-11T08:00:00Z
d,ann,lesion,,10,10,20,20,2026-11-11T08:00:00Z
d,bob,lesion,,10,10,20,15,2026-11-11T08:00:00Z
";

fn drawn(place: &Place) -> Result<Figures, Box<dyn Error>> {
    let mut session = Session::open(
        &place.join("s.overread"),
        overread::runtime::account(),
        None,
        "test".into(),
        overread::runtime::now,
    )?;
    let mut done = Vec::new();
    let found = figures(&mut session, &Request::default(), |cases| done.push(cases))?;
    assert_eq!(done, [4]);
    Ok(found)
}

fn names(figures: &Figures, cell: Cell) -> Vec<String> {
    figures.cases(&cell).iter().map(|name| name.to_string()).collect()
}

#[test]
fn one_walk_gives_every_figure_and_the_cases_behind_each() -> Outcome {
    let place = project(CHARTER, READS)?;
    let answer = json!({ "case": "a", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    place.feed(["decide"], &answer.to_string())?.fine()?;
    let all = drawn(&place)?;
    let grade = all.label("grade").ok_or("no grade")?;
    assert_eq!(grade.people, ["ann", "bob"]);
    let pair = grade.pair("bob", "ann").ok_or("no pair")?;
    assert_eq!((pair.n, pair.measures["percent_agreement"].value), (4, Some(0.5)));
    let weeks: Vec<(&str, u64, Option<f64>)> = grade
        .weeks
        .iter()
        .map(|week| (week.week.as_str(), week.of.n_items, week.of.percent_agreement.value))
        .collect();
    assert_eq!(weeks, [("2026-11-02", 2, Some(0.5)), ("2026-11-09", 2, Some(0.5))]);
    assert_eq!(grade.settled_weeks.iter().map(|week| week.of.n_items).sum::<u64>(), 1);
    let bars: Vec<u64> = grade.gaps.iter().flat_map(|gaps| gaps.bars.iter().map(|bar| bar.n)).collect();
    assert_eq!(bars, [1, 1]);
    let funnel = grade.funnel.as_ref().ok_or("no funnel")?;
    assert_eq!(funnel.points, [("ann".to_owned(), 3, 1.0 / 3.0), ("bob".to_owned(), 3, 0.0)]);
    assert!(funnel.limits.windows(2).all(|two| two[0].n < two[1].n && two[0].three[1] >= two[1].three[1]));

    let label = || "grade".to_owned();
    let pair = |differ| Cell::Pair { label: label(), a: "bob".into(), b: "ann".into(), differ };
    assert_eq!(names(&all, pair(true)), ["a", "c"]);
    assert_eq!(names(&all, pair(false)), ["a", "b", "c", "d"]);
    let reader = |reader: &str, which| Cell::Reader { label: label(), reader: reader.into(), which };
    assert_eq!(names(&all, reader("ann", Which::Against)), ["a"]);
    assert_eq!(names(&all, reader("bob", Which::Against)), [""; 0]);
    // Nobody has settled c yet.
    assert_eq!(names(&all, reader("bob", Which::Settled)), ["a", "b", "d"]);
    assert_eq!(names(&all, reader("bob", Which::Read)), ["a", "b", "c", "d"]);
    // With two cases a sample, the second week's is of the case that is agreed on and of the one that is open.
    let few = project(&format!("{CHARTER}[triggers]\nmin_n = 1\n"), READS)?;
    few.feed(["decide"], &answer.to_string())?.fine()?;
    let of_weeks = drawn(&few)?;
    let of_sample = |sample, which| {
        names(&of_weeks, Cell::Sample { label: label(), reader: "ann".into(), sample, which })
    };
    assert_eq!(
        (of_sample(0, Which::Read), of_sample(0, Which::Against)),
        (vec!["a".into(), "b".into()], vec!["a".into()])
    );
    assert_eq!(
        (of_sample(1, Which::Read), of_sample(1, Which::Settled)),
        (vec!["c".into(), "d".into()], vec!["d".into()])
    );
    assert_eq!(of_sample(2, Which::Read), [""; 0]);
    let at = grade.weeks[0].start;
    assert_eq!(names(&all, Cell::Week { label: label(), at, differ: true }), ["a"]);
    let at = grade.settled_weeks[0].start;
    assert_eq!(names(&all, Cell::SettledWeek { label: label(), at }), ["a"]);
    let bar = grade.gaps[0].bars[1];
    let gap = Cell::Gap { label: label(), kind: DisputeType::Grade, low: bar.low, high: bar.high };
    assert_eq!(names(&all, gap), ["a"]);
    assert_eq!(names(&all, Cell::Level { label: label(), level: Value::Number(1.0) }), ["d"]);
    assert_eq!(names(&all, Cell::Waiting { label: label(), level: Value::Number(2.0) }), ["c"]);
    assert_eq!(names(&all, Cell::Ambiguous { label: "size".into() }), [""; 0]);

    let lesion = all.label("lesion").ok_or("no lesion")?;
    assert_eq!(lesion.balance.unit, "case");
    assert_eq!(lesion.agreement.measures["mean_iou"].value, Some(0.5));
    Ok(())
}

#[test]
fn what_is_ambiguous_is_left_out_beside() -> Outcome {
    let place = project(CHARTER, READS)?;
    assert!(drawn(&place)?.labels.iter().all(|of| of.without_ambiguous.is_none()));
    let unsure = json!({ "types": ["A1"], "alternatives": [{ "value": 1, "weight": 0.5 }, { "value": 3, "weight": 0.5 }] });
    let answer = json!({ "case": "a", "dispute": "grade#1", "answer": "ambiguous", "confidence": 2, "ambiguity": unsure });
    place.feed(["decide"], &answer.to_string())?.fine()?;
    let all = drawn(&place)?;
    let grade = all.label("grade").ok_or("no grade")?;
    let without = grade.without_ambiguous.as_ref().ok_or("nothing beside")?;
    let share = |of: &overread::review::agree::Agreement| of.measures["percent_agreement"].value;
    assert_eq!((share(&grade.agreement), share(without)), (Some(0.5), Some(2.0 / 3.0)));
    assert_eq!((grade.agreement.n_items, without.n_items), (4, 3));
    assert_eq!(names(&all, Cell::Ambiguous { label: "grade".into() }), ["a"]);
    assert_eq!(grade.balance.unclassed, 1);
    Ok(())
}
