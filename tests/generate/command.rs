//! What the command says and does.

use std::fs;
use std::time::{Duration, Instant};

use super::{files, folder, path, run, text};

#[test]
fn help_says_what_is_made() {
    let stdout = text(&run(&["generate", "--help"]).stdout);
    let first: Vec<&str> = stdout.lines().take(7).collect();
    assert_eq!(first[0], "Make everything that a platform publishes from its catalogue.");
    assert!(stdout.contains("\nUsage: selfservice generate [OPTIONS] [WHAT]...\n"), "{stdout}");
    for line in [
        "  selfservice generate --catalog catalog.yaml --out platform/",
        "  selfservice generate --check   # in CI: exit code 1 when a file is stale",
    ] {
        assert!(stdout.lines().any(|given| given == line), "{stdout}");
    }
}

/// A stale, a missing and a left-over file are named, and nothing is touched.
#[test]
fn check_names_what_is_not_current() {
    let out = folder("check");
    let root = path(&out);
    assert_eq!(run(&["generate", "--out", root]).status.code(), Some(0));
    let current = run(&["generate", "--out", root, "--check"]);
    assert_eq!((current.status.code(), text(&current.stderr)), (Some(0), String::new()));

    let page = out.join("docs/catalog.md");
    let stale = fs::read_to_string(&page).expect("made") + "By hand.\n";
    fs::write(&page, &stale).expect("writable");
    let missing = out.join("docs/kinds/redis.md");
    fs::remove_file(&missing).expect("made");
    let compositions = out.join("package/configuration/compositions");
    let redis = fs::read_to_string(compositions.join("redis-aws-staging.yaml")).expect("made");
    let left_over = compositions.join("redis-aws-elsewhere.yaml");
    fs::write(&left_over, redis).expect("writable");
    fs::write(compositions.join("own.yaml"), "somebody: else's\n").expect("writable");
    let former = out.join("docs/kinds/former.md");
    fs::copy(out.join("docs/kinds/postgresql.md"), &former).expect("writable");
    fs::write(out.join("docs/kinds/own.md"), "# Somebody else's\n").expect("writable");

    let output = run(&["generate", "--out", root, "--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        format!(
            "stale: {}\nmissing: {}\nnot made any more: {}\nnot made any more: {}\n\
             Run `selfservice generate --out {root}` and commit what changes.\n",
            page.display(),
            missing.display(),
            former.display(),
            left_over.display(),
        )
    );
    assert_eq!(fs::read_to_string(&page).expect("there"), stale, "checking changes nothing");

    let output = run(&["generate", "--out", root]);
    assert_eq!(
        text(&output.stderr),
        format!(
            "wrote {}\nwrote {}\nremoved {}\nremoved {}\n4 of {} files changed\n",
            page.display(),
            missing.display(),
            former.display(),
            left_over.display(),
            files(&out).len(),
        )
    );
    for own in [compositions.join("own.yaml"), out.join("docs/kinds/own.md")] {
        assert!(own.exists(), "what somebody else keeps there is theirs");
    }
}

#[test]
fn what_somebody_else_wrote_is_not_written_over() {
    let out = folder("foreign");
    let own = out.join("package/cluster/kustomization.yaml");
    fs::create_dir_all(own.parent().expect("a folder")).expect("writable");
    fs::write(&own, "resources: [own.yaml]\n").expect("writable");
    let output = run(&["generate", "--out", path(&out)]);
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {}: was not made by `selfservice generate`, so nothing is written; move it away, or choose \
             another --out\n",
            own.display(),
        )
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files(&out).len(), 1, "nothing is written");
}

/// A place that cannot be written is told, and what could be written beside it is not.
#[test]
fn a_place_in_the_way_leaves_everything_as_it_was() {
    let out = folder("in-the-way");
    let file = out.join("file");
    fs::write(&file, "mine\n").expect("writable");
    let output = run(&["generate", "--out", path(&file)]);
    assert_eq!(
        text(&output.stderr),
        format!("error: {}: is no folder; name one with --out\n", file.display())
    );
    assert_eq!(output.status.code(), Some(2));
    // The last to be written.
    let page = out.join("docs/kinds/event-stream.md");
    fs::create_dir_all(&page).expect("writable");
    let output = run(&["generate", "--out", path(&out)]);
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {}: is a folder where a file is to be written; move it away\n",
            page.display()
        )
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files(&out).into_keys().collect::<Vec<_>>(), ["file"], "nothing is written");
    let binary = out.join("docs/catalog.md");
    fs::remove_dir(&page).expect("empty");
    fs::write(&binary, b"\xff\xfe").expect("writable");
    let output = run(&["generate", "--out", path(&out)]);
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {}: was not made by `selfservice generate`, so nothing is written; move it \
             away, or choose another --out\n",
            binary.display()
        )
    );
}

/// What is to be run again is one command, whatever its paths are called.
#[test]
fn the_command_to_run_again_is_quoted() {
    let out = folder("of many words");
    let output = run(&["generate", "packages", "--check", "--out", path(&out)]);
    let expected = format!(
        "Run `selfservice generate packages --out '{}'` and commit what changes.",
        out.display()
    );
    assert_eq!(text(&output.stderr).lines().last(), Some(expected.as_str()));
}

/// Whoever forgets `--catalog` is not to lose a platform.
#[test]
fn the_example_replaces_no_platform() {
    let out = folder("platform");
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let own = out.join("catalog.yaml");
    fs::write(&own, catalogue.replace("platform.example.com", "platform.acme.example"))
        .expect("writable");
    let made = run(&["generate", "--catalog", path(&own), "--out", path(&out)]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let before = files(&out);
    let output = run(&["generate", "--out", path(&out)]);
    let checked = run(&["generate", "--check", "--out", path(&out)]);
    assert_eq!((checked.status.code(), &checked.stderr), (Some(2), &output.stderr));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {}: is of another platform than the built-in example; name its \
             catalogue with --catalog\n",
            out.join("package/configuration/xrds/postgresql.yaml").display(),
        )
    );
    assert_eq!((output.status.code(), files(&out)), (Some(2), before));
}

#[test]
fn print_writes_nothing_and_shows_the_files() {
    let out = folder("print");
    let output = run(&["generate", "xrds", "--print", "--out", path(&out)]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let stdout = text(&output.stdout);
    assert!(
        stdout.starts_with("---\n# package/configuration/xrds/postgresql.yaml\n# Made by"),
        "{stdout}"
    );
    assert_eq!(stdout.matches("\nkind: CompositeResourceDefinition\n").count(), 10);
    assert!(files(&out).is_empty(), "nothing is written");
    let both = run(&["generate", "--check", "--print"]);
    assert_eq!(both.status.code(), Some(2), "one of the two");
}

#[test]
fn two_runs_write_the_same_bytes_and_neither_takes_long() {
    let (one, two) = (folder("once"), folder("twice"));
    for out in [&one, &two] {
        let start = Instant::now();
        assert_eq!(run(&["generate", "--out", path(out)]).status.code(), Some(0));
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    assert_eq!(files(&one), files(&two));
    assert!(files(&one).len() > 40);
}
