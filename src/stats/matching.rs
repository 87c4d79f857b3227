//! Which finding of one reader is the same object as which of another: optimal assignment.
