fn main() -> std::process::ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == "decode-worker") {
        return overread::imaging::worker_main();
    }
    std::process::ExitCode::SUCCESS
}
