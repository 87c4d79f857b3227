//! `tickets`, `feedback` and `ambiguity`: what readers are to learn, and what nobody could.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{self, Cli, TicketsAction};
use super::exit::{self, Failure, Outcome};
use super::import::decoder;
use super::table::{Table, left, right};
use super::{Out, counted, open, put_within, say_within};
use crate::domain::moment::rfc3339;
use crate::domain::text::Safe;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::word::Word;
use crate::imaging::Decoder;
use crate::preview::encode::{Effort, outlined_png};
use crate::preview::outline::{Grain, draw};
use crate::preview::plan::{Dash, Outline, View};
use crate::preview::render;
use crate::report::packet::{Drawn, FINAL, OWN, page};
use crate::review::ReviewError;
use crate::review::ambiguity::ambiguity as measure;
use crate::review::feedback::{Pictured, feedback as collect};
use crate::review::tickets::{self, Wanted};

/// How large pictures of a packet are at most, across and down.
const ROOM: (u32, u32) = (512, 512);

/// Cases that a line names.
const MOST_NAMED: usize = 12;

pub fn tickets(cli: &Cli, out: &mut Out, wanted: &args::Tickets) -> Outcome {
    let mut session = open(cli)?;
    let ticket = match &wanted.action {
        None => {
            tickets::open_due(&mut session)?;
            return list(out, tickets::list(&mut session)?, wanted.limit);
        }
        Some(TicketsAction::Assign { id, cases }) => tickets::assign(&mut session, id, cases)?,
        Some(TicketsAction::Retest { id, seed, good, bad, output, force }) => {
            if let Some(file) = output.as_ref().filter(|file| file.exists() && !force) {
                return Err(ReviewError::Exists(file.clone()).into());
            }
            let share = |percent: Option<f64>| percent.map(|percent| percent / 100.0);
            let wanted = Wanted { good: share(*good), bad: share(*bad), seed: *seed };
            let ticket = tickets::retest(&mut session, id, wanted)?;
            if let Some(file) = output {
                write_questions(&ticket, file)?;
            }
            ticket
        }
        Some(TicketsAction::Result { id, file }) => {
            let (ticket, unasked) = tickets::tested(&mut session, id, file)?;
            return told(out, &ticket, Some(&unasked));
        }
        Some(TicketsAction::Close { id, why }) => tickets::close(&mut session, id, why)?,
    };
    told(out, &ticket, None)
}

fn list(out: &mut Out, mut all: Vec<Ticket>, limit: Option<usize>) -> Outcome {
    let there = all.len() as u64;
    all.truncate(limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&Json::from_iter(all.iter().map(as_json)))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("ticket"),
        left("reader").whole(),
        left("label"),
        left("trigger").wrapped(),
        left("state"),
        right("cases"),
        left("opened"),
    ]);
    for ticket in &all {
        table.row(vec![
            ticket.id.clone(),
            ticket.reader.clone(),
            ticket.label.clone().unwrap_or_default(),
            ticket.trigger.clone(),
            ticket.state.word().to_owned(),
            match ticket.unread {
                0 => ticket.cases.len().to_string(),
                unread => format!("{}, {unread} unread", ticket.cases.len()),
            },
            rfc3339(ticket.opened).chars().take(10).collect(),
        ]);
    }
    if all.is_empty() && there > 0 {
        let there = counted(there, "ticket is there", "tickets are there");
        out.line(format!("no ticket is shown, as --limit 0 asks: {there}"))?;
        return out.done(exit::FINE);
    }
    out.table(&table)?;
    if all.is_empty() {
        out.line("no ticket: nothing of any reader's figures calls for one")?;
    }
    out.done(exit::FINE)
}

fn as_json(ticket: &Ticket) -> Json {
    let mut json = json!(ticket);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("opened".into(), rfc3339(ticket.opened).into());
        fields.insert("changed".into(), rfc3339(ticket.changed).into());
    }
    json
}

/// Says where a ticket stands; `unasked` are cases of a file of answers that the re-test didn't ask for.
fn told(out: &mut Out, ticket: &Ticket, unasked: Option<&[String]>) -> Outcome {
    if out.json {
        let mut json = as_json(ticket);
        if let (Some(fields), Some(unasked)) = (json.as_object_mut(), unasked) {
            fields.insert("unasked".into(), json!(unasked));
        }
        out.json(&json)?;
        return out.done(exit::FINE);
    }
    let label = ticket.label.as_ref().map_or(String::new(), |label| format!(" on {}", Safe::new(label)));
    out.line(format!("{}: {}{label}, {}", ticket.id, Safe::new(&ticket.reader), ticket.state.word()))?;
    // Of a ticket whose material was given once more the last re-test is history.
    let tests = matches!(ticket.state, TicketState::Retest | TicketState::Passed | TicketState::Failed);
    if let Some(retest) = ticket.retest.as_ref().filter(|_| tests) {
        out.line(format!(
            "re-test of {}, passed with up to {} wrong: a reader with {:.1} % of errors fails with a chance of {:.0} % at \
             most, one with {:.1} % passes with {:.0} % at most",
            counted(retest.questions.len() as u64, "case", "cases"),
            retest.accept,
            retest.good * 100.0,
            retest.alpha * 100.0,
            retest.bad * 100.0,
            retest.beta * 100.0
        ))?;
    }
    if let Some(tested) = ticket.result.as_ref().filter(|_| tests) {
        let unanswered = match tested.unanswered {
            0 => String::new(),
            n => format!(", of which {n} without an answer"),
        };
        out.line(format!("{} wrong{unanswered}", tested.wrong.len()))?;
    }
    if let Some(unasked) = unasked.filter(|unasked| !unasked.is_empty()) {
        let more = unasked.len().saturating_sub(MOST_NAMED);
        let named: Vec<String> =
            unasked.iter().take(MOST_NAMED).map(|case| Safe::new(case).to_string()).collect();
        out.line(format!(
            "{} not asked, and left alone: {}{}",
            counted(unasked.len() as u64, "case of the file was", "cases of the file were"),
            named.join(", "),
            if more > 0 { format!(" and {more} more") } else { String::new() }
        ))?;
    }
    out.done(exit::FINE)
}

/// Writes the questions of a re-test as a table that the reader fills in: nothing in it tells the answers.
fn write_questions(ticket: &Ticket, file: &Path) -> Result<(), Failure> {
    let mut text = String::from("case,reader,label,value\n");
    for question in ticket.retest.iter().flat_map(|retest| &retest.questions) {
        let cell = |text: &str| match text.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.to_owned(),
        };
        let cells = [&question.case, &ticket.reader, &question.label].map(|text| cell(text));
        text.push_str(&format!("{},\n", cells.join(",")));
    }
    std::fs::write(file, text).map_err(|fault| ReviewError::Write { path: file.into(), fault }.into())
}

pub fn feedback(cli: &Cli, out: &mut Out, wanted: &args::Feedback) -> Outcome {
    let (html, data) = (wanted.output.join("index.html"), wanted.output.join("feedback.json"));
    for file in [&html, &data] {
        if file.exists() && !wanted.force {
            return Err(ReviewError::Exists(file.clone()).into());
        }
    }
    let packet = collect(&mut open(cli)?, &wanted.reader, &wanted.within.cases())?;
    let mut decoder = decoder();
    let none = || Err("no image of this case is known".to_owned());
    let pictures: Vec<Result<Drawn, String>> = packet
        .entries
        .iter()
        .map(|entry| entry.picture.as_ref().map_or_else(none, |of| picture(&mut decoder, of)))
        .collect();
    let cannot = |fault: std::io::Error| {
        let folder = Safe::new(&wanted.output.to_string_lossy()).to_string();
        Failure::new(exit::CANNOT_CREATE, format!("failed to write into {folder}: {fault}"))
    };
    std::fs::create_dir_all(&wanted.output).map_err(cannot)?;
    std::fs::write(&html, page(&packet, &pictures)).map_err(cannot)?;
    std::fs::write(&data, format!("{:#}\n", json!(packet))).map_err(cannot)?;
    let files = [&html, &data].map(|file| file.to_string_lossy().into_owned());
    let shown = pictures.iter().filter(|picture| picture.is_ok()).count() as u64;
    if out.json {
        let mut written = json!({
            "reader": packet.reader, "files": files, "cases": packet.cases, "adjudicated": packet.adjudicated,
            "entries": packet.entries.len(), "pictures": shown, "left_out": packet.left_out,
            "unread": packet.unread,
        });
        put_within(&mut written, &packet.within);
        out.json(&written)?;
        return out.done(exit::FINE);
    }
    out.line(format!(
        "wrote {} with {} for {} to {}",
        counted(packet.entries.len() as u64, "entry", "entries"),
        counted(shown, "picture", "pictures"),
        Safe::new(&packet.reader),
        files.join(" and ")
    ))?;
    say_within(out, &packet.within)?;
    if packet.unread > 0 {
        out.line(format!(
            "{} not in it: you have yet to read {} for a sample, without knowing the answer",
            counted(packet.unread, "case is", "cases are"),
            if packet.unread == 1 { "it" } else { "them" }
        ))?;
    }
    out.done(exit::FINE)
}

/// Draws a picture with the reader's own outline and the final one.
fn picture(decoder: &mut Decoder, of: &Pictured) -> Result<Drawn, String> {
    let file = of.files.first().ok_or("the file of this image is no longer where it was")?;
    let view = View {
        image: of.image.clone(),
        frame: of.frame,
        window: None,
        inverted: false,
        quarters: 0,
        flipped: false,
        region: None,
        at_most: None,
    };
    let frame =
        decoder.frame(file, of.frame, &render::need(&view, ROOM)).map_err(|fault| fault.to_string())?;
    let rendered = render::render(&frame, &view, ROOM);
    let on_frame = |shapes: &[crate::domain::geometry::Geometry]| {
        shapes.iter().filter(|shape| shape.frame == of.frame).cloned().collect::<Vec<_>>()
    };
    let outline =
        |colour, dash, shapes| Outline { letter: String::new(), colour, dash, strong: true, shapes };
    let (own, answer) = (on_frame(&of.own), on_frame(&of.answer));
    let drawn = (!own.is_empty(), !answer.is_empty());
    let outlines = [outline(FINAL, Dash::Solid, answer), outline(OWN, Dash::Dashed, own)];
    let size = (rendered.picture.width, rendered.picture.height);
    let overlay = draw(&outlines, &rendered.map, size.0, size.1, Grain::Fine(1.0));
    let window = rendered.window.map_or(String::new(), |of| format!(", W {:.0} L {:.0}", of.width, of.level));
    let elsewhere = match (of.own.is_empty(), of.answer.is_empty()) {
        (_, false) if !drawn.1 => "; the final outline lies on another frame",
        (false, _) if !drawn.0 => "; your outline lies on another frame",
        _ => "",
    };
    let (columns, rows) = rendered.covers;
    let words = format!(
        "{}×{} of {columns}×{rows}, frame {}{window}{elsewhere}",
        size.0,
        size.1,
        u64::from(of.frame) + 1
    );
    let png = outlined_png(&rendered.picture, &overlay, Effort::High);
    Ok(Drawn { png, words, own: drawn.0, answer: drawn.1 })
}

pub fn ambiguity(cli: &Cli, out: &mut Out, wanted: &args::Ambiguity) -> Outcome {
    let mut all = measure(&mut open(cli)?, wanted.label.as_deref(), &wanted.within.cases())?;
    all.truncate(wanted.limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("label").whole(),
        right("decided"),
        right("ambiguous"),
        right("share"),
        right("reducible"),
        left("types").wrapped(),
        left("what would resolve it").wrapped(),
    ]);
    let counts = |all: &std::collections::BTreeMap<String, u64>| {
        all.iter().map(|(word, n)| format!("{word} {n}")).collect::<Vec<_>>().join(", ")
    };
    for of in &all {
        let share = match (of.share, of.low, of.high) {
            (Some(share), Some(low), Some(high)) => {
                format!("{:.1} % [{:.1}–{:.1}]", share * 100.0, low * 100.0, high * 100.0)
            }
            _ => String::new(),
        };
        let resolve: Vec<String> =
            of.resolve.iter().take(3).map(|said| format!("{} ({})", said.what, said.n)).collect();
        table.row(vec![
            of.label.clone(),
            of.decided.to_string(),
            of.ambiguous.to_string(),
            share,
            of.reducible_share.map_or(String::new(), |share| format!("{:.0} %", share * 100.0)),
            counts(&of.types),
            resolve.join(", "),
        ]);
    }
    out.table(&table)?;
    say_within(out, &wanted.within.cases())?;
    out.done(exit::FINE)
}
