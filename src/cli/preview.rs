//! `preview`: one picture as a PNG.
pub fn preview(_: &super::args::Cli, _: &mut super::Out, _: &super::args::Preview) -> super::exit::Outcome { Ok(0) }
