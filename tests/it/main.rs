mod common;
mod crash;
mod imaging;
mod race;
mod store;
mod tamper;
