//! `report`: one page that is whole in itself, says what the other commands say, and holds nobody's markup.

use serde_json::{Value as Json, json};

use crate::cli_agree::project;
use crate::common::{Outcome, Place};

const CHARTER: &str = "name = \"<b>chest</b> & co\"
[review]
mode = \"open\"
undo_minutes = 0
[labels.opacity]
kind = \"present\"
[labels.\"<script>alert(1)</script>\"]
kind = \"present\"
";

/// Three readers, one of them with a name that is markup, and a label that is too.
fn reads() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 1..=9 {
        for (n, reader) in ["ann", "bob", "<img src=x onerror=alert(2)>"].into_iter().enumerate() {
            let present = (case % 3 == n) != (case < 4);
            let value = if present { "present" } else { "absent" };
            table.push_str(&format!("p{case},{reader},opacity,{value}\n"));
            table.push_str(&format!("p{case},{reader},<script>alert(1)</script>,absent\n"));
        }
    }
    table
}

fn reported() -> Outcome<(Place, String)> {
    let place = project(CHARTER, &reads())?;
    let lines = (1..=6).map(|case| {
        let answer = if case == 2 { json!("ambiguous") } else { json!({ "value": "present" }) };
        let mut line =
            json!({ "case": format!("p{case}"), "dispute": "opacity#1", "answer": answer, "confidence": 4 });
        if case == 2 {
            line["ambiguity"] = json!({ "types": ["A2"], "reducible": "information", "alternatives":
                [{ "value": "present", "weight": 0.5 }, { "value": "absent", "weight": 0.5 }] });
        }
        format!("{line}\n")
    });
    place.feed(["decide", "-"], &lines.collect::<String>())?.fine()?;
    place.run(["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    Ok((place, page))
}

#[test]
fn labels_are_ranked_within_one_measure() -> Outcome {
    let charter = "name = \"t\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4]\n[labels.kind]\nkind = \"categorical\"\nlevels = [\"a\", \"b\", \"c\"]\n";
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 0..24 {
        // Neighbours on every other grade: AC1 is low where AC2 is high.
        let (grade, kind) = (case % 4 + 1, ["a", "b", "c"][case % 3]);
        let other = if case % 2 == 0 { grade + 1 } else { grade };
        let unlike = if case % 4 == 0 { "a" } else { kind };
        table.push_str(&format!("c{case},x,grade,{grade}\nc{case},y,grade,{other}\n"));
        table.push_str(&format!("c{case},x,kind,{kind}\nc{case},y,kind,{unlike}\n"));
    }
    let place = project(charter, &table)?;
    place.run(["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    let short =
        page.split("In short").nth(1).and_then(|rest| rest.split("</ul>").next()).ok_or("no summary")?;
    assert!(
        short.contains("agree least on <b>grade</b> (AC1") && short.contains("most on <b>kind</b> (AC1"),
        "{short}"
    );
    assert!(!short.contains("AC2"), "{short}");
    Ok(())
}

#[test]
fn rates_without_an_audit_say_that_they_are_too_low() -> Outcome {
    let (place, page) = reported()?;
    let words = "no agreed item was audited";
    assert!(page.contains(words), "{page}");
    let said = place.run(["readers"])?.fine()?;
    assert!(said.contains(words), "{said}");
    let all = place.run(["readers", "--json"])?.json()?;
    assert_eq!(all[0]["audited"], 0, "{all}");
    Ok(())
}

#[test]
fn a_report_is_whole_in_itself_and_holds_no_markup_of_others() -> Outcome {
    let (_, page) = reported()?;
    for outside in [
        "http://",
        "https://",
        "<script",
        "<img",
        "<link",
        "@import",
        "url(",
        "<b>chest",
        "onerror=alert(2)>",
    ] {
        // A namespace is a name and nothing that is fetched.
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("&lt;b&gt;chest&lt;/b&gt; &amp; co"));
    assert!(page.contains("<svg") && page.ends_with("</html>"));
    Ok(())
}

#[test]
fn a_report_says_what_agree_and_readers_say() -> Outcome {
    let (place, page) = reported()?;
    let agreement = place.run(["agree", "--label", "opacity", "--json"])?.json()?;
    let mut compared = 0;
    for name in ["percent_agreement", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha_nominal"] {
        let figure = &agreement[0]["measures"][name];
        let (Some(value), Some(low)) = (figure["value"].as_f64(), figure["low"].as_f64()) else { continue };
        assert!(
            page.contains(&format!("<td>{value:.2}<br><span class=\"faint\">{:.2} to", low.max(-1.0))),
            "{name}"
        );
        compared += 1;
    }
    // All items agree in the same part, of which no interval is made.
    assert_eq!(compared, 3);
    let readers = place.run(["readers", "--label", "opacity", "--json"])?.json()?;
    let of_ann = readers.as_array().into_iter().flatten().find(|of| of["reader"] == "ann").ok_or("no ann")?;
    let index = of_ann["disagreement_index"].as_f64().ok_or("no index")?;
    assert!(page.contains(&format!("<td>{index:.2}<br>")), "{index}");
    assert!(page.contains("1 item is documented as truly ambiguous"), "{page}");
    Ok(())
}

#[test]
fn a_report_compares_sites_and_batches_where_there_are_several() -> Outcome {
    let (place, page) = reported()?;
    assert!(!page.contains("By site") && !page.contains("By batch"), "one batch is nothing to compare");
    place
        .write("<b>north.csv", "case,reader,label,value\nn1,ann,opacity,present\nn1,bob,opacity,absent\n")?;
    place.run(["import", "<b>north.csv", "--site", "north & west"])?.fine()?;
    place.run(["report", "-o", "r.html", "--force"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    let row =
        |words: &str, items: u64| format!("<td>opacity</td><td class=\"words\">{words}</td><td>{items}</td>");
    for row in
        [row("north &amp; west", 1), row("unknown", 9), row("&lt;b&gt;north.csv", 1), row("reads.csv", 9)]
    {
        assert!(page.contains(&row), "no {row}");
    }
    Ok(())
}

#[test]
fn every_figure_leads_to_what_it_is() -> Outcome {
    let (_, page) = reported()?;
    let mut led = 0;
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        led += 1;
    }
    assert!(led > 10, "{led}");
    Ok(())
}

#[test]
fn a_report_is_an_event_and_names_the_head_that_it_was_made_of() -> Outcome {
    let (place, page) = reported()?;
    let log = place.run(["log", "--json"])?.lines()?;
    let made = log.iter().find(|event| event["action"] == "export").ok_or("no event")?;
    assert_eq!((&made["detail"]["format"], &made["detail"]["file"]), (&json!("report"), &json!("r.html")));
    let head = made["hash"].as_str().ok_or("no hash")?;
    assert!(page.contains(head));
    place.run(["verify", "--head", head])?.fine()?;
    Ok(())
}

#[test]
fn a_report_replaces_no_file_unless_told_to_and_says_where_it_cannot_write() -> Outcome {
    let (place, before) = reported()?;
    let again = place.run(["report", "-o", "r.html"])?;
    assert_eq!(again.code, Some(73), "{again:?}");
    assert!(again.stderr.contains("--force"), "{again:?}");
    assert_eq!(std::fs::read_to_string(place.join("r.html"))?, before);
    let forced: Json = place.run(["report", "-o", "r.html", "--force", "--json"])?.json()?;
    assert_eq!(forced["cases"], json!(9));
    let nowhere = place.run(["report", "-o", "none/r.html"])?;
    assert_eq!(nowhere.code, Some(73), "{nowhere:?}");
    assert!(nowhere.stderr.contains("none/r.html"), "{nowhere:?}");
    Ok(())
}

#[test]
fn a_report_of_nothing_is_a_page_too() -> Outcome {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.run(["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    assert!(page.contains("0 cases") && page.contains("Nothing was adjudicated"), "{page}");
    Ok(())
}

/// Two labels of one kind each, of which one was read by a single reader.
const LEVELS: &str = "name = \"t\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"a\", \"b\", \"c\"]\n\
     [labels.nodule]\nkind = \"present\"\n[labels.cyst]\nkind = \"present\"\n";

#[test]
fn a_figure_that_is_not_given_says_why_in_the_words_of_agree() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 1..=4 {
        table.push_str(&format!(
            "p{case},ann,nodule,absent\np{case},bob,nodule,absent\np{case},ann,cyst,present\n"
        ));
    }
    let place = project(LEVELS, &table)?;
    place.run(["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    let said = place.run(["agree"])?.fine()?;
    for why in [
        "nodule: no Fleiss κ, α nominal, since no disagreement is to be expected: the answers don't vary (0/0)",
        "nodule: no positive agreement, since nobody says this level where two read",
        "cyst: no measure, since no item has two reads",
        "grade: no measure, since nobody read any item",
    ] {
        assert!(said.contains(why), "{why}: {said}");
    }
    let whys: Vec<&str> =
        said.lines().filter(|line| line.contains(": no ") && line.contains("since")).collect();
    assert!(whys.len() >= 4, "{said}");
    let plain = page.replace("&#39;", "'");
    // The report tells of more measures than the table does: those that both show have the same words.
    for words in
        ["cyst: no measure, since no item has two reads.", "grade: no measure, since nobody read any item."]
    {
        assert!(plain.contains(words), "{words}");
    }
    let varied = "nodule: no Fleiss κ, Conger κ, α nominal, since no disagreement is to be expected: the answers don't vary (0/0).";
    assert!(plain.contains(varied), "{plain}");
    Ok(())
}

#[test]
fn one_name_is_one_convention_in_the_report_and_in_agree() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for (case, (a, b, c)) in
        [("a", "a", "b"), ("b", "b", "b"), ("c", "b", "c"), ("a", "c", "c")].iter().enumerate()
    {
        for (reader, level) in [("ann", a), ("bob", b), ("cid", c)] {
            table.push_str(&format!("p{case},{reader},grade,{level}\n"));
        }
    }
    let place = project(LEVELS, &table)?;
    place.run(["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.join("r.html"))?;
    let said = place.run(["agree"])?.fine()?;
    for name in ["Fleiss κ", "α nominal", "α ordinal", "AC1"] {
        assert!(said.contains(name) && page.contains(&format!("\">{name}</a>")), "{name}");
    }
    assert!(page.contains("κ quadratic above, AC1 below"), "{page}");
    // No column is a bare letter.
    assert!(!page.contains("\">α</a>") && !page.contains("\">κ</a>"), "{page}");
    Ok(())
}
