//! What a story's screen looks like: the buffer as text, and the styles beside it.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use overread::app::Event;
use overread::app::layout::Layout;
use overread::app::picture::plan;
use overread::preview::pace::Allowance;
use overread::preview::pool::{Found, Gallery, Means, Pool};
use overread::ui;

use super::Play;
use crate::common::{Outcome, PROGRAM};

impl Play {
    /// Draws the screen with the pictures of a gallery.
    fn draw(&self, gallery: &Gallery) -> Buffer {
        let layout = Layout::compute(&self.state);
        let plan = plan(&self.state, &layout, &ui::strokes(&self.theme));
        let (width, height) = self.state.size;
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        let scene =
            ui::Scene { state: &self.state, layout: &layout, plan: &plan, gallery, theme: &self.theme };
        ui::draw(&scene, &mut buffer);
        buffer
    }

    /// Draws the screen as it is before any picture is ready.
    pub fn buffer(&self) -> Buffer {
        self.draw(&Gallery::empty())
    }

    /// Draws the screen once every picture on it is ready.
    pub fn pictured(&self) -> Outcome<Buffer> {
        Ok(self.draw(&self.gallery()?))
    }

    /// Looks at the pictures as they are, until every one is ready.
    pub fn look(&mut self) -> Outcome {
        let gallery = self.gallery()?;
        let wanted = self.wanted();
        let facts = wanted.iter().filter_map(|wanted| match gallery.find(wanted) {
            Found::Ready(shown) => Some(shown.facts.clone()),
            _ => None,
        });
        self.happen(Event::Shown(facts.collect()))
    }

    /// Waits until every picture on the screen is ready or has failed.
    fn gallery(&self) -> Outcome<Gallery> {
        let (told, ready) = std::sync::mpsc::channel();
        let told = std::sync::Mutex::new(told);
        let pool = Pool::new(PROGRAM.into(), move || {
            if let Ok(told) = told.lock() {
                let _ = told.send(());
            }
        });
        let layout = Layout::compute(&self.state);
        let plan = plan(&self.state, &layout, &ui::strokes(&self.theme));
        let display = &self.state.display;
        let means = Means { protocol: display.protocol, cell: display.cell };
        pool.reconcile(&plan, means, Allowance::EVERYTHING, BTreeSet::new());
        let gallery = pool.gallery();
        while plan
            .visible
            .iter()
            .any(|wanted| matches!(gallery.find(wanted), Found::Loading | Found::Instead(_)))
        {
            ready.recv()?;
        }
        Ok(gallery)
    }

    /// Gives the screen's text, a line each, without blanks at their ends.
    pub fn text(&self) -> String {
        lines(&self.buffer()).join("\n")
    }
}

/// Gives the text of a buffer's lines, without blanks at their ends.
pub fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width.max(1));
    let line = |cells: &[ratatui::buffer::Cell]| {
        let mut line = String::new();
        let mut skip = 0;
        for cell in cells {
            // The second cell of a wide character is blank.
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        line.trim_end().to_owned()
    };
    buffer.content.chunks(width).map(line).collect()
}

/// Writes a buffer as text and then its runs of styles: what looks alike is listed once, with where it stands.
pub fn picture_of(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let mut out = String::new();
    for line in lines(buffer) {
        out.push_str(&format!("|{line}\n"));
    }
    let mut looks: Vec<(String, Vec<String>)> = Vec::new();
    for (y, cells) in buffer.content.chunks(width).enumerate() {
        let mut x = 0;
        while let Some(first) = cells.get(x) {
            let style = first.style();
            let run = cells.iter().skip(x).take_while(|cell| cell.style() == style).count();
            let words = look(first);
            let place = format!("{y}:{x}-{}", x + run - 1);
            match looks.iter_mut().find(|(known, _)| *known == words) {
                Some((_, places)) => places.push(place),
                None => looks.push((words, vec![place])),
            }
            x += run;
        }
    }
    looks.sort();
    for (words, places) in looks {
        out.push_str(&format!("{words}\n"));
        for some in places.chunks(12) {
            out.push_str(&format!("    {}\n", some.join(" ")));
        }
    }
    out
}

fn look(cell: &ratatui::buffer::Cell) -> String {
    let colour = |colour: ratatui::style::Color| match colour {
        ratatui::style::Color::Reset => "-".to_owned(),
        other => other.to_string(),
    };
    let mut words = format!("{} on {}", colour(cell.fg), colour(cell.bg));
    for (name, _) in cell.modifier.iter_names() {
        words.push_str(&format!(" {}", name.to_lowercase()));
    }
    words
}
