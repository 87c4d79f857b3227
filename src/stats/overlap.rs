//! How much two shapes share, and how far apart they are.
