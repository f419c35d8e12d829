//! Where packages are written and pushed to: places that are none, and places that mislead.

use std::fs;
use std::path::Path;

use super::registry::Registry;
use super::{CONFIGURATION, FUNCTION, amd64, edited, fails, folder, function, runs, shown};
use super::{command, program, text};

#[test]
fn a_place_that_is_none_is_told_before_any_work() {
    let folder = folder("places");
    let build = |output: &str, sentence: &str| {
        // Not even the source is looked at.
        fails(&folder, &["build", "configuration", "nowhere", "-o", output], sentence);
        let function = ["build", "function", "nowhere", "--binary", "missing", "-o", output];
        fails(&folder, &function, sentence);
    };
    let problem = "is no folder; make it first, or name another with --output";
    build("notthere/", &format!("notthere/: {problem}"));
    build("notthere/.", &format!("notthere/.: {problem}"));
    build("notthere/a.xpkg", &format!("notthere: {problem}"));
    build("README.md/", &format!("README.md/: {problem}"));
    build("README.md/a.xpkg", &format!("README.md: {problem}"));
}

/// Two packages are written, or none.
#[test]
fn a_place_in_the_way_leaves_nothing_half_written() {
    let folder = folder("in-the-way");
    let (amd64, arm64) = (amd64(&folder), program(&folder, "arm64", 183, false));
    let output = folder.join("out");
    let other = output.join("function-example-arm64.xpkg");
    fs::create_dir_all(&other).expect("writable");
    let both = ["--binary", shown(&amd64), "--binary", shown(&arm64), "-o", shown(&output)];
    fails(
        &folder,
        &[&["build", "function", FUNCTION][..], &both].concat(),
        &format!("{}: is a folder where a file is to be written; move it away", other.display()),
    );
    assert_eq!(fs::read_dir(&output).expect("readable").count(), 1, "nothing is written");
    let name = format!("{}.xpkg", "a".repeat(251));
    let long = output.join(&name);
    fails(
        &folder,
        &["build", "configuration", CONFIGURATION, "-o", shown(&long)],
        &format!("cannot write {}: File name too long (os error 36)", long.display()),
    );
    assert_eq!(fs::read_dir(&output).expect("readable").count(), 1, "nothing is left over");
}

#[test]
fn a_version_of_an_image_is_judged_before_any_work() {
    let folder = folder("image-versions");
    for (kind, version) in [("function", "latest"), ("configuration", "1.2.x"), ("function", "")] {
        let arguments = ["build", kind, "nowhere", "--image-version", version];
        let mut arguments = arguments.to_vec();
        if kind == "function" {
            arguments.extend(["--binary", "missing"]);
        }
        let output = command(&folder, &arguments);
        let stderr = text(&output.stderr);
        assert_eq!(
            stderr.lines().next(),
            Some(
                format!(
                    "error: invalid value '{version}' for '--image-version <VERSION>': it is no \
                     version; write one such as 1.4.0"
                )
                .as_str()
            )
        );
        assert_eq!(output.status.code(), Some(2));
    }
}

/// A built Configuration that depends on a repository.
fn configuration(folder: &Path, repository: &str) -> String {
    let source = edited(folder, CONFIGURATION, "crossplane.yaml", |text| {
        text.replace("registry.example.com/platform/function-example", repository)
    });
    let path = folder.join("configuration.xpkg");
    runs(folder, &["build", "configuration", shown(&source), "-o", shown(&path)]);
    shown(&path).to_owned()
}

/// Crossplane would install it in the Function's place.
#[test]
fn a_configuration_is_not_pushed_over_what_it_depends_on() {
    let folder = folder("dependencies");
    let registry = Registry::keeping();
    let repository = format!("{}/platform/function-example", registry.address);
    let path = configuration(&folder, &repository);
    let reference = format!("{repository}:v1");
    fails(
        &folder,
        &["push", &path, &reference],
        &format!(
            "cannot push {reference}: Configuration configuration-example depends on the Function \
             in this repository, and would take its place; name a repository of its own"
        ),
    );
    assert_eq!(registry.paths(), Vec::<String>::new());
}

/// Registries have paths of their own, and people tags: both are told, neither is refused.
#[test]
fn places_that_may_mislead_are_warned_of() {
    let folder = folder("misleading");
    let registry = Registry::keeping();
    let warnings = |path: &str, place: &str| {
        let reference = format!("{}/{place}", registry.address);
        let (stdout, stderr) = runs(&folder, &["push", path, &reference]);
        assert!(stdout.starts_with(&reference), "{stdout}");
        let warnings = stderr.lines().filter(|line| line.starts_with("warning: "));
        warnings.map(str::to_owned).collect::<Vec<_>>()
    };
    let configuration = configuration(&folder, "registry.example.com/platform/function-example");
    let function = shown(&function(&folder)).to_owned();
    let called = "is pushed to a repository called";
    let gets = "there gets it";
    for (path, title, last) in [
        (&configuration, "Configuration configuration-example", "function-example"),
        (&configuration, "Configuration configuration-example", "configuration-another"),
        (&function, "Function function-example", "configuration-example"),
    ] {
        assert_eq!(
            warnings(path, &format!("platform/{last}:v1.0.0")),
            [format!("warning: {title} {called} {last}; what depends on {last} {gets}")]
        );
    }
    for place in ["platform/function-example:v1.0.0", "team/project:1.0.0-rc.1", "a:v1"] {
        assert_eq!(warnings(&function, place), Vec::<String>::new(), "{place}");
    }
    for tag in ["latest", "main", "1.2.3.4"] {
        assert_eq!(
            warnings(&function, &format!("platform/function-example:{tag}")),
            [format!(
                "warning: the tag {tag} is no version such as v1.4.0, so no dependency on \
                 function-example is satisfied by it"
            )]
        );
    }
}
