//! What the binary says about itself.

use std::fs;
use std::path::Path;
use std::process::Command;

fn say(flag: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_function-self-service");
    let output = Command::new(binary).arg(flag).env_clear().output().expect("the binary");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The help is a document: a change to it shows in review. Run the test again
/// after a change to accept it.
#[test]
fn help_is_the_checked_in_text() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grpc/help.txt");
    let help = say("--help");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if help != expected {
        fs::write(&path, &help).expect("a file");
    }
    assert_eq!(help, expected, "tests/grpc/help.txt was stale and is rewritten");
}

#[test]
fn version_is_that_of_the_package() {
    let expected = concat!("function-self-service ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(say("--version"), expected);
}
