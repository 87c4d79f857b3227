//! Windows: which stored values become black and white, by name or number, after PS3.3 C.11.2.1.2.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A width and a level (centre), in the units that the modality's transformation gives: HU for CT.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub width: f64,
    pub level: f64,
}

/// The presets, by name, width and level in HU (the usual values of CT reading rooms).
pub const PRESETS: &[(&str, f64, f64)] = &[
    ("brain", 80.0, 40.0),
    ("subdural", 200.0, 75.0),
    ("stroke", 40.0, 40.0),
    ("temporal-bone", 2800.0, 600.0),
    ("neck", 350.0, 60.0),
    ("lung", 1500.0, -600.0),
    ("mediastinum", 350.0, 50.0),
    ("angio", 600.0, 300.0),
    ("soft-tissue", 400.0, 50.0),
    ("abdomen", 400.0, 40.0),
    ("liver", 150.0, 30.0),
    ("bone", 1800.0, 400.0),
];

/// Words that are no window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    #[error("a window is WIDTH,LEVEL, such as 400,50, or one of {}", names())]
    Unknown,
    #[error("a window's width is a number of at least 1, its level a finite number, as in 400,50")]
    Range,
}

fn names() -> String {
    PRESETS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

impl Window {
    /// Makes a window; none if the width is under 1 or a value is not finite.
    pub fn new(width: f64, level: f64) -> Option<Self> {
        (width >= 1.0 && width.is_finite() && level.is_finite()).then_some(Window { width, level })
    }

    /// Gives a preset by name, in any case, with spaces or underscores for hyphens.
    pub fn preset(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace([' ', '_'], "-");
        let (_, width, level) = PRESETS.iter().find(|(known, ..)| *known == name)?;
        Window::new(*width, *level)
    }

    /// Gives the window that spreads `low` to black and `high` to white.
    pub fn spanning(low: f64, high: f64) -> Self {
        // The linear function reaches black at level - 0.5 - (width - 1) / 2 and white (width - 1) above it.
        // Bounded, since the range of floating-point pixels can be larger than a number holds.
        Window { width: (high - low).clamp(0.0, 1e300) + 1.0, level: low / 2.0 + high / 2.0 + 0.5 }
    }
}

impl std::str::FromStr for Window {
    type Err = WindowError;

    fn from_str(words: &str) -> Result<Self, WindowError> {
        if let Some(preset) = Window::preset(words) {
            return Ok(preset);
        }
        let (width, level) = words.split_once(',').ok_or(WindowError::Unknown)?;
        let number = |part: &str| part.trim().parse::<f64>().map_err(|_| WindowError::Unknown);
        Window::new(number(width)?, number(level)?).ok_or(WindowError::Range)
    }
}

/// The shape of the curve between black and white (VOI LUT Function).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Curve {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Curve {
    /// Gives the 8-bit gray of a value: 0 to 255, rounded to the nearest. Formulas of PS3.3 C.11.2.1.2 and C.11.2.1.3.
    pub fn gray(self, window: Window, value: f64) -> u8 {
        let Window { width, level } = window;
        let share = match self {
            // A width of 1 is a step: at or below the level's lower edge black, above it white.
            Curve::Linear if width <= 1.0 => f64::from(u8::from(value > level - 0.5)),
            Curve::Linear => (value - (level - 0.5)) / (width - 1.0) + 0.5,
            Curve::LinearExact => (value - level) / width + 0.5,
            Curve::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - level) / width).exp()),
        };
        // The cast saturates and takes NaN as 0.
        (share.clamp(0.0, 1.0) * 255.0).round() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LUNG: Window = Window { width: 1500.0, level: -600.0 };

    #[test]
    fn linear_follows_the_standard_by_hand() {
        // PS3.3 C.11.2.1.2.1: c = 2048, w = 4096 leaves 0..4095 as y = x / 4095 * 255.
        let whole = Window { width: 4096.0, level: 2048.0 };
        for (value, gray) in [(-1.0, 0), (0.0, 0), (4095.0, 255), (5000.0, 255), (2047.0, 127), (2048.0, 128)]
        {
            assert_eq!(Curve::Linear.gray(whole, value), gray, "{value}");
        }
        // c = 2048, w = 1: below or at c - 0.5 black, above it white.
        let step = Window { width: 1.0, level: 2048.0 };
        assert_eq!(Curve::Linear.gray(step, 2047.0), 0);
        assert_eq!(Curve::Linear.gray(step, 2048.0), 255);
        // c = 0, w = 100: x <= -50 black, x > 49 white, between (x + 0.5) / 99 + 0.5.
        let narrow = Window { width: 100.0, level: 0.0 };
        for (value, gray) in [(-50.0, 0), (-49.0, 3), (0.0, 129), (48.0, 252), (49.0, 255)] {
            assert_eq!(Curve::Linear.gray(narrow, value), gray, "{value}");
        }
        // (-1000 + 600.5) / 1499 + 0.5 = 0.233489; times 255 = 59.5.
        assert_eq!(Curve::Linear.gray(LUNG, -1000.0), 60);
    }

    #[test]
    fn the_other_curves_follow_the_standard_by_hand() {
        // (-1010 + 600) / 1500 + 0.5 = 0.2267; times 255 = 57.8.
        assert_eq!(Curve::LinearExact.gray(LUNG, -1010.0), 58);
        assert_eq!(Curve::LinearExact.gray(LUNG, -600.0), 128);
        assert_eq!(Curve::Sigmoid.gray(LUNG, -600.0), 128);
        // 1 / (1 + e^2) = 0.1192; times 255 = 30.4.
        assert_eq!(Curve::Sigmoid.gray(LUNG, -1350.0), 30);
        assert_eq!(Curve::Linear.gray(LUNG, f64::NAN), 0);
    }

    #[test]
    fn a_range_is_spread_from_black_to_white() {
        for (low, high) in [(0.0, 255.0), (-1024.0, 3071.0), (5.0, 6.0)] {
            let window = Window::spanning(low, high);
            assert_eq!(Curve::Linear.gray(window, low), 0);
            assert_eq!(Curve::Linear.gray(window, high), 255);
        }
        assert_eq!(Window::spanning(7.0, 7.0).width, 1.0);
    }

    #[test]
    fn names_and_numbers_are_read() {
        assert_eq!("Soft Tissue".parse(), Ok(Window { width: 400.0, level: 50.0 }));
        assert_eq!(" 1500 , -600 ".parse(), Ok(LUNG));
        assert_eq!("0,5".parse::<Window>(), Err(WindowError::Range));
        assert_eq!("nan,5".parse::<Window>(), Err(WindowError::Range));
        assert_eq!("1e999,5".parse::<Window>(), Err(WindowError::Range));
        assert_eq!("bones".parse::<Window>(), Err(WindowError::Unknown));
        assert!(WindowError::Unknown.to_string().contains("lung"));
    }
}
