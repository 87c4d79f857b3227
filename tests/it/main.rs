mod docs;
mod imaging;
mod markdown;
mod readme;
