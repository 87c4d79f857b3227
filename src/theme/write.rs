//! A theme as TOML, whole: what somebody starts a theme of their own from.

use ratatui::style::{Color, Modifier, Style};

use super::{Mark, Role, Theme};
use crate::domain::word::Word;

impl Theme {
    /// Says for which ground the theme is made.
    pub fn ground_word(&self) -> &'static str {
        if self.light { "light" } else { "dark" }
    }

    /// Writes the theme with everything that it inherits, so that it stands alone and is read again as the same.
    pub fn to_toml(&self) -> String {
        let mut text = format!("ground = \"{}\"\n\n[roles]\n", self.ground_word());
        for (role, word) in Role::WORDS {
            text.push_str(&format!("{word} = {}\n", style(self.style(*role))));
        }
        text.push_str("\n[marks]\n");
        for (mark, word) in Mark::WORDS {
            let [symbol, twin] = self.forms(*mark);
            text.push_str(&format!("{word} = [{}, {}]\n", quoted(&symbol), quoted(&twin)));
        }
        text
    }
}

fn style(style: Style) -> String {
    let mut parts = Vec::new();
    parts.extend(style.fg.map(|colour| format!("fg = \"{}\"", hex(colour))));
    parts.extend(style.bg.map(|colour| format!("bg = \"{}\"", hex(colour))));
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underline"),
        (Modifier::REVERSED, "reverse"),
    ] {
        if style.add_modifier.contains(modifier) {
            parts.push(format!("{word} = true"));
        }
    }
    format!("{{ {} }}", parts.join(", "))
}

fn hex(colour: Color) -> String {
    match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        // Files name no other colours.
        _ => "default".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
