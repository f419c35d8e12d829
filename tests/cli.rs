//! The command line as its users meet it: output, exit codes, exact sentences; every example
//! and the README's commands.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::{command, path, run, text};

#[track_caller]
fn fails(arguments: &[&str], code: i32, stderr: &str) {
    let output = run(arguments);
    assert_eq!(text(&output.stderr), stderr);
    assert_eq!(text(&output.stdout), "", "nothing on standard output");
    assert_eq!(output.status.code(), Some(code));
}

/// A file with `content` in a folder of this test run.
fn file(name: &str, content: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("writable");
    path.display().to_string()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

fn kinds() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut kinds: Vec<PathBuf> = fs::read_dir(root)
        .expect("examples")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .collect();
    kinds.sort();
    kinds
}

#[test]
fn the_first_command_of_the_readme_shows_an_encrypted_cache() {
    let output = run(&["render", "examples/redis/claim.yaml", "--now", "2026-11-24"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let stdout = text(&output.stdout);
    let first = stdout.split("---\n").nth(1).expect("a document");
    assert!(first.contains("kind: XRedisInstance\n") && first.contains("\nstatus:\n"), "{first}");
    for line in [
        "kind: ReplicationGroup",
        "    atRestEncryptionEnabled: \"true\"",
        "    transitEncryptionMode: required",
        "    multiAzEnabled: true",
    ] {
        assert!(stdout.lines().any(|given| given == line), "{line}");
    }
}

#[test]
fn xlarge_is_refused_with_the_sentence() {
    let claim = fs::read_to_string("examples/redis/claim.yaml").expect("readable");
    let claim = file("xlarge.yaml", &claim.replace("size: medium", "size: xlarge"));
    fails(
        &["render", &claim],
        1,
        "refused: RedisInstance team-identity/session-cache\n  \
         spec.parameters.size [size-above-limit]: Maximum allowed size is large. Contact platform-team for exceptions.\n\
         Run `selfservice explain size-above-limit` for the ways out.\n",
    );
}

#[test]
fn a_catalogue_without_a_name_is_told_where_it_was_named() {
    let said = "error: --catalog, or the variable SELFSERVICE_CATALOG, is empty; name a file, or \
                leave it out\n";
    fails(&["catalog", "--catalog", ""], 2, said);
    let output = command(&["catalog"]).env("SELFSERVICE_CATALOG", "").output().expect("it starts");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), said.to_owned()));
}

/// A catalogue need not offer every kind.
#[test]
fn kinds_that_are_not_offered_are_not_named() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let offerings = catalogue.find("\n  RedisInstance:").expect("offerings in order");
    let catalogue = file("postgresql-alone.yaml", &catalogue[..=offerings]);
    let arguments = ["--provider", "aws", "--environment", "staging", "--catalog", &catalogue];
    fails(
        &[&["catalog", "offering", "PostgresInstance"], &arguments[..]].concat(),
        2,
        "error: no kind is called \"PostgresInstance\" (did you mean \"PostgreSQLInstance\"?); \
         choose one of PostgreSQLInstance\n",
    );
    let claim = fs::read_to_string("examples/postgresql/claim.yaml").expect("readable");
    let claim = file("misspelt-kind.yaml", &claim.replace("PostgreSQL", "Postgres"));
    fails(
        &["render", &claim, "--catalog", &catalogue],
        2,
        &format!(
            "error: {claim}:1: document 1 is of kind \"PostgresInstance\", which is no claim \
             (did you mean \"PostgreSQLInstance\"?); claims are PostgreSQLInstance\n"
        ),
    );
}

#[test]
fn selectors_are_in_one_place_and_spelt_right() {
    let claim = fs::read_to_string("examples/redis/xr.yaml").expect("readable");
    let both = claim.replacen(
        "spec:\n",
        "spec:\n  compositionSelector: {matchLabels: {provider: aws, environment: staging}}\n",
        1,
    );
    let both = file("two-selectors.yaml", &both);
    fails(
        &["render", &both],
        2,
        &format!(
            "error: {both}:1: document 1 has its selector in spec and in spec.crossplane; a claim of \
             Crossplane v1 has spec.compositionSelector, a composite resource of v2 \
             spec.crossplane.compositionSelector\n"
        ),
    );
    for (example, place) in [("claim", "spec"), ("xr", "spec.crossplane")] {
        let claim = fs::read_to_string(format!("examples/redis/{example}.yaml")).expect("readable");
        let misspelt = claim.replacen("matchLabels", "matchLables", 1);
        let misspelt = file(&format!("misspelt-{example}.yaml"), &misspelt);
        fails(
            &["render", &misspelt],
            2,
            &format!(
                "error: {misspelt}:1: document 1 has an unknown field \
                 {place}.compositionSelector.matchLables; did you mean \
                 {place}.compositionSelector.matchLabels?\n"
            ),
        );
    }
}

#[test]
fn a_second_claim_is_no_composition() {
    fails(
        &["render", "examples/redis/claim.yaml", "examples/postgresql/claim.yaml"],
        2,
        "error: examples/postgresql/claim.yaml:1: document 1 is of kind \"PostgreSQLInstance\", not a \
         Composition; to render several claims, put them into one file, with --- between them\n",
    );
}

/// The Composition of an example's claim.
fn composition(kind: &Path) -> PathBuf {
    let name = kind.file_name().expect("a kind").to_string_lossy();
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("package/configuration-claims/compositions/{name}-aws-production.yaml"))
}

/// Every kind has a claim of both flavours, and observed states that lead to where their folder
/// says.
#[test]
fn every_example_renders() {
    for kind in kinds() {
        for name in yaml_files(&kind) {
            let output = run(&["render", path(&name), "-o", "json"]);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}: {}",
                name.display(),
                text(&output.stderr)
            );
            serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout).expect("a list");
        }
        for (claim, state, expected) in [
            ("claim.yaml", "creating", ", not ready\n"),
            ("claim.yaml", "ready", ", 0 waiting, ready\n"),
        ] {
            let (claim, observed) = (kind.join(claim), kind.join("observed").join(state));
            let composition = composition(&kind);
            assert!(observed.is_dir(), "{} is missing", observed.display());
            let mut arguments = vec![
                "render",
                path(&claim),
                path(&composition),
                "--observed",
                path(&observed),
                "-o",
                "summary",
            ];
            let required = kind.join("required");
            if required.is_dir() {
                arguments.extend(["--required", path(&required)]);
            }
            let output = run(&arguments);
            let stdout = text(&output.stdout);
            let title = stdout.lines().next().unwrap_or_default().to_owned() + "\n";
            assert!(
                title.ends_with(expected),
                "{} {state}: {title}{}",
                kind.display(),
                text(&output.stderr)
            );
        }
    }
}

/// A refused example says in its first lines what it is refused with. A folder of the same
/// name holds what exists.
#[test]
fn every_refused_example_is_refused_as_it_says() {
    let mut count = 0;
    for kind in kinds() {
        for claim in yaml_files(&kind.join("refused")) {
            let content = fs::read_to_string(&claim).expect("readable");
            let expected: Vec<&str> =
                content.lines().filter_map(|line| line.strip_prefix("# refused: ")).collect();
            let mut arguments = vec!["render", path(&claim), "--now", "2026-11-24"];
            let observed = claim.with_extension("");
            if observed.is_dir() {
                arguments.extend(["--observed", path(&observed)]);
            }
            let output = run(&arguments);
            let stderr = text(&output.stderr);
            let given: Vec<&str> =
                stderr.lines().filter_map(|line| line.strip_prefix("  ")).collect();
            assert_eq!(given, expected, "{}", claim.display());
            assert_eq!(output.status.code(), Some(1), "{}", claim.display());
            assert_eq!(text(&output.stdout), "", "{}", claim.display());
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} refused examples");
}

#[test]
fn two_processes_print_the_same_bytes() {
    let arguments = [
        "render",
        "examples/redis/xr.yaml",
        "--observed",
        "examples/redis/observed/ready",
        "--now",
        "2026-11-24",
    ];
    assert_eq!(run(&arguments).stdout, run(&arguments).stdout);
}

/// What `kubectl get -o yaml` prints for several objects.
#[test]
fn a_list_counts_as_its_objects() {
    let ready = "examples/redis/observed/ready";
    let mut items: Vec<serde_json::Value> = Vec::new();
    for path in yaml_files(Path::new(ready)) {
        let objects = fs::read_to_string(path).expect("readable");
        items.push(serde_saphyr::from_str(&objects).expect("YAML"));
    }
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
    let list = file("observed.json", &list.to_string());
    let listed = run(&["render", "examples/redis/claim.yaml", "--observed", &list]);
    assert_eq!(text(&listed.stderr), "");
    let each = run(&["render", "examples/redis/claim.yaml", "--observed", ready]);
    assert_eq!(listed.stdout, each.stdout);
}

#[test]
fn several_documents_are_judged_one_by_one_and_one_refusal_prints_nothing() {
    let claim = fs::read_to_string("examples/redis/claim.yaml").expect("readable");
    let both =
        file("two.yaml", &format!("{claim}---\n{}", claim.replace("session-cache", "other-cache")));
    let output = run(&["render", &both, "-o", "summary"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout).matches("RedisInstance team-identity/").count(), 2);
    let mixed =
        file("mixed.yaml", &format!("{claim}---\n{}", claim.replace("size: medium", "size: huge")));
    fails(
        &["render", &mixed],
        1,
        "refused: RedisInstance team-identity/session-cache\n  \
         spec.parameters.size [unknown-size]: Size \"huge\" is not offered. Choose one of small, medium, large.\n\
         Run `selfservice explain unknown-size` for the ways out.\n",
    );
}

#[test]
fn bad_files_are_named_with_document_and_line() {
    let broken = file("broken.yaml", "a: 1\n---\nb: [1\n");
    fails(
        &["render", &broken],
        2,
        &format!("error: {broken}:3: cannot read document 2: unclosed bracket '['\n"),
    );
    let other = file("other.yaml", "apiVersion: v1\nkind: ConfigMap\n");
    fails(
        &["render", &other],
        2,
        &format!(
            "error: {other}:1: document 1 is of kind \"ConfigMap\", which is no claim; claims are PostgreSQLInstance, RedisInstance, MessageQueue, ObjectStore, EventStream\n"
        ),
    );
    let list = file("list.yaml", "- a\n");
    fails(
        &["render", &list],
        2,
        &format!(
            "error: {list}:1: document 1 is no object; a claim begins with apiVersion and kind\n"
        ),
    );
    let empty = file("empty.yaml", "# nothing\n");
    fails(
        &["render", &empty],
        2,
        &format!("error: {empty}: holds no claim; write one, or see examples/\n"),
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-objects");
    fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.display().to_string();
    fails(
        &["render", "examples/redis/claim.yaml", "--observed", &folder],
        2,
        &format!("error: {folder}: holds no object; folders in it are not read\n"),
    );
    fails(
        &["render", "nowhere.yaml"],
        2,
        "error: cannot read nowhere.yaml: No such file or directory (os error 2)\n",
    );
    let group = file(
        "group.yaml",
        "apiVersion: cache.acme.example/v1alpha1\nkind: RedisInstance\nmetadata: {name: abc, namespace: team-a}\n",
    );
    fails(
        &["render", &group],
        2,
        &format!(
            "error: {group}:1: document 1 has apiVersion \"cache.acme.example/v1alpha1\", but RedisInstance is of cache.platform.example.com/v1alpha1 here; write that, or choose your platform's catalogue with --catalog FILE\n"
        ),
    );
}

/// The first claim of the README with something else in it.
fn edited(name: &str, from: &str, to: &str) -> String {
    let claim = fs::read_to_string("examples/redis/claim.yaml").expect("readable");
    assert!(claim.contains(from), "{from}");
    file(name, &claim.replace(from, to))
}

#[test]
fn fields_that_no_claim_has_are_named_with_what_was_meant() {
    let claim =
        edited("misspelt.yaml", "writeConnectionSecretToRef", "writeConnectionSecretToReff");
    fails(
        &["render", &claim],
        2,
        &format!(
            "error: {claim}:1: document 1 has an unknown field spec.writeConnectionSecretToReff; \
             did you mean spec.writeConnectionSecretToRef?\n"
        ),
    );
    let claim = edited("misplaced.yaml", "  parameters:\n", "  colour: red\n  parameters:\n");
    fails(
        &["render", &claim],
        2,
        &format!(
            "error: {claim}:1: document 1 has an unknown field spec.colour; parameters belong into \
             spec.parameters\n"
        ),
    );
    let claim = edited("number.yaml", "name: session-cache-credentials", "name: 7");
    fails(
        &["render", &claim],
        2,
        &format!(
            "error: {claim}:1: document 1 has a spec.writeConnectionSecretToRef without a name in \
             text; write {{name: …-credentials}}, or leave it out\n"
        ),
    );
}

#[test]
fn fields_that_no_claim_has_are_named_wherever_they_are() {
    let composite = fs::read_to_string("examples/redis/xr.yaml").expect("readable");
    for (number, (from, to, told)) in [
        ("compositionSelector:", "compositonSelector:", "spec.crossplane.compositonSelector; did you mean spec.crossplane.compositionSelector?"),
        ("  crossplane:\n", "  crossplane:\n    colour: red\n", "spec.crossplane.colour; write it in spec, or leave it out"),
        ("matchLabels:", "colour: red\n      matchLabels:", "spec.crossplane.compositionSelector.colour; write matchLabels, with provider and environment"),
        ("    name: session-cache-credentials", "    nmae: session-cache-credentials", "spec.writeConnectionSecretToRef.nmae; did you mean spec.writeConnectionSecretToRef.name?"),
        ("    name: session-cache-credentials", "    colour: red", "spec.writeConnectionSecretToRef.colour; write name alone"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(composite.contains(from), "{from}");
        let claim = file(&format!("field-{number}.yaml"), &composite.replacen(from, to, 1));
        let told = format!("error: {claim}:1: document 1 has an unknown field {told}\n");
        fails(&["render", &claim], 2, &told);
    }
}

#[test]
fn a_selector_that_is_missing_or_wrong_hides_no_other_mistake() {
    let claim = edited("unlabelled.yaml", "      environment: production\n", "");
    let claim = file(
        "unlabelled.yaml",
        &fs::read_to_string(&claim).expect("readable").replace("version: \"7\"", "version: 7"),
    );
    fails(
        &["render", &claim],
        1,
        "refused: RedisInstance team-identity/session-cache\n  \
         spec.compositionSelector.matchLabels.environment [selector-mismatch]: Selector label environment is missing. Set it to one of development, production, staging.\n  \
         spec.parameters.version [wrong-type]: Parameter version must be a string, not the number 7. Put it in quotes: version: \"7\".\n\
         Run `selfservice explain selector-mismatch wrong-type` for the ways out.\n",
    );
}

#[test]
fn a_field_of_a_wrong_form_is_a_violation_and_not_a_crash() {
    let claim = file(
        "list-of-parameters.yaml",
        "apiVersion: cache.platform.example.com/v1alpha1\nkind: RedisInstance\n\
         metadata: {name: abc, namespace: team-a}\n\
         spec: {parameters: [size], compositionSelector: {matchLabels: {provider: aws, environment: staging}}}\n",
    );
    fails(
        &["render", &claim],
        1,
        "refused: RedisInstance team-a/abc\n  \
         spec.parameters [wrong-type]: Field parameters is malformed: expected an object, got a list. Correct it, or leave it out.\n  \
         spec.parameters.size [parameter-missing]: Parameter size is missing. Set it to one of small, medium, large.\n\
         Run `selfservice explain wrong-type parameter-missing` for the ways out.\n",
    );
    let composite = file(
        "orphan.yaml",
        "apiVersion: cache.platform.example.com/v1alpha1\nkind: XRedisInstance\n\
         metadata: {name: abc-12345}\n\
         spec: {parameters: {size: small}, compositionSelector: {matchLabels: {provider: aws, environment: staging}}}\n",
    );
    fails(
        &["render", &composite],
        2,
        &format!(
            "error: {composite}:1: document 1 cannot compose XRedisInstance \"abc-12345\": it has no \
             spec.claimRef; create a RedisInstance claim in a namespace instead of the composite resource\n"
        ),
    );
}

#[test]
fn a_misspelt_environment_of_an_offering_is_no_silent_default() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let path = file(
        "producton.yaml",
        &catalogue.replace(
            "        production:\n          versioning",
            "        producton:\n          versioning",
        ),
    );
    fails(
        &["catalog", "--catalog", &path],
        2,
        &format!(
            "error: {path}: 1 problem in the catalogue:\n  \
             offerings.ObjectStore.aws.environments.producton: is no environment of this catalogue (did you mean \"production\"?): development, production, staging\n"
        ),
    );
}

#[test]
fn two_accounts_cannot_share_a_way_into_one() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let broken = catalogue
        .replace("providerConfig: aws-staging", "providerConfig: aws-development")
        .replace("secretStore: {name: aws-staging}", "secretStore: {name: aws-production}");
    let path = file("shared-ways.yaml", &broken);
    let output = run(&["catalog", "--catalog", &path]);
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: {path}: 2 problems in the catalogue:\n  \
             environments.staging.aws.providerConfig: \"aws-development\" leads into account 111122223333 in development: every account needs one of its own\n  \
             environments.staging.aws.secretStore.name: \"aws-production\" reads region eu-west-1 of account 777788889999 in production: every region of an account needs one of its own\n",
        ),
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_broken_catalogue_is_refused_with_every_problem() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let broken = catalogue
        .replace("clusterId: example", "clusterId: Example_1")
        .replace("logRetentionDays: 90", "logRetentionDays: 91")
        .replace(
            "      snapshotRetentionDays: 7\n",
            "      snapshotRetentionDays: 70\n      colour: red\n",
        )
        .replace("secretStore: {name: aws-staging}", "secretStore: {name: AWS}")
        .replace("\nenvironments:", "\ncrossplane: {namespace: Upbound}\n\nenvironments:")
        .replace("  contact: platform-team\n", "");
    let path = file("catalogue.yaml", &broken);
    let output = run(&["catalog", "--catalog", &path]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    for expected in [
        "  platform.contact: is required",
        "  platform.clusterId: \"Example_1\" must be 1–63 characters of a–z, 0–9 and -",
        "  crossplane.namespace: \"Upbound\" is not the name of a namespace",
        "  environments.staging.aws.secretStore.name: \"AWS\" is not the name of a ClusterSecretStore",
        "  environments.production.aws.logRetentionDays: 91 is not a period that CloudWatch Logs knows",
        "  offerings.RedisInstance.aws.colour: is not a known field, expected one of",
        "  offerings.RedisInstance.aws.snapshotRetentionDays: 70 must lie within AWS's own limits 1–35",
    ] {
        assert!(stderr.contains(expected), "{expected} is not in:\n{stderr}");
    }
}

#[test]
fn a_catalogue_of_ones_own_decides() {
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    let own = file(
        "own.yaml",
        &catalogue
            .replace("platform.example.com", "platform.acme.example")
            .replace("contact: platform-team", "contact: \"#ask-platform\""),
    );
    let claim = fs::read_to_string("examples/redis/claim.yaml").expect("readable");
    let claim = file(
        "acme.yaml",
        &claim
            .replace("platform.example.com", "platform.acme.example")
            .replace("size: medium", "size: xlarge"),
    );
    let output = run(&["render", &claim, "--catalog", &own]);
    assert!(
        text(&output.stderr)
            .contains("Maximum allowed size is large. Contact #ask-platform for exceptions."),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn explain_teaches() {
    let output = run(&["explain", "SizeAboveLimit"]);
    assert_eq!(
        text(&output.stdout),
        "size-above-limit\n\n\
         A claim is not larger than its environment allows.\n\
         Larger sizes cost several times as much; somebody should look at such a need once.\n\n\
         Ways out:\n  \
         - Choose a size up to the maximum.\n  \
         - Ask the contact in the message for an exception.\n\n\
         When a change of the catalogue, not of the claim, caused it, what lives is kept and only warned.\n\n\
         Example, a PostgreSQLInstance in development:\n\n  \
         kind: PostgreSQLInstance\n  \
         spec:\n    \
         parameters:\n      \
         size: xlarge\n\n\
         It is refused:\n  \
         spec.parameters.size [size-above-limit]: Maximum allowed size is large. Contact platform-team for exceptions.\n",
    );
    fails(
        &["explain", "nonsense"],
        2,
        "error: no guardrail has the code \"nonsense\"; `selfservice explain` lists them\n",
    );
    assert!(text(&run(&["explain"]).stdout).lines().count() > 20);
}

/// What a refusal asks to be run can be run, and explains all of it.
#[test]
fn a_refusal_tells_how_to_explain_every_code_with_the_same_catalogue() {
    let claim = fs::read_to_string("examples/redis/claim.yaml").expect("readable");
    let claim = claim.replace("size: medium", "size: xlarge").replace("\"7\"", "\"5\"");
    let claim = file("explained.yaml", &claim);
    let catalogue = fs::read_to_string("catalog/default.yaml").expect("readable");
    for (name, word) in [("own.yaml", "PATH"), ("it's own.yaml", "'FOLDER/it'\\''s own.yaml'")] {
        let path = file(name, &catalogue);
        let folder = path.strip_suffix(name).expect("below").trim_end_matches('/');
        let word = word.replace("PATH", &path).replace("FOLDER", folder);
        let stderr = text(&run(&["render", &claim, "--catalog", &path]).stderr);
        assert_eq!(
            stderr.lines().last(),
            Some(
                format!(
                    "Run `selfservice explain size-above-limit unsupported-version --catalog \
                     {word}` for the ways out."
                )
                .as_str()
            )
        );
        let codes = ["size-above-limit", "unsupported-version"];
        let [one, other] = codes.map(|code| text(&run(&["explain", code]).stdout));
        let both = run(&["explain", codes[0], codes[1], "--catalog", &path]);
        assert_eq!(text(&both.stdout), format!("{one}\n{other}"));
    }
}

#[test]
fn catalog_shows_what_is_offered_where() {
    let output = run(&["catalog"]);
    let stdout = text(&output.stdout);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "KIND                PROVIDER  ENVIRONMENT  SIZES                           VERSIONS",
            "PostgreSQLInstance  aws       development  small, medium, large, (xlarge)  15, 16, 17*, 18",
        ]
    );
    assert_eq!(
        lines[16..],
        [
            "",
            "(…) needs an exception; * is the default",
            "",
            "ENVIRONMENT  NAMESPACES  HIGH AVAILABILITY  ON DELETE",
            "development  team-*      optional           delete",
            "production   team-*      required           retain",
            "staging      team-*      optional           delete",
        ]
    );
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{stdout}");
    let output = run(&["catalog", "-o", "json"]);
    let offerings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(offerings.as_array().map(Vec::len), Some(15));
    assert_eq!(offerings[1]["environment"], "production");
    assert_eq!(offerings[1]["maximumSize"], "large");
    assert_eq!(offerings[1]["versions"][0]["default"], "17");
}

#[test]
fn every_flavour_can_be_rendered_from_either_form() {
    for claim in ["examples/redis/claim.yaml", "examples/redis/xr.yaml"] {
        for (flavour, kind, group) in [
            ("claims", "XRedisInstance", "elasticache.aws.upbound.io/v1beta2"),
            ("namespaced", "RedisInstance", "elasticache.aws.m.upbound.io/v1beta1"),
        ] {
            let output = run(&["render", claim, "--flavour", flavour]);
            let stdout = text(&output.stdout);
            assert!(
                stdout.contains(&format!("\nkind: {kind}\n")),
                "{claim} {flavour}: {}",
                text(&output.stderr)
            );
            assert!(stdout.contains(&format!("apiVersion: {group}\n")), "{claim} {flavour}");
        }
    }
}

#[test]
fn the_readme_counts_its_lines() {
    let readme = fs::read_to_string("README.md").expect("readable");
    let claim = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    assert!(readme.contains("declare what they need in sixteen lines;"));
    assert_eq!(claim.map(|claim| claim.lines().count()), Some(16));
}

/// The README's example output is what its command prints.
#[test]
fn the_readme_tells_the_truth() {
    let readme = fs::read_to_string("README.md").expect("readable");
    let mut checked = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let Some((command, expected)) = block.split_once('\n') else { continue };
        let Some(arguments) = command.strip_prefix("$ cargo run -- ") else { continue };
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = run(&arguments);
        let given = text(&output.stdout) + &text(&output.stderr);
        let mut lines = given.lines();
        for line in expected.lines().filter(|line| *line != "…") {
            assert!(
                lines.any(|given| given == line),
                "{command} does not print, in this order: {line}"
            );
        }
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} commands in the README were checked");
}
