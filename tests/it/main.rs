mod common;
mod imaging;
mod tamper;
