//! From a file to the pixels that are shown.
