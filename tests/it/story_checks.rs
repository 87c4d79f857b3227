//! Stories of the screen of checks: what they find leads to the cases, and a lead lets it pass.

use overread::domain::event::Action;

use crate::common::Outcome;
use crate::story::*;

/// A case with a box the wrong way round, which blocks it, and one with a tiny box.
fn broken() -> Setting {
    let table = "case,reader,label,value,x_min,y_min,x_max,y_max\n\
         CT-5,ann,lesion,,100,100,60,60\nCT-5,bob,lesion,absent,,,,\n\
         CT-6,ann,lesion,,100,100,101,120\nCT-6,bob,lesion,absent,,,,\n";
    boxes().reads(table)
}

#[test]
fn what_the_checks_find_leads_to_the_case() -> Outcome {
    story(broken())
        .keys("o k")
        .expect(header("what the automated checks find"))
        // What blocks comes first.
        .expect(shows("box-inverted"))
        .expect(shows("blocks the case until the read is corrected"))
        .expect(shows("box-tiny"))
        .keys("f")
        .expect(a_menu("What one check finds"))
        .keys("j enter")
        .expect(shows("Checks: box-inverted"))
        .expect(hides("box-tiny"))
        .keys("F /")
        .types("only")
        .keys("enter")
        .expect(hides("box-inverted"))
        .expect(shows("box of only 1.0×20.0 pixels"))
        .keys("enter")
        .expect(at("CT-6", "lesion#1"))
        .expect(shows("check: lesion: box of only"))
        .keys("esc")
        .expect(header("what the automated checks find"))
        .keys("esc esc")
        .expect(in_worklist())
        .ends()
}

#[test]
fn a_lead_lets_a_problem_pass_with_a_reason_and_nobody_else_does() -> Outcome {
    story(broken()).keys("o k W").expect(says("only a lead lets problems pass")).expect(no_popup()).ends()?;
    story(broken().seen_by("lea"))
        .keys("o k W")
        .expect(a_prompt("Why may box-inverted of reader"))
        .types("known fault of the tool")
        .keys("enter")
        .expect(says("box-inverted is waived there"))
        .expect(logged(Action::Waive, 1))
        .keys("/")
        .types("inverted")
        .keys("enter")
        .expect(shows("waived by lea"))
        .keys("W")
        .expect(says("let it pass already"))
        .ends()
}
