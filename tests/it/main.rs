mod common;
mod docs;
mod imaging;
mod markdown;
mod readme;
mod tamper;
