//! Names of people in what somebody wrote: found however they are spelled, so that a text can be refused or given on
//! without them.
//!
//! Of a name each part counts, but for particles and words that many names share. Case, accents, invisible characters and
//! the ways to write ä, ö, ü and ß make no difference. A part of four letters is found inside a longer word too; a shorter
//! one stands by itself or has an ending. That takes a word too many rather than leaves a name.

use std::collections::BTreeSet;
use std::ops::Range;

use super::text::is_hidden;

/// Letters from which a name is looked for inside longer words.
const LONG: usize = 4;

/// Parts of names that name nobody, as [`fold`] writes them: particles, titles, and what accounts are called by.
const COMMON: [&str; 69] = [
    "account",
    "adjudicator",
    "admin",
    "and",
    "annotator",
    "arbiter",
    "aus",
    "bin",
    "clinic",
    "com",
    "das",
    "degli",
    "del",
    "della",
    "dem",
    "den",
    "der",
    "des",
    "dos",
    "doc",
    "doctor",
    "edu",
    "expert",
    "from",
    "gmbh",
    "grader",
    "group",
    "guest",
    "hospital",
    "human",
    "ibn",
    "junior",
    "klinik",
    "labeler",
    "labeller",
    "large",
    "las",
    "lead",
    "les",
    "los",
    "mac",
    "med",
    "model",
    "net",
    "observer",
    "org",
    "person",
    "phd",
    "prof",
    "professor",
    "radiologist",
    "rater",
    "reader",
    "root",
    "saint",
    "san",
    "santa",
    "senior",
    "small",
    "team",
    "ten",
    "ter",
    "test",
    "the",
    "und",
    "user",
    "van",
    "von",
    "zur",
];

/// What stands before a name in one word with it.
const BEFORE: [&str; 2] = ["dr", "prof"];

/// What a name ends in where it belongs to somebody.
const ENDINGS: [&str; 7] = ["s", "es", "ens", "sche", "schen", "scher", "sches"];

/// People's names, ready to be looked for.
#[derive(Debug, Clone, Default)]
pub struct Names {
    wanted: Vec<Pattern>,
    /// What stays where it stands: a name that is told nobody new.
    kept: Vec<Pattern>,
}

/// A way to write a name, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    name: String,
    letters: Vec<char>,
    /// Inside longer words too.
    within: bool,
}

/// A letter of a text as it is compared, and the bytes that it stands in. What is no letter is one space.
#[derive(Debug, Clone, Copy)]
struct Glyph {
    letter: char,
    from: usize,
    to: usize,
}

impl Names {
    /// Takes names as they are known in the project.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Names {
        let wanted: BTreeSet<Pattern> = names.into_iter().flat_map(|name| patterns(name, true)).collect();
        Names { wanted: wanted.into_iter().collect(), kept: Vec::new() }
    }

    /// Leaves a name alone, also where it is like a part of another.
    pub fn but(self, name: &str) -> Names {
        let kept = patterns(name, false).into_iter().map(|pattern| Pattern { within: false, ..pattern });
        Names { kept: kept.collect(), ..self }
    }

    /// Gives the first name that a text holds, and the words that hold it.
    pub fn first_in<'t>(&self, text: &'t str) -> Option<(&str, &'t str)> {
        let (span, name) = self.found(text).into_iter().next()?;
        Some((name, text.get(span)?))
    }

    /// Gives a text with other words in place of each name.
    pub fn replaced(&self, text: &str, instead: &str) -> String {
        let (mut out, mut last) = (String::with_capacity(text.len()), 0);
        for (span, _) in self.found(text) {
            out.push_str(text.get(last..span.start).unwrap_or_default());
            out.push_str(instead);
            last = span.end;
        }
        out.push_str(text.get(last..).unwrap_or_default());
        out
    }

    /// Gives where names stand, in order, none over another.
    fn found(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let ways = [fold(text, true), fold(text, false)];
        let spans = |patterns: &'_ [Pattern]| -> Vec<(Range<usize>, usize)> {
            let all = ways.iter().flat_map(|glyphs| {
                patterns.iter().enumerate().flat_map(move |(n, pattern)| {
                    pattern.spans(glyphs).into_iter().map(move |span| (span, n))
                })
            });
            all.collect()
        };
        let kept = spans(&self.kept);
        let inside = |span: &Range<usize>, of: &Range<usize>| of.start <= span.start && span.end <= of.end;
        let mut all = spans(&self.wanted);
        all.retain(|(span, _)| !kept.iter().any(|(of, _)| inside(span, of)));
        all.sort_by_key(|(span, n)| (span.start, std::cmp::Reverse(span.end), *n));
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        for (span, n) in all {
            let Some(pattern) = self.wanted.get(n) else { continue };
            match found.last_mut().filter(|(last, _)| span.start < last.end) {
                Some((last, _)) => last.end = last.end.max(span.end),
                None => found.push((span, &pattern.name)),
            }
        }
        found
    }
}

impl Pattern {
    /// Gives where the pattern stands in a text, with the words around it that are written in one with it.
    fn spans(&self, text: &[Glyph]) -> Vec<Range<usize>> {
        let length = self.letters.len();
        let is_here = |at: &usize| {
            let here = text.iter().skip(*at).map(|glyph| &glyph.letter);
            here.take(length).eq(self.letters.iter())
        };
        let starts = (0..(text.len() + 1).saturating_sub(length)).filter(is_here);
        starts.filter_map(|at| self.span(text, at)).collect()
    }

    fn span(&self, text: &[Glyph], at: usize) -> Option<Range<usize>> {
        let end = at + self.letters.len();
        let is_word = |glyph: &&Glyph| glyph.letter != ' ';
        let before: Vec<&Glyph> = text.get(..at)?.iter().rev().take_while(is_word).collect();
        let after: Vec<&Glyph> = text.get(end..)?.iter().take_while(is_word).collect();
        let word = |glyphs: &mut dyn Iterator<Item = &&Glyph>| glyphs.map(|of| of.letter).collect::<String>();
        let lettered = self.letters.len() > 1 && self.letters.iter().any(|letter| letter.is_alphabetic());
        // A number behind letters, and letters behind a number, begin something else: `R1s`, `ann2`.
        let parts = |here: Option<&char>, next: Option<&&Glyph>| match (here, next) {
            (Some(here), Some(next)) => here.is_alphabetic() != next.letter.is_alphabetic(),
            _ => true,
        };
        let begins = before.is_empty()
            || lettered && parts(self.letters.first(), before.first())
            || lettered && BEFORE.contains(&word(&mut before.iter().rev()).as_str());
        let ends = after.is_empty()
            || lettered && parts(self.letters.last(), after.first())
            || lettered && ENDINGS.contains(&word(&mut after.iter()).as_str());
        if !(self.within || begins && ends) {
            return None;
        }
        // Where words aren't parted by spaces, what is in one with a name is the sentence.
        let joined = self.letters.iter().any(|letter| is_ideograph(*letter));
        let (first, last) = match joined {
            true => (at, end),
            false => (at - before.len(), end + after.len()),
        };
        Some(text.get(first)?.from..text.get(last.checked_sub(1)?)?.to)
    }
}

/// Gives the ways to write a name, whole and, where that is asked for, by its parts.
fn patterns(name: &str, parts: bool) -> BTreeSet<Pattern> {
    let mut all = BTreeSet::new();
    let mut take = |letters: String, within: bool| {
        let letters: Vec<char> = letters.chars().collect();
        if !letters.is_empty() {
            all.insert(Pattern { name: name.to_owned(), letters, within });
        }
    };
    let common = |word: &str| COMMON.contains(&word);
    let is_long = |word: &str| {
        let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
        !common(word) && (letters >= LONG || letters >= 2 && word.chars().all(is_ideograph))
    };
    for folded in spellings(name) {
        let whole = folded.trim();
        let joined: String = whole.chars().filter(|letter| *letter != ' ').collect();
        take(whole.to_owned(), is_long(whole));
        take(joined.clone(), is_long(&joined));
    }
    // Of an address, who it is of.
    let person = name.split('@').next().unwrap_or_default();
    for folded in spellings(person).iter().filter(|_| parts) {
        for word in folded.split(' ') {
            let letters = word.split(|letter: char| !letter.is_alphabetic());
            let least = |part: &str| if part.len() == word.len() { LONG - 1 } else { LONG };
            for part in letters.filter(|part| part.chars().count() >= least(part) && !common(part)) {
                take(part.to_owned(), is_long(part));
            }
        }
    }
    all
}

/// Gives a name as it is compared: `ü` as `ue` and as `u`, and a long one with `ue` as `u` too.
fn spellings(name: &str) -> BTreeSet<String> {
    let text = |wide: bool| fold(name, wide).iter().map(|glyph| glyph.letter).collect::<String>();
    let (wide, narrow) = (text(true), text(false));
    let mut all: BTreeSet<String> = [wide.clone(), narrow].into();
    let short = wide.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    if short.trim().chars().count() >= LONG {
        all.insert(short);
    }
    all
}

/// Makes a text comparable: small letters without accents or what can't be seen, and one space for all between words.
/// `wide` writes ä as ae.
fn fold(text: &str, wide: bool) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    for (from, character) in text.char_indices() {
        let to = from + character.len_utf8();
        let is_mark = matches!(character as u32, 0x300..=0x36f);
        if is_mark || is_hidden(character) && !character.is_whitespace() && !character.is_control() {
            if let Some(last) = glyphs.last_mut().filter(|last| last.letter != ' ') {
                last.to = to;
            }
            continue;
        }
        // Full-width forms of ASCII lie in its order.
        let plain = match character as u32 {
            code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(character),
            _ => character,
        };
        for lower in plain.to_lowercase().filter(|lower| !matches!(*lower as u32, 0x300..=0x36f)) {
            let mut put = |letter: char| match glyphs.last_mut() {
                Some(last) if letter == ' ' && last.letter == ' ' => last.to = to,
                _ => glyphs.push(Glyph { letter, from, to }),
            };
            match latin(lower, wide) {
                Some(letters) => letters.chars().for_each(put),
                // Apostrophes that count as letters part a name from its ending.
                None if lower.is_alphanumeric() && !matches!(lower as u32, 0x2b0..=0x2ff) => put(lower),
                None => put(' '),
            }
        }
    }
    glyphs
}

/// Gives a letter of the Latin script without its accents.
fn latin(letter: char, wide: bool) -> Option<&'static str> {
    let umlaut = |as_two, as_one| Some(if wide { as_two } else { as_one });
    match letter {
        'ä' | 'æ' => umlaut("ae", "a"),
        'ö' | 'ø' | 'œ' => umlaut("oe", "o"),
        'ü' => umlaut("ue", "u"),
        'å' => umlaut("aa", "a"),
        'ß' => Some("ss"),
        'à' | 'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => Some("a"),
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => Some("c"),
        'ď' | 'đ' | 'ð' => Some("d"),
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => Some("e"),
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => Some("g"),
        'ĥ' | 'ħ' => Some("h"),
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => Some("i"),
        'ĵ' => Some("j"),
        'ķ' => Some("k"),
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => Some("l"),
        'ñ' | 'ń' | 'ņ' | 'ň' => Some("n"),
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' | 'ŏ' | 'ő' => Some("o"),
        'ŕ' | 'ŗ' | 'ř' => Some("r"),
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => Some("s"),
        'ţ' | 'ť' | 'ŧ' | 'ț' => Some("t"),
        'þ' => Some("th"),
        'ù' | 'ú' | 'û' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => Some("u"),
        'ŵ' => Some("w"),
        'ý' | 'ÿ' | 'ŷ' => Some("y"),
        'ź' | 'ż' | 'ž' => Some("z"),
        _ => None,
    }
}

/// Tells whether a letter is of a script that parts no words.
fn is_ideograph(letter: char) -> bool {
    matches!(letter as u32, 0x0e00..=0x0eff | 0x2e80..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: [&str; 9] = [
        "meyer",
        "R1",
        "Jürgen Groß",
        "van der Berg",
        "R. Steiner",
        "li",
        "lead",
        "rad_müller@site.org",
        "山田",
    ];

    #[test]
    fn names_are_found_however_they_are_spelled() {
        let names = Names::of(PEOPLE);
        for (text, left) in [
            ("Groß said; Jürgen too", "* said; * too"),
            ("JÜRGEN GROSS said", "* said"),
            ("Juergen Gross, Jurgen, Jürgen", "*, *, *"),
            ("Berg was right; van der Berg too", "* was right; * too"),
            ("Bergs Bergschen", "* *"),
            ("drmeyer and dr.meyer and meyer_2", "* and dr.* and *_2"),
            ("Meyers Befund, Meyer’s, meyerʼs", "* Befund, *’s, *ʼs"),
            ("R1s call, R1 and r1", "* call, * and *"),
            ("Steiner decided, rsteiner, R. STEINER", "* decided, *, *"),
            ("MEY\u{200b}ER said; mey\u{ad}er; ｍｅｙｅｒ", "* said; *; *"),
            ("Li said so; lis read; Dr Li", "* said so; * read; Dr *"),
            ("Müller, Mueller, muller@site", "*, *, *@site"),
            ("山田さんの所見", "*さんの所見"),
            ("me\u{301}yer", "*"),
            ("ask lead", "ask *"),
        ] {
            assert_eq!(names.replaced(text, "*"), left);
            assert_eq!(names.first_in(text).is_some(), left.contains('*'), "{text}");
        }
    }

    #[test]
    fn words_that_name_nobody_stay() {
        let names = Names::of(PEOPLE);
        for text in [
            "R10 and XR1 of 12 mm",
            "the list, alive and lit",
            "a leading edge of the site, van and der",
            "A is annoyed, B isn't",
            "",
        ] {
            assert_eq!(names.replaced(text, "*"), text);
        }
    }

    #[test]
    fn whose_page_it_is_stays_named() {
        let names = Names::of(["Meyer", "Jürgen Li"]).but("Jürgen Obermeyer");
        let text = "Jürgen Obermeyer, not Meyer or Jürgen";
        assert_eq!(names.replaced(text, "*"), "Jürgen Obermeyer, not * or *");
    }

    #[test]
    fn what_is_common_is_folded_and_there_once() {
        let folded = |word: &&str| fold(word, true).iter().map(|glyph| glyph.letter).collect::<String>();
        assert!(COMMON.iter().all(|word| folded(word) == *word));
        assert_eq!(COMMON.iter().collect::<BTreeSet<_>>().len(), COMMON.len());
    }
}
