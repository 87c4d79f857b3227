//! `doctor`: what was found here, and what to do about it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::args::Cli;
use super::config::{Config, Looks};
use super::exit::{self, Outcome};
use super::table::{Table, left};
use super::{Out, import, store_path, ui};
use crate::domain::word::Word;
use crate::imaging::ImagingError;
use crate::preview::brand::{self, Surroundings};
use crate::preview::cost;
use crate::preview::pace::Link;
use crate::preview::plan::{Depth, Protocol};
use crate::runtime::{self, probe};
use crate::store::{Store, network_file_system, sqlite_version};

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    found: String,
    ok: bool,
    advice: String,
}

pub fn doctor(cli: &Cli, out: &mut Out, link: Option<f64>) -> Outcome {
    let (sqlite, sound) = sqlite_version();
    let mut findings = vec![
        fine("program", crate::review::PROGRAM.to_owned()),
        fine("account", runtime::account()),
        finding("sqlite", sqlite.to_owned(), sound, "build overread with its bundled SQLite"),
        decoder(),
    ];
    findings.extend(store(cli));
    findings.extend(terminal(cli, link));
    if out.json {
        out.json(&json!(findings))?;
    } else {
        let mut table = Table::new(&[
            left("").whole(),
            left("what").whole(),
            left("found").wrapped(),
            left("advice").wrapped(),
        ]);
        for finding in &findings {
            let mark = if finding.ok { "✓" } else { "✗" };
            table.row([mark, finding.what, &finding.found, &finding.advice]);
        }
        out.table(&table)?;
    }
    out.done(if findings.iter().all(|finding| finding.ok) { exit::FINE } else { exit::PROBLEMS })
}

fn fine(what: &'static str, found: String) -> Finding {
    Finding { what, found, ok: true, advice: String::new() }
}

fn finding(what: &'static str, found: String, ok: bool, advice: &str) -> Finding {
    Finding { what, found, ok, advice: if ok { String::new() } else { advice.to_owned() } }
}

/// Starts a decoder and has it look at a file that isn't there: it answers that, or it doesn't run.
fn decoder() -> Finding {
    let answered = match import::decoder().header(Path::new("/nonexistent/overread-doctor")) {
        Err(error) => !matches!(error, ImagingError::Start { .. }),
        Ok(_) => true,
    };
    finding(
        "image decoder",
        if answered { "answers" } else { "does not start" }.to_owned(),
        answered,
        "check that this account may start programs and that the limit of processes (ulimit -u) is not reached",
    )
}

fn store(cli: &Cli) -> Vec<Finding> {
    let path = match store_path(cli) {
        Ok(path) => path,
        Err(failure) => {
            return vec![Finding { what: "store", found: "none".into(), ok: true, advice: failure.words }];
        }
    };
    let mut findings = Vec::new();
    if let Ok(meta) = std::fs::metadata(&path) {
        let mode = meta.mode() & 0o777;
        findings.push(finding(
            "store file mode",
            format!("{mode:o}"),
            mode & 0o007 == 0,
            "others can read it: chmod o-rwx the file",
        ));
    }
    let folder = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(meta) = std::fs::metadata(folder) {
        let mode = meta.mode() & 0o7777;
        findings.push(Finding {
            what: "store folder mode",
            found: format!("{mode:o}"),
            ok: mode & 0o002 == 0 || mode & 0o1000 != 0,
            advice: match mode & 0o007 {
                0 => String::new(),
                _ => "others can see the names of files in it: chmod o-rwx the folder; for a group, chmod g+s too".into(),
            },
        });
    }
    if let Ok(stat) = rustix::fs::statfs(folder) {
        let network = network_file_system(stat.f_type as u64 & 0xffff_ffff);
        findings.push(finding(
            "store file system",
            network.map_or_else(|| format!("local (type {:x})", stat.f_type), str::to_owned),
            network.is_none(),
            "move the store to a disk of the machine that everybody logs in to",
        ));
    }
    findings.push(match Store::open(&path) {
        Ok(store) if store.is_read_only() => finding(
            "store",
            format!("{} can only be read", path.to_string_lossy()),
            false,
            "ask its owner for write permission on the file and its folder",
        ),
        Ok(_) => fine("store", format!("{} opens", path.to_string_lossy())),
        Err(error) => Finding {
            what: "store",
            found: path.to_string_lossy().into(),
            ok: false,
            advice: error.to_string(),
        },
    });
    findings
}

/// How long a terminal may take to answer: a far one over SSH half a second and more.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same behind some kilobytes, for a terminal that does answer: what came later would be typed into the shell.
const LONG: Duration = Duration::from_secs(20);

fn terminal(cli: &Cli, link: Option<f64>) -> Vec<Finding> {
    let surroundings = probe::surroundings();
    let config = Config::read(cli).unwrap_or_default();
    let images = ui::images(cli.images.or(config.images));
    let depth = ui::depth(cli.color.or(config.color));
    let mut findings = Vec::new();
    let variable = |name: &str| runtime::variable(name).unwrap_or_else(|| "not set".into());
    findings.push(fine(
        "environment",
        format!(
            "TERM {}, COLORTERM {}, TERM_PROGRAM {}",
            variable("TERM"),
            variable("COLORTERM"),
            variable("TERM_PROGRAM")
        ),
    ));
    if runtime::has_terminal() {
        findings.extend(answered(&surroundings, images, depth, link));
    } else {
        findings.extend(
            link.map(|link| costs(Protocol::Off, brand::CELL, Some(stated(link)))).unwrap_or_default(),
        );
        findings.push(Finding {
            what: "terminal",
            found: "none: stdin or stdout leads elsewhere".into(),
            ok: true,
            advice: "run doctor in the terminal that you work in, without a pipe, to hear what it can show"
                .into(),
        });
    }
    if let Some((columns, rows)) = runtime::size().filter(|(columns, rows)| *columns > 0 && *rows > 0) {
        findings.push(finding(
            "terminal size",
            format!("{columns}×{rows}"),
            columns >= 80 && rows >= 24,
            "make the window at least 80×24",
        ));
    }
    findings.push(finding(
        "characters",
        if surroundings.utf8 { "UTF-8" } else { "not UTF-8" }.into(),
        surroundings.utf8,
        "set a UTF-8 locale, such as LC_ALL=C.UTF-8",
    ));
    if let Some(colour) = runtime::variable("NO_COLOR") {
        findings.push(fine("NO_COLOR", format!("{colour}: no colours are used")));
    }
    if surroundings.ssh {
        findings.push(fine("ssh", "yes".into()));
    }
    findings.extend(looks(cli));
    findings
}

/// Says what the terminal itself answers.
fn answered(
    surroundings: &Surroundings,
    images: Option<Protocol>,
    depth: Option<Depth>,
    link: Option<f64>,
) -> Vec<Finding> {
    let answers = match probe::ask(surroundings, PATIENCE) {
        Ok(answers) => answers,
        Err(error) => {
            return vec![Finding {
                what: "terminal",
                found: format!("failed to ask it: {error}"),
                ok: false,
                advice: "close the terminal and open another".into(),
            }];
        }
    };
    let terminal = brand::judge(&answers, surroundings, images, depth);
    let silent = if answers.complete() { "" } else { ", which answers nothing" };
    let mut findings = vec![
        fine("terminal", format!("{}{silent}", brand::name(&terminal))),
        fine("pictures", format!("{}: {}", terminal.protocol.word(), terminal.why)),
        fine("colours", terminal.depth.word().to_owned()),
        fine("cell", format!("{}×{} pixels", terminal.cell.0, terminal.cell.1)),
    ];
    findings.extend(
        terminal
            .background
            .map(|[red, green, blue]| fine("ground", format!("#{red:02x}{green:02x}{blue:02x}"))),
    );
    if !terminal.synchronized {
        findings.push(fine("frames", "can't be shown at once: they may flicker".into()));
    }
    let link = match link {
        Some(megabits) => Some(stated(megabits)),
        // What stands between answers before anything has arrived at the end.
        None if answers.complete() && terminal.brand.is_end() => probe::measure(LONG).ok(),
        None => None,
    };
    findings.extend(costs(terminal.protocol, terminal.cell, link));
    findings.extend(terminal.notes.into_iter().map(|advice| Finding {
        what: "note",
        found: String::new(),
        ok: true,
        advice,
    }));
    findings
}

/// Makes a link of so many megabits a second.
fn stated(megabits: f64) -> Link {
    Link::of(megabits * 1e6 / 8.0)
}

/// Says how fast the link is, what a picture takes on it in each way, and what to change where that is long.
fn costs(protocol: Protocol, cell: (u16, u16), link: Option<Link>) -> Vec<Finding> {
    let rate = link.as_ref().and_then(Link::rate);
    let speed = match (rate, link.as_ref().and_then(Link::trip)) {
        (Some(rate), Some(trip)) => {
            format!("about {:.1} Mbit/s, {:.0} ms a round trip", rate * 8.0 / 1e6, trip.as_secs_f64() * 1e3)
        }
        (Some(rate), None) => format!("{} Mbit/s, as stated", rate * 8.0 / 1e6),
        (None, _) => "not known".into(),
    };
    let mut link = fine("link", speed);
    if rate.is_none() {
        link.advice = "say how fast it is with --link, in Mbit/s, to hear what pictures take".into();
    }
    let mut findings = vec![link];
    let (width, height) = cost::SIZE;
    for of in cost::of(&cost::standard(), cell) {
        let seconds =
            |bytes: usize| rate.map_or(String::new(), |rate| format!(" in {:.2} s", bytes as f64 / rate));
        let kilo = |bytes: usize| bytes as f64 / 1000.0;
        let own = of.protocol == protocol;
        let slow = own && rate.is_some_and(|rate| of.full as f64 > rate);
        findings.push(Finding {
            what: "picture",
            found: format!(
                "{}{}: of {width}×{height} first {:.0} kB{}, whole {:.0} kB{}",
                of.protocol.word(),
                if own { ", in use" } else { "" },
                kilo(of.first),
                seconds(of.first),
                kilo(of.full),
                seconds(of.full)
            ),
            ok: true,
            advice: match slow {
                true => {
                    "pictures are made smaller by themselves until they take about a second; alt-g chooses"
                        .into()
                }
                false => String::new(),
            },
        });
    }
    findings
}

/// Says which keys and themes of a person's own are in force.
fn looks(cli: &Cli) -> Vec<Finding> {
    let looks = Looks::read(cli);
    let wrong = match (Config::read(cli).map(|config| config.theme), &looks) {
        (Err(failure), _) => Some(failure.words),
        (Ok(Some(name)), Ok(looks)) => looks.theme(&name).err().map(|failure| failure.words),
        _ => None,
    };
    if let Some(words) = wrong {
        return vec![Finding {
            what: "configuration",
            found: words,
            ok: false,
            advice: "mend config.toml".into(),
        }];
    }
    match looks {
        Ok(looks) if looks.files.is_empty() => Vec::new(),
        Ok(looks) => {
            let files: Vec<String> =
                looks.files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            vec![fine("own keys and themes", files.join(", "))]
        }
        Err(failure) => vec![Finding {
            what: "own keys and themes",
            found: failure.words,
            ok: false,
            advice: "mend the files, or move them away".into(),
        }],
    }
}
