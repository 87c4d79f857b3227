mod common;
mod crash;
mod imaging;
mod race;
mod tamper;
