//! The `rumbo` binary.

fn main() -> std::process::ExitCode {
    rumbo::cli::main()
}
