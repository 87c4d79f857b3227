//! Terminals by what they answer.
