mod common;
mod docs;
mod imaging;
mod markdown;
mod race;
mod readme;
mod tamper;
