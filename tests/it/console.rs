//! Commands as documents show them: lines that start with `$ ` run in a shell where `rumbo` is the binary
//! under test, what they print (both streams, as it came) below, and the exit code where it is not 0.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// The binary under test.
pub const RUMBO: &str = env!("CARGO_BIN_EXE_rumbo");

/// A `console` block's text as running its commands in a folder gives it.
pub fn replay(body: &str, folder: &Path) -> Result<String, String> {
    let mut out = String::new();
    for command in body.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let _ = writeln!(out, "$ {command}");
        // From the repository's root a newcomer types `cargo run -- ...`: the same binary.
        let command = command.replace("cargo run -- ", "rumbo ").replace("./target/debug/rumbo", "rumbo");
        let result = shell(&format!("{{ {command}\n}} 2>&1"), folder)?;
        let text = String::from_utf8_lossy(&result.stdout);
        out.push_str(&hide(&text, folder));
        if !text.is_empty() && !text.ends_with('\n') {
            out.push('\n');
        }
        match result.status.code() {
            Some(0) => {}
            Some(code) => {
                let _ = writeln!(out, "exit {code}");
            }
            None => out.push_str("ended by a signal\n"),
        }
    }
    if out.is_empty() {
        Err("a console block without a line that starts with `$ `".to_owned())
    } else {
        Ok(out)
    }
}

/// Runs a line of shell in a folder.
pub fn shell(line: &str, folder: &Path) -> Result<Output, String> {
    let beside = Path::new(RUMBO).parent().map(|p| p.display().to_string()).unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    plain(Command::new("sh").arg("-c").arg(line).current_dir(folder).env("PATH", format!("{beside}:{path}")))
        .output()
        .map_err(|e| format!("sh: {e}"))
}

/// Runs the binary in a folder.
pub fn rumbo(arguments: &[&str], folder: &Path) -> Result<Output, String> {
    plain(Command::new(RUMBO).args(arguments).current_dir(folder)).output().map_err(|e| format!("rumbo: {e}"))
}

/// Nothing of this machine's settings reaches a test.
fn plain(command: &mut Command) -> &mut Command {
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM", "RUST_LOG", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("TZ", "America/New_York").env("LC_ALL", "C.UTF-8")
}

/// A text without the name of the folder that this test happened to run in.
pub fn hide(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    for name in [folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf()), folder.to_path_buf()] {
        text = text.replace(&name.display().to_string(), "DIR");
    }
    text
}
