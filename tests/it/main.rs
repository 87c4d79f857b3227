mod docs;
mod imaging;
