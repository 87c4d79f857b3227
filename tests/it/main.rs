mod common;
mod docs;
mod imaging;
mod tamper;
