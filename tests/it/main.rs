mod common;
mod imaging;
