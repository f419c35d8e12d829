//! Docker's configuration in any state: one sentence, and never a secret in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use super::registry::Registry;
use super::{command, fails, folder, text};

#[test]
fn a_configuration_that_cannot_be_used_is_named() {
    let folder = folder("configurations");
    let registry = Registry::private();
    let host = registry.address;
    let reference = format!("{host}/a/b:v1");
    let docker = folder.join("docker/config.json");
    let shown = docker.display();
    let told = |content: &str, problem: &str| {
        fs::write(&docker, content).expect("writable");
        fails(&folder, &["inspect", &reference], &format!("cannot pull {reference}: {problem}"));
    };
    told(
        "{\"auths\": \"c2VjcmV0",
        &format!(
            "{shown} is no JSON: EOF while parsing a string at line 1 column 19; mend it, or move \
             it away"
        ),
    );
    let strange = format!("{shown} is not as Docker writes it; mend it, or move it away");
    told("[]", &strange);
    told(&json!({"auths": {host.to_string(): "c2VjcmV0"}}).to_string(), &strange);
    let unusable = format!("cannot use the credentials in {shown}; run `docker login {host}`");
    told(&json!({"auths": {host.to_string(): {"auth": "secret!"}}}).to_string(), &unusable);
    let auth = json!({"auth": "dXNlcjpzZWNyZXQ=", "username": "user", "password": "other"});
    told(&json!({"auths": {host.to_string(): auth}}).to_string(), &unusable);

    fs::remove_file(&docker).expect("there");
    fs::create_dir(&docker).expect("writable");
    fails(
        &folder,
        &["inspect", &reference],
        &format!(
            "cannot pull {reference}: cannot read {shown}: Is a directory (os error 21); make it \
             readable, or set DOCKER_CONFIG to another folder"
        ),
    );
}

#[test]
fn a_credential_helper_that_helps_nobody_is_named() {
    let folder = folder("helpers");
    let registry = Registry::private();
    let host = registry.address;
    let reference = format!("{host}/a/b:v1");
    let docker = folder.join("docker/config.json");
    let helpers = folder.join("bin");
    fs::create_dir(&helpers).expect("writable");
    for (name, script) in [
        ("fails", "cat >/dev/null; echo secret; echo secret >&2; exit 1"),
        ("babbles", "cat >/dev/null; echo secret"),
        ("leaves", "exit 1"),
    ] {
        let path = helpers.join(format!("docker-credential-{name}"));
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("ours");
    }
    let inspect = || {
        let path = std::env::var("PATH").expect("set");
        let output = super::program::command(&["package", "inspect", &reference])
            .env("DOCKER_CONFIG", folder.join("docker"))
            .env("PATH", format!("{}:{path}", helpers.display()))
            .output()
            .expect("selfservice starts");
        (output.status.code(), text(&output.stderr))
    };
    for name in ["missing", "fails", "babbles", "leaves"] {
        let own = json!({"credsStore": "other", "credHelpers": {host.to_string(): name}});
        for config in [json!({"credsStore": name}), own] {
            fs::write(&docker, config.to_string()).expect("writable");
            let sentence = format!(
                "error: cannot pull {reference}: the credential helper docker-credential-{name}, \
                 which {} names, gives no credentials; install or mend it, or take it out of the \
                 file and run `docker login {host}`\n",
                docker.display()
            );
            assert_eq!(inspect(), (Some(2), sentence));
        }
    }
    // Nobody's helper: as if there were none.
    fs::write(&docker, json!({"credsStore": ""}).to_string()).expect("writable");
    wants_credentials(&folder, &reference);
}

#[track_caller]
fn wants_credentials(folder: &Path, reference: &str) {
    let stderr = text(&command(folder, &["inspect", reference]).stderr);
    assert!(stderr.contains(" wants credentials, and there are none in "), "{stderr}");
}
