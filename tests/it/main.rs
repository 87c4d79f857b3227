mod common;
mod imaging;
mod race;
mod tamper;
