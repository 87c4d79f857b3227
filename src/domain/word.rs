//! Closed sets and the words that files, tables and the command line have for them.

/// A set whose every member has one word.
pub trait Word: Copy + PartialEq + 'static {
    /// Every member with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// Gives the member's word.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(member, _)| *member == self).map_or("", |(_, word)| word)
    }

    /// Reads a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(member, _)| *member)
    }

    /// Lists all words, for a message.
    fn all_words() -> String {
        Self::WORDS.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
    }
}

/// Gives each member of an enum its word.
macro_rules! words {
    ($type:ty: $($member:ident $word:literal),+ $(,)?) => {
        impl $crate::domain::word::Word for $type {
            const WORDS: &'static [(Self, &'static str)] = &[$((Self::$member, $word)),+];
        }
    };
}
pub(crate) use words;
