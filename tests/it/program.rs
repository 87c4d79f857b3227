//! The program as somebody outside runs it: arguments in, exit code, stdout and stderr out.

use std::error::Error;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

pub type Outcome = Result<(), Box<dyn Error>>;

/// A folder of its own, in which the program is run.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Result<Place, Box<dyn Error>> {
        Ok(Place { dir: tempfile::tempdir()? })
    }

    /// Makes a folder with a store, without a charter.
    pub fn with_store() -> Result<Place, Box<dyn Error>> {
        let place = Place::new()?;
        place.run(&["init", "s.overread"])?.fine()?;
        Ok(place)
    }

    /// Makes a folder with a store of three disputed grades, an agreed one, and one that waits for its second read.
    pub fn with_grades() -> Result<Place, Box<dyn Error>> {
        let place = Place::with_store()?;
        place.import(GRADES)?;
        Ok(place)
    }

    /// Makes a folder with a store of grades and boxes under a charter.
    pub fn with_charter(review: &str) -> Result<Place, Box<dyn Error>> {
        let place = Place::new()?;
        place.write("charter.toml", format!("{CHARTER}{review}"))?;
        place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
        place.import(GRADES)?;
        place.import(BOXES)?;
        Ok(place)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> std::io::Result<PathBuf> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Writes a long table and imports it.
    pub fn import(&self, table: &str) -> Result<Json, Box<dyn Error>> {
        self.write("reads.csv", table)?;
        self.run(&["import", "reads.csv", "--json"])?.fine()?.json()
    }

    pub fn set_mode(&self, name: &str, mode: u32) -> std::io::Result<()> {
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(mode))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overread"));
        command.args(arguments).current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.dir.path()).env("LC_ALL", "C.UTF-8");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> std::io::Result<Ran> {
        Ok(ran(self.command(arguments).output()?))
    }

    /// Runs the program with something on its stdin.
    pub fn feed(&self, arguments: &[&str], input: &str) -> std::io::Result<Ran> {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that has failed before may not have read all of it.
            let _ = stdin.write_all(input.as_bytes());
        }
        Ok(ran(child.wait_with_output()?))
    }

    /// Hands in decisions and gives the answers.
    pub fn decide(&self, decisions: &[Json]) -> Result<(i32, Vec<Json>), Box<dyn Error>> {
        let ran = self.feed(&["decide", "--json"], &lines(decisions))?;
        Ok((ran.code, ran.lines()?))
    }

    /// Decides once and gives the answer's words: the state, or why not.
    pub fn answer(&self, decision: Json) -> Result<String, Box<dyn Error>> {
        let (_, answers) = self.decide(&[decision])?;
        let of =
            |name: &str| answers.first().and_then(|answer| answer.get(name)?.as_str()).map(str::to_owned);
        Ok(of("state").or_else(|| of("error")).unwrap_or_default())
    }

    /// Gives one case as `show --json` does.
    pub fn shown(&self, case: &str) -> Result<Json, Box<dyn Error>> {
        self.run(&["show", case, "--json"])?.fine()?.json()
    }

    /// Gives the number of the candidate that says `value`.
    pub fn candidate(&self, case: &str, dispute: &str, value: &Json) -> Result<u64, Box<dyn Error>> {
        let shown = self.shown(case)?;
        let disputes = shown.get("disputes").and_then(Json::as_array).cloned().unwrap_or_default();
        let dispute = disputes.iter().find(|found| found.get("id") == Some(&json!(dispute)));
        let candidates = dispute.and_then(|dispute| dispute.get("candidates")?.as_array()).cloned();
        let found = candidates
            .unwrap_or_default()
            .into_iter()
            .find(|candidate| candidate.get("value") == Some(value));
        found
            .and_then(|candidate| candidate.get("n")?.as_u64())
            .ok_or_else(|| format!("no candidate of {case} says {value}: {shown}").into())
    }

    /// Gives the account that runs the program, as the log has it.
    pub fn account(&self) -> Result<String, Box<dyn Error>> {
        let log = self.run(&["log", "--json", "--limit", "1"])?.fine()?.lines()?;
        let account = log.first().and_then(|event| event.get("account")?.as_str());
        Ok(account.ok_or("no account in the log")?.to_owned())
    }

    /// Proves that the store holds together.
    pub fn verified(&self) -> Outcome {
        let report = self.run(&["verify", "--json"])?.fine()?.json()?;
        assert_eq!(report.get("ok"), Some(&json!(true)), "{report}");
        Ok(())
    }
}

impl Ran {
    /// Requires that it went well and said nothing on stderr.
    pub fn fine(self) -> Result<Ran, Box<dyn Error>> {
        match (self.code, self.err.as_str()) {
            (0, "") => Ok(self),
            _ => Err(format!("{self:?}").into()),
        }
    }

    /// Requires a failure with this code whose words hold `words`, and nothing on stdout.
    pub fn refused(self, code: i32, words: &str) -> Outcome {
        if self.code == code
            && self.err.contains(words)
            && self.err.starts_with("overread: ")
            && self.out.is_empty()
        {
            return Ok(());
        }
        Err(format!("not {code} ‘{words}’: {self:?}").into())
    }

    /// Reads stdout as one JSON document.
    pub fn json(&self) -> Result<Json, Box<dyn Error>> {
        serde_json::from_str(&self.out).map_err(|error| format!("{error}: {self:?}").into())
    }

    /// Reads stdout as JSON lines.
    pub fn lines(&self) -> Result<Vec<Json>, Box<dyn Error>> {
        self.out.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

fn ran(output: Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Writes values as JSON lines.
pub fn lines(values: &[Json]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// Gives one field of every object.
pub fn each<'a>(values: &'a [Json], name: &str) -> Vec<&'a Json> {
    values.iter().filter_map(|value| value.get(name)).collect()
}

/// Gives the names of an object's fields.
pub fn fields(value: &Json) -> Vec<&str> {
    value.as_object().map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// Requires that an object holds all of these fields.
pub fn holds(value: &Json, names: &[&str]) -> Outcome {
    match names.iter().find(|name| value.get(name).is_none()) {
        None => Ok(()),
        Some(missing) => Err(format!("no field {missing} in {value}").into()),
    }
}

/// Gives a file of the tests' data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Gives every file below a folder.
pub fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}

/// Two readers' grades of four cases, and one case with a single read.
pub const GRADES: &str = "case,reader,label,value
c1,ann,grade,1
c1,bob,grade,3
c2,ann,grade,2
c2,bob,grade,2
c3,ann,grade,1
c4,ann,grade,4
c4,bob,grade,1
c5,ann,grade,4
c5,bob,grade,2
";

/// Two readers' boxes of one case: the same object drawn far apart in extent.
pub const BOXES: &str = "case,reader,label,x_min,y_min,x_max,y_max
b1,ann,lesion,10,10,50,50
b1,bob,lesion,10,10,30,30
b2,ann,lesion,10,10,50,50
b2,bob,lesion,10,10,30,30
";

const CHARTER: &str = "name = \"grades and boxes\"
[labels.grade]
kind = \"ordinal\"
levels = [1, 2, 3, 4, 5]
[labels.lesion]
kind = \"box\"
iou = 0.5
";
