//! What stands in the terminal, and how it gets there: one frame at a time, and none while the one before is being written.

use std::time::{Duration, Instant};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::glance::Glancer;
use super::now;
use super::terminal::{self, Output};
use crate::app::event::Glance;
use crate::app::layout::Layout;
use crate::app::picture::plan;
use crate::app::state::Leaving;
use crate::app::{Effect, Event, State, update};
use crate::preview::pace::Pace;
use crate::preview::place::Stage;
use crate::preview::plan::Facts;
use crate::preview::pool::{Found, Means, Pool};
use crate::theme::Theme;
use crate::ui;

/// The screen of a terminal.
pub struct Screen {
    previous: Buffer,
    stage: Stage,
    output: Output,
    /// Frames that are on their way.
    writing: u32,
    /// What the terminal is asked to tell what it is; empty where it can't be asked.
    question: Vec<u8>,
    /// That was asked, and when.
    asked: Option<Duration>,
    /// The terminal at the end of the link answers by itself, so that its answers tell how fast the link is.
    pub hears: bool,
    pace: Pace,
    begun: Instant,
    /// When the terminal was taken last.
    entered: Instant,
    /// Everything is drawn anew, whatever the terminal holds.
    anew: bool,
    shown: Vec<Facts>,
    /// The terminal is asked to tell of the mouse.
    mouse: bool,
    pool: Pool,
    glancer: Glancer,
    pub theme: Theme,
}

impl Screen {
    /// Makes the screen of a terminal that is being entered: that is on its way, and so is what asks for the mouse.
    pub fn new(
        output: Output,
        pool: Pool,
        glancer: Glancer,
        theme: Theme,
        question: Vec<u8>,
        mouse: bool,
    ) -> Screen {
        Screen {
            previous: Buffer::empty(Rect::default()),
            stage: Stage::default(),
            output,
            writing: 1 + u32::from(mouse),
            question,
            asked: None,
            hears: false,
            pace: Pace::default(),
            begun: Instant::now(),
            entered: Instant::now(),
            anew: true,
            shown: Vec::new(),
            mouse,
            pool,
            glancer,
            theme,
        }
    }

    /// Draws everything anew with the next frame.
    pub fn anew(&mut self) {
        self.anew = true;
    }

    /// Notes that a write has come to its end.
    pub fn written(&mut self) {
        self.writing = self.writing.saturating_sub(1);
    }

    /// Notes that the last question is answered: what the terminal is, or, where that was `known`, how long it took.
    pub fn answered(&mut self, known: bool) {
        let now = self.begun.elapsed();
        match (known, self.asked) {
            (true, _) => self.pace.answered(now),
            (false, Some(asked)) => self.pace.link.took(0, now.saturating_sub(asked)),
            (false, None) => {}
        }
    }

    /// Gives in how long more of a picture may be sent than now.
    pub fn wake(&self) -> Option<Duration> {
        let now = self.begun.elapsed();
        self.pace.wake(now).filter(|_| !self.shown.is_empty()).map(|at| at.saturating_sub(now))
    }

    /// Gives how long the terminal has been held.
    pub fn since_entered(&self) -> Duration {
        self.entered.elapsed()
    }

    /// Tries pictures again that failed.
    pub fn retry(&self) {
        self.pool.renew();
    }

    /// Draws a frame, where the one before is written. Nothing is sent where nothing changed.
    ///
    /// Gives what follows from what stands on the screen now.
    pub fn draw(&mut self, state: &mut State) -> Vec<Effect> {
        if self.writing > 0 {
            return Vec::new();
        }
        let (width, height) = state.size;
        let area = Rect { x: 0, y: 0, width, height };
        let layout = Layout::compute(state);
        let plan = {
            let strokes = ui::strokes(&self.theme);
            plan(state, &layout, &strokes)
        };
        let mut out = Vec::new();
        if self.anew || self.previous.area != area {
            self.anew = false;
            self.stage.clear(&mut out);
            out.extend_from_slice(b"\x1b[0m\x1b[H\x1b[2J");
            self.previous = Buffer::empty(area);
        }
        let now_running = self.begun.elapsed();
        self.pace.quality = state.quality;
        self.pace.sees(&plan, now_running);
        let means = Means { protocol: state.display.protocol, cell: state.display.cell };
        self.pool.reconcile(&plan, means, self.pace.allowance(now_running), self.stage.holds());
        let gallery = self.pool.gallery();
        let mut buffer = Buffer::empty(area);
        let scene = ui::Scene { state, layout: &layout, plan: &plan, gallery: &gallery, theme: &self.theme };
        let placements = ui::draw(&scene, &mut buffer);

        for rect in self.stage.stale(&placements) {
            spoil(&mut self.previous, rect);
        }
        let changes = self.previous.diff(&buffer);
        if !changes.is_empty() {
            let mut backend = CrosstermBackend::new(&mut out);
            // Writing to memory can't fail.
            let _ = backend.draw(changes.into_iter());
        }
        let text = out.len();
        self.stage.reconcile(&placements, &mut out);
        let pictures = out.len() - text;
        self.previous = buffer;
        let understands = !self.question.is_empty();
        let tells = self.hears && self.pace.would_ask(pictures);
        let behind: &[u8] = match self.asked {
            None => &self.question,
            Some(_) if tells => terminal::FENCE,
            Some(_) => &[],
        };
        if !(out.is_empty() && behind.is_empty()) {
            let mut frame = Vec::with_capacity(out.len() + behind.len() + 16);
            if understands {
                frame.extend_from_slice(terminal::BEGIN);
            }
            frame.extend_from_slice(&out);
            if understands {
                frame.extend_from_slice(terminal::END);
            }
            // Answered once all before it is drawn.
            frame.extend_from_slice(behind);
            if tells && self.asked.is_some() {
                self.pace.asks(frame.len(), now_running);
            }
            self.asked.get_or_insert(now_running);
            self.send(frame);
        }
        let facts = |wanted| match gallery.find(wanted) {
            Found::Ready(shown) | Found::Instead(shown) => Some(shown.facts.clone()),
            Found::Loading | Found::Failed(_) => None,
        };
        let shown: Vec<Facts> = plan.visible.iter().filter_map(facts).collect();
        if shown == self.shown {
            return Vec::new();
        }
        self.shown.clone_from(&shown);
        update(state, now(), Event::Shown(shown))
    }

    fn send(&mut self, bytes: Vec<u8>) {
        self.writing += 1;
        self.output.send(bytes);
    }

    /// Asks the terminal to tell of the mouse, or not to.
    pub fn mouse(&mut self, on: bool) {
        self.mouse = on;
        self.send(if on { terminal::MOUSE_ON } else { terminal::MOUSE_OFF }.to_vec());
    }

    /// Has a file looked into.
    pub fn look(&self, glance: Glance) {
        self.glancer.send(glance);
    }

    pub fn copy(&mut self, text: &str) {
        let text = base64_simd::STANDARD.encode_to_string(text);
        self.send(format!("\x1b]52;c;{text}\x07").into_bytes());
    }

    /// Goes back to the shell until the person lets the program go on.
    pub fn suspend(&mut self) {
        let mut out = Vec::new();
        self.stage.clear(&mut out);
        out.extend_from_slice(terminal::LEAVE);
        self.send(out);
        // The shell must not write before this is written.
        self.output.settle(terminal::LAST);
        terminal::cooked();
        terminal::stop();
        self.enter();
    }

    pub fn enter(&mut self) {
        // Without raw mode keys come by lines: better than none.
        let _ = terminal::raw();
        self.stage = Stage::default();
        self.entered = Instant::now();
        self.anew = true;
        self.asked = None;
        self.pace.lets_go();
        self.pool.renew();
        self.send(terminal::ENTER.to_vec());
        if self.mouse {
            self.send(terminal::MOUSE_ON.to_vec());
        }
    }

    /// Gives the terminal back. Tells whether it took that.
    pub fn leave(mut self, how: Leaving) -> bool {
        let mut out = Vec::new();
        self.stage.clear(&mut out);
        out.extend_from_slice(terminal::LEAVE);
        self.output.send(out);
        // A hang-up may be said of a terminal that lives on; one that has gone is not waited for.
        let patience = if how == Leaving::HungUp { terminal::GONE } else { terminal::LAST };
        let took = self.output.finish(patience);
        terminal::cooked();
        took
    }
}

/// Makes sure that cells are written anew.
fn spoil(buffer: &mut Buffer, rect: Rect) {
    let rect = rect.intersection(buffer.area);
    for y in rect.top()..rect.bottom() {
        for x in rect.left()..rect.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                // No frame holds a cell like this.
                cell.set_symbol("\u{fffd}")
                    .set_style(Style::new().add_modifier(Modifier::HIDDEN | Modifier::RAPID_BLINK));
            }
        }
    }
}
