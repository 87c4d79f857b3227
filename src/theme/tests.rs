//! Themes can be read, and what they tell apart can be told apart.

use ratatui::style::Color;

use super::*;
use crate::domain::settings::{Fault, Source};
use crate::domain::word::Word;

fn all() -> Vec<Theme> {
    THEMES.iter().filter_map(|(name, _)| Theme::load(name, &[]).ok()).collect()
}

fn rgb(colour: Option<Color>) -> Option<[f64; 3]> {
    match colour {
        Some(Color::Rgb(red, green, blue)) => Some([red, green, blue].map(f64::from)),
        _ => None,
    }
}

fn linear(value: f64) -> f64 {
    let value = value / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// WCAG 2.1, relative luminance and contrast ratio.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance =
        |[red, green, blue]: [f64; 3]| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (light + 0.05) / (dark + 0.05)
}

#[test]
fn contrast_is_that_of_the_standard() {
    assert!((contrast([255.0; 3], [0.0; 3]) - 21.0).abs() < 1e-9);
    // #767676 on white is the standard's known limit of 4.54.
    assert!((contrast([118.0; 3], [255.0; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn every_role_can_be_read_on_its_ground() {
    assert_eq!(all().len(), THEMES.len());
    for theme in all() {
        for (role, word) in Role::WORDS {
            let style = theme.style(*role);
            // A terminal's own ground is seldom pure: nearly black and nearly white.
            let own = if theme.light { [250.0; 3] } else { [16.0; 3] };
            // Outlines stand on pictures, within a dark border of their own.
            if word.starts_with("outline") {
                continue;
            }
            let Some(front) = rgb(style.fg) else { continue };
            for behind in [rgb(style.bg).unwrap_or(own), own] {
                if rgb(style.bg).is_some() && behind == own && rgb(style.bg) != Some(own) {
                    continue;
                }
                let ratio = contrast(front, behind);
                let least = match (role, theme.name.as_str()) {
                    (Role::Border, _) => 2.9,
                    (_, "high-contrast") => 7.0,
                    _ => 4.5,
                };
                assert!(ratio >= least, "{} {word}: {ratio:.2}", theme.name);
            }
        }
    }
}

#[test]
fn every_role_can_be_read_on_the_bars_and_in_popups() {
    use Role::*;
    // What is drawn there with the ground left to what is below; a selected line has its own foreground.
    let drawn: [(Role, &[Role]); 4] = [
        (Header, &[Header, Strong, Success, Warning, Error, Info, Dim, Key]),
        (Footer, &[Footer, Key]),
        (Selected, &[Selected]),
        (Popup, &[Popup, Text, Dim, Strong, Title, Focus, Key, Input, Answer, Missing, Info, Warning, Error]),
    ];
    for theme in all() {
        for (ground, roles) in drawn {
            for role in roles {
                let style = theme.style(ground).patch(theme.style(*role));
                let (Some(front), Some(behind)) = (rgb(style.fg), rgb(style.bg)) else { continue };
                let ratio = contrast(front, behind);
                let least = if theme.name == "high-contrast" { 7.0 } else { 4.5 };
                let (role, ground) = (role.word(), ground.word());
                assert!(ratio >= least, "{} {role} on {ground}: {ratio:.2}", theme.name);
            }
        }
    }
}

#[test]
fn every_mark_has_two_forms_and_states_differ_in_both() {
    let states = [
        Mark::Queued,
        Mark::Mine,
        Mark::Others,
        Mark::Deferred,
        Mark::Escalated,
        Mark::Discussion,
        Mark::Returned,
        Mark::Blocked,
        Mark::Awaiting,
        Mark::Provisional,
        Mark::Final,
        Mark::Concordant,
    ];
    for theme in all() {
        for ascii in [false, true] {
            let theme = theme.clone().with_ascii(ascii);
            for (mark, word) in Mark::WORDS {
                assert_ne!(theme.marks.get(mark), None, "{} {word}", theme.name);
                assert!(!ascii || theme.mark(*mark).is_ascii());
            }
            let mut shown: Vec<&str> = states.iter().map(|mark| theme.mark(*mark)).collect();
            shown.sort_unstable();
            shown.dedup();
            assert_eq!(shown.len(), states.len(), "{} {ascii}", theme.name);
        }
    }
}

/// CIELAB of a colour under D65 (CIE 15), from linear sRGB (IEC 61966-2-1).
fn lab(linear: [f64; 3]) -> [f64; 3] {
    let [red, green, blue] = linear;
    let x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
    let y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let z = 0.0193 * red + 0.1192 * green + 0.9505 * blue;
    let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let (x, y, z) = (f(x / 0.95047), f(y), f(z / 1.08883));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// How colours are seen without one kind of cone: the matrices of Machado, Oliveira and Fernandes 2009 at full severity,
/// for linear sRGB.
const SEEN: [(&str, [[f64; 3]; 3]); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    ),
    (
        "deuteranopia",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    (
        "tritanopia",
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ),
];

#[test]
fn readers_are_told_apart_by_everybody_in_the_colour_safe_theme() {
    // A difference of 2.3 is just noticeable (Mahy 1994); four times that is seen at a glance, on a thin line too.
    const LEAST: f64 = 9.2;
    for theme in all().into_iter().filter(|theme| theme.name != "mono") {
        for (cones, matrix) in SEEN.iter().take(if theme.name == "colour-safe" { SEEN.len() } else { 1 }) {
            let seen: Vec<[f64; 3]> = (0..8)
                .map(|n| {
                    let colour = theme.reader(n).0.map(|value| linear(f64::from(value)));
                    let row = |row: &[f64; 3]| {
                        row.iter().zip(colour).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0)
                    };
                    lab([row(&matrix[0]), row(&matrix[1]), row(&matrix[2])])
                })
                .collect();
            for (n, a) in seen.iter().enumerate() {
                for (m, b) in seen.iter().enumerate().skip(n + 1) {
                    let apart = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(
                        apart >= LEAST,
                        "{} {cones}: readers {} and {} are {apart:.1} apart",
                        theme.name,
                        n + 1,
                        m + 1
                    );
                }
            }
        }
    }
}

#[test]
fn no_two_of_eight_readers_share_colour_and_stroke() {
    for theme in all() {
        let mut looks: Vec<(Rgb, Dash)> = (0..8).map(|n| theme.reader(n)).collect();
        looks.sort_by_key(|(colour, dash)| (*colour, *dash as u8));
        looks.dedup();
        // Without colours four strokes are all there is; the letters tell the rest.
        let most = if theme.name == "mono" { 4 } else { 8 };
        assert_eq!(looks.len(), most, "{}", theme.name);
    }
}

fn faults(name: &str, text: &str) -> Vec<String> {
    let own = vec![(name.to_owned(), Source { path: format!("{name}.toml"), text: text.to_owned() })];
    Theme::load(name, &own).err().unwrap_or_default().iter().map(Fault::to_string).collect()
}

#[test]
fn own_themes_stand_over_others() {
    let text = "inherits = \"light\"\n[palette]\nx = \"#010203\"\n[roles]\nerror = { fg = \"x\", bold = true }\n[marks]\nmore = [\"»\", \">\"]\n";
    let own = vec![("mine".to_owned(), Source { path: "mine.toml".into(), text: text.into() })];
    let theme = Theme::load("mine", &own).unwrap_or_else(|faults| unreachable!("{faults:?}"));
    assert!(theme.light);
    assert_eq!(theme.style(Role::Error).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!((theme.mark(Mark::More), theme.mark(Mark::Dot)), ("»", "·"));
    assert_eq!(names(&own).last().map(String::as_str), Some("mine"));
    // An own file of a known name is put over it.
    let own = vec![(
        "dark".to_owned(),
        Source { path: "dark.toml".into(), text: "[roles]\ntext = { fg = \"#ffffff\" }\n".into() },
    )];
    let theme = Theme::load("dark", &own).unwrap_or_else(|faults| unreachable!("{faults:?}"));
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Rgb(255, 255, 255)));
    assert!(theme.style(Role::Key).fg.is_some());
}

#[test]
fn faults_name_file_and_line() {
    for (text, words) in [
        (
            "[roles]\nerorr = { fg = \"#000000\" }\n",
            "mine.toml:2: there is no role erorr; did you mean error?",
        ),
        ("[roles]\nerror = { fg = \"#00000\" }\n", "mine.toml:2: #00000 is no colour"),
        ("[roles]\nerror = { fgg = \"#000000\" }\n", "mine.toml:2: fgg is nothing that a role has"),
        ("[roles]\nerror = { bold = \"yes\" }\n", "mine.toml:2: bold must be true or false"),
        ("[roles]\nerror = \"red\"\n", "mine.toml:2: a role is written as"),
        ("[marks]\nmore = [\"…\", \"…\"]\n", "mine.toml:2: … is no ASCII"),
        ("[marks]\nmore = [\"山\", \"~\"]\n", "mine.toml:2: 山 and ~ must each take one cell"),
        ("[marks]\nmore = \"…\"\n", "mine.toml:2: a mark is written as"),
        ("inherits = \"drak\"\n", "mine.toml:1: there is no theme drak; did you mean dark?"),
        ("inherits = \"mine\"\n", "mine.toml:1: mine inherits itself"),
        ("ground = \"blue\"\n", "mine.toml:1: ground must be"),
        ("[rolls]\nx = 1\n", "mine.toml:2: [rolls] x is no setting of a theme"),
        ("roles = [\n", "mine.toml:"),
    ] {
        let faults = faults("mine", text);
        assert!(faults.iter().any(|fault| fault.starts_with(words)), "{words}: {faults:?}");
    }
}
