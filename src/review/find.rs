//! Finding cases by a few letters of what they are called and what is disputed about them.
//!
//! Every word that is typed must match. Cases that hold the words as they stand come first, in the list's order; then
//! those that hold their letters with others between, in the list's order too: so that hits are only ever added at the
//! end, and nothing moves while they come.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::queue::{Hidden, Veil, hidden};
use super::{Result, Session};
use crate::domain::text::Safe;
use crate::store::query::QueueFilter;

/// The texts by which the cases of a list are found, in its order: one long text and where each ends.
#[derive(Debug, Clone, Default)]
pub struct Titles {
    /// In lower case.
    text: String,
    ends: Vec<usize>,
    /// What whoever looks isn't to find cases by, once the first text was read.
    hidden: Option<Hidden>,
}

impl Titles {
    /// Makes room for so many texts of the usual length.
    pub fn with_room(count: usize) -> Titles {
        Titles { text: String::with_capacity(count * 32), ends: Vec::with_capacity(count), hidden: None }
    }

    /// Adds the next text.
    pub fn push(&mut self, text: &str) {
        self.text.extend(text.chars().flat_map(char::to_lowercase));
        self.ends.push(self.text.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        self.text.get(from..to).unwrap_or("")
    }
}

/// Reads on the texts by which the cases of a list are found: so many of those that are not there yet.
pub fn read_on(session: &mut Session, case_ids: &[i64], titles: &mut Titles, most: usize) -> Result<()> {
    let from = titles.len();
    let wanted = case_ids.get(from..case_ids.len().min(from + most)).unwrap_or(&[]);
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, &QueueFilter::default())?;
        let hidden = match titles.hidden.take() {
            Some(known) => known,
            None => hidden(tx, scene, &veil, &filter)?,
        };
        let done = tx.titles(
            wanted,
            |case, of| hidden.found_by(&veil, case, of),
            |text| -> Result<()> {
                titles.push(Safe::new(text).as_str());
                Ok(())
            },
        );
        titles.hidden = Some(hidden);
        done
    })
}

/// A search under way.
pub struct Search {
    words: Vec<String>,
    matcher: SkimMatcherV2,
    /// Where is looked: all, or what an earlier and wider search found.
    among: Option<Vec<u32>>,
    /// How far each pass has come, as places in what is looked through.
    plain_at: usize,
    fuzzy_at: usize,
    /// What the first pass left, for the second.
    rest: Vec<u32>,
    hits: Vec<u32>,
    done: bool,
}

impl Search {
    /// Begins a search. What a finished search for fewer letters did not find is not looked at again.
    pub fn after(before: Option<Search>, words: &str) -> Search {
        let words: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let narrower = |before: &Search| {
            before.done
                && before.words.len() <= words.len()
                && before.words.iter().zip(&words).all(|(old, new)| new.starts_with(old.as_str()))
        };
        let among = before.filter(narrower).map(|before| {
            let mut among = before.hits;
            among.sort_unstable();
            among
        });
        Search {
            words,
            matcher: SkimMatcherV2::default().ignore_case(),
            among,
            plain_at: 0,
            fuzzy_at: 0,
            rest: Vec::new(),
            hits: Vec::new(),
            done: false,
        }
    }

    /// Tells whether everything that was to be found is found.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Tells whether all titles that are there were looked through for letters as they stand.
    pub fn has_seen(&self, titles: &Titles) -> bool {
        self.among.is_none() && self.plain_at >= titles.len()
    }

    /// Looks through so many titles more; tells whether that was all. Where more titles are to come, letters with others
    /// between wait for them: they stand behind all that hold the letters as they are.
    pub fn step(&mut self, titles: &Titles, more_to_come: bool, budget: usize) -> bool {
        let count = self.among.as_ref().map_or(titles.len(), Vec::len);
        // Letters as they stand are found some fifty times faster than letters with others between.
        let mut left = budget.saturating_mul(16);
        while self.plain_at < count && left > 0 {
            let at = match &self.among {
                Some(among) => among.get(self.plain_at).copied().unwrap_or(0),
                None => u32::try_from(self.plain_at).unwrap_or(u32::MAX),
            };
            let text = titles.get(at as usize);
            match self.words.iter().all(|word| text.contains(word.as_str())) {
                true => self.hits.push(at),
                false => self.rest.push(at),
            }
            self.plain_at += 1;
            left -= 1;
        }
        if self.plain_at < count || (more_to_come && self.among.is_none()) {
            return false;
        }
        let mut left = budget;
        while let Some(at) = self.rest.get(self.fuzzy_at).copied() {
            if left == 0 {
                return false;
            }
            let text = titles.get(at as usize);
            let matches =
                |word: &String| holds_in_order(text, word) && self.matcher.fuzzy_match(text, word).is_some();
            if self.words.iter().all(matches) {
                self.hits.push(at);
            }
            self.fuzzy_at += 1;
            left -= 1;
        }
        self.done = true;
        self.rest = Vec::new();
        true
    }

    /// Gives what was found by now, as places in the list.
    pub fn hits(&self) -> &[u32] {
        &self.hits
    }
}

/// Tells whether a text holds the letters of a word in their order: what can't match need not be scored.
fn holds_in_order(text: &str, word: &str) -> bool {
    let mut letters = text.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// Gives the places of the characters of a text that a search lights up.
pub fn marks(words: &str, text: &str) -> Vec<usize> {
    let matcher = SkimMatcherV2::default().ignore_case();
    let lower = text.to_lowercase();
    // Where lowering changes the number of characters, places would be wrong.
    let steady = lower.chars().count() == text.chars().count();
    let mut marks = Vec::new();
    for word in words.to_lowercase().split_whitespace() {
        match lower.find(word).filter(|_| steady) {
            Some(byte) => {
                let from = lower.get(..byte).map_or(0, |before| before.chars().count());
                marks.extend(from..from + word.chars().count());
            }
            None => {
                marks.extend(matcher.fuzzy_indices(text, word).map(|(_, places)| places).unwrap_or_default())
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(texts: &[&str]) -> Titles {
        let mut titles = Titles::default();
        texts.iter().for_each(|text| titles.push(text));
        titles
    }

    fn all(search: &mut Search, titles: &Titles, budget: usize) -> Vec<u32> {
        let mut grown: Vec<u32> = Vec::new();
        while !search.step(titles, false, budget) {
            assert!(search.hits().starts_with(&grown), "hits moved");
            grown = search.hits().to_vec();
        }
        search.hits().to_vec()
    }

    #[test]
    fn plain_hits_come_first_and_every_word_must_match() {
        let titles = titles(&[
            "CT-1 lesion EXTENT",
            "CT-2 cyst PRESENCE",
            "MR-9 le-sio-n EXTENT",
            "XR-3 lesion LABEL",
        ]);
        for budget in [1, 100] {
            assert_eq!(all(&mut Search::after(None, "lesion"), &titles, budget), [0, 3, 2]);
            assert_eq!(all(&mut Search::after(None, "lesion extent"), &titles, budget), [0, 2]);
            assert_eq!(all(&mut Search::after(None, "zzz"), &titles, budget), [0_u32; 0]);
        }
    }

    #[test]
    fn a_narrower_search_finds_the_same_as_a_fresh_one() {
        let texts: Vec<String> =
            (0..500).map(|n| format!("CT-{n:04} {} GRADE", ["lesion", "cyst", "mass"][n % 3])).collect();
        let titles = titles(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut wide = Search::after(None, "le");
        all(&mut wide, &titles, 7);
        let narrowed = all(&mut Search::after(Some(wide), "les 04"), &titles, 7);
        assert_eq!(narrowed, all(&mut Search::after(None, "les 04"), &titles, 7));
        assert!(!narrowed.is_empty());
    }

    #[test]
    fn titles_that_come_in_stretches_are_found_like_those_that_are_there() {
        let texts = ["CT-1 lesion", "MR-9 le-sio-n", "CT-2 cyst", "XR-3 lesion", "XR-4 lession"];
        let wanted = all(&mut Search::after(None, "lesion"), &titles(&texts), 100);
        let mut search = Search::after(None, "lesion");
        let mut some = Titles::with_room(5);
        for text in texts {
            assert!(!search.step(&some, true, 100) && search.has_seen(&some) && !search.is_done());
            some.push(text);
        }
        assert_eq!(all(&mut search, &some, 100), wanted);
        assert!(search.is_done() && wanted == [0, 3, 1, 4]);
    }

    #[test]
    fn found_letters_are_lit() {
        assert_eq!(marks("les", "CT lesion"), [3, 4, 5]);
        assert_eq!(marks("ctn", "CT lesion"), [0, 1, 8]);
        assert_eq!(marks("zz", "CT lesion"), [0_usize; 0]);
    }
}
