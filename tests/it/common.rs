//! A place on disk of a test's own, and the program run in it as a person would. Holds no knowledge of any command.

use std::error::Error;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The program as it was built for these tests.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_overread");

/// An empty folder that only this account can enter, gone when the test ends.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What the program answered.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Outcome<Place> {
        let folder = tempfile::Builder::new().prefix("overread-").tempdir()?;
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700))?;
        Ok(Place { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and gives where it lies.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Outcome<PathBuf> {
        let path = self.join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// Gives the program, to be started in this folder, with nothing of the environment that would steer it.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("OVERREAD_STORE")
            .env("XDG_CONFIG_HOME", self.join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program in this folder.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Outcome<Answer> {
        Ok(self.command(arguments).output()?.into())
    }

    /// Runs the program in this folder, and hands it `input`.
    pub fn feed<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Outcome<Answer> {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // Whoever is fed may answer before it has read all.
            scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(input.as_bytes())));
            Ok(child.wait_with_output()?.into())
        })
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Answer {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    /// Gives what was printed, where all went well; the words of the program where not.
    pub fn fine(self) -> Outcome<String> {
        match self.code {
            Some(0) => Ok(self.stdout),
            code => Err(format!("ended with {code:?}: {}{}", self.stderr, self.stdout).into()),
        }
    }

    /// Gives the one JSON document that was printed.
    pub fn json(&self) -> Outcome<Json> {
        Ok(serde_json::from_str(&self.stdout).map_err(|error| format!("{error} in {self:?}"))?)
    }

    /// Gives the JSON lines that were printed.
    pub fn lines(&self) -> Outcome<Vec<Json>> {
        self.stdout.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

/// Gives a file of the tests' data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}
