//! Packages as a platform team meets them: built, inspected, pushed; every sentence; each layer
//! against the specification, read here by other code than wrote it.

#[path = "packages/logins.rs"]
mod logins;
#[path = "packages/places.rs"]
mod places;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "packages are made by a command of their own")]
mod program;
#[path = "packages/registry.rs"]
mod registry;
#[path = "packages/unpacked.rs"]
mod unpacked;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use program::{path as shown, text};
use registry::Registry;
use serde_json::{Value as Json, json};
use unpacked::{File, digest, gunzip, untar};

const FUNCTION: &str = "tests/packages/fixtures/function";
const CONFIGURATION: &str = "tests/packages/fixtures/configuration";
const EXAMPLES: &str = "tests/packages/fixtures/examples";
const BUILD: &str = "RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release --locked --target x86_64-unknown-linux-gnu --no-default-features --features server --bin function-self-service";

/// A folder of one test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("docker")).expect("writable");
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Output {
    program::command(&["package"])
        .args(arguments)
        .env("DOCKER_CONFIG", folder.join("docker"))
        .output()
        .expect("selfservice starts")
}

/// Standard output and standard error of a command that does what it should.
#[track_caller]
fn runs(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = command(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn fails(folder: &Path, arguments: &[&str], sentence: &str) {
    let output = command(folder, arguments);
    assert_eq!(text(&output.stderr), format!("error: {sentence}\n"));
    assert_eq!(text(&output.stdout), "", "nothing on standard output");
    assert_eq!(output.status.code(), Some(2));
}

/// A program for a machine: its header, and a segment for a dynamic linker or none.
fn program(folder: &Path, name: &str, machine: u8, interpreter: bool) -> PathBuf {
    let mut content = vec![0; 120];
    content[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    content[16] = 3;
    content[18] = machine;
    content[24] = 1;
    content[32] = 64;
    content[54] = 56;
    content[56] = 1;
    content[64] = if interpreter { 3 } else { 1 };
    content[72] = 120;
    content[96] = 11;
    content.extend(b"/lib/ld.so\0");
    let path = folder.join(name);
    fs::write(&path, content).expect("writable");
    path
}

fn amd64(folder: &Path) -> PathBuf {
    program(folder, "amd64", 62, false)
}

/// A built Function for amd64.
fn function(folder: &Path) -> PathBuf {
    let binary = amd64(folder);
    let arguments =
        ["build", "function", FUNCTION, "--binary", shown(&binary), "-o", shown(folder)];
    let (stdout, _) = runs(folder, &arguments);
    let path = folder.join("function-example-amd64.xpkg");
    assert_eq!(stdout, format!("{}\n", path.display()));
    path
}

/// A folder of a package with other words in one of its files.
fn edited(folder: &Path, source: &str, file: &str, edit: impl Fn(&str) -> String) -> PathBuf {
    let target = folder.join("source");
    let mut folders = vec![PathBuf::from(source)];
    while let Some(from) = folders.pop() {
        let to = target.join(from.strip_prefix(source).expect("below"));
        fs::create_dir_all(&to).expect("writable");
        for entry in fs::read_dir(from).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("writable");
            }
        }
    }
    let path = target.join(file);
    let content = edit(&fs::read_to_string(&path).unwrap_or_default());
    fs::write(&path, content).expect("writable");
    target
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let folder = folder("same");
    let binary = amd64(&folder);
    for kind in ["function", "configuration"] {
        let built = |name: &str, source: &str| {
            let path = folder.join(name);
            let mut arguments = vec!["build", kind, source, "--examples", EXAMPLES];
            if kind == "function" {
                arguments.extend(["--binary", shown(&binary)]);
            }
            runs(&folder, &[&arguments[..], &["-o", shown(&path)]].concat());
            fs::read(path).expect("written")
        };
        let source = if kind == "function" { FUNCTION } else { CONFIGURATION };
        let first = built("first.xpkg", source);
        assert_eq!(first, built("second.xpkg", source), "{kind}");
        // Another place and other times.
        let copy = edited(&folder.join(kind), source, "crossplane.yaml", str::to_owned);
        assert_eq!(first, built("third.xpkg", shown(&copy)), "{kind}");
        assert!(
            first
                != built(
                    "fourth.xpkg",
                    shown(&edited(&folder.join(kind), source, "crossplane.yaml", |text| text
                        .replace("Apache-2.0", "MIT"),))
                )
        );
    }
    let left: Vec<_> = fs::read_dir(&folder)
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left over");
}

#[test]
fn every_layer_of_a_function_is_as_specified() {
    let folder = folder("layers");
    let binary = amd64(&folder);
    let path = folder.join("a.xpkg");
    let arguments = [
        "build",
        "function",
        FUNCTION,
        "--binary",
        shown(&binary),
        "--examples",
        EXAMPLES,
        "--image-version",
        "1.2.3",
        "-o",
        shown(&path),
    ];
    runs(&folder, &arguments);

    let files = untar(&fs::read(&path).expect("written"));
    let find = |name: &str| files.iter().find(|file| file.name == name).expect(name);
    let contents: Json = serde_json::from_slice(&find("manifest.json").content).expect("JSON");
    let image = &contents[0];
    assert_eq!(contents.as_array().map(Vec::len), Some(1));
    assert_eq!(image["RepoTags"], Json::Null);
    let names: Vec<&str> =
        image["Layers"].as_array().expect("layers").iter().filter_map(Json::as_str).collect();
    let layers: Vec<&[u8]> = names.iter().map(|name| find(name).content.as_slice()).collect();
    for (name, layer) in names.iter().zip(&layers) {
        assert_eq!(digest(layer), format!("sha256:{}", name.trim_end_matches(".tar.gz")));
    }
    assert_eq!(files.len(), 5, "a configuration, three layers, and what says so");
    for file in &files {
        assert_eq!((file.mode, file.owner, file.time), (0o644, (0, 0), 0), "{}", file.name);
    }

    let stored = &find(image["Config"].as_str().expect("a name")).content;
    let config: Json = serde_json::from_slice(stored).expect("JSON");
    let unpacked: Vec<Vec<u8>> = layers.iter().map(|layer| gunzip(layer)).collect();
    let diff_ids: Vec<String> = unpacked.iter().map(|layer| digest(layer)).collect();
    assert_eq!(
        config,
        json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "User": "2000:2000",
                "ExposedPorts": {"8080/tcp": {}, "9443/tcp": {}},
                "Env": ["MALLOC_ARENA_MAX=1", "MALLOC_MMAP_THRESHOLD_=131072"],
                "Entrypoint": ["/function-self-service"],
                "WorkingDir": "/",
                "Labels": {
                    format!("io.crossplane.xpkg:{}", digest(layers[1])): "base",
                    format!("io.crossplane.xpkg:{}", digest(layers[2])): "upbound",
                    "org.opencontainers.image.authors": "Platform team",
                    "org.opencontainers.image.description": "Stands for a function in tests.",
                    "org.opencontainers.image.licenses": "Apache-2.0",
                    "org.opencontainers.image.title": "function-example",
                    "org.opencontainers.image.version": "1.2.3",
                },
            },
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        })
    );

    let one = |layer: &[u8]| {
        let mut files = untar(layer);
        assert_eq!(files.len(), 1);
        files.remove(0)
    };
    let expected = |name: &str, mode: u32, content: &[u8]| File {
        name: name.to_owned(),
        mode,
        owner: (0, 0),
        time: 0,
        content: content.to_vec(),
    };
    let source = |path: &str| fs::read_to_string(path).expect("readable");
    assert_eq!(
        one(&unpacked[0]),
        expected("function-self-service", 0o755, &fs::read(&binary).expect("readable"))
    );
    let package = format!(
        "---\n{}---\n{}",
        source("tests/packages/fixtures/function/crossplane.yaml"),
        source("tests/packages/fixtures/function/input/inputs.yaml")
    );
    assert_eq!(one(&unpacked[1]), expected("package.yaml", 0o644, package.as_bytes()));
    let examples = format!("---\n{}", source("tests/packages/fixtures/examples/cache.yaml"));
    assert_eq!(one(&unpacked[2]), expected(".up/examples.yaml", 0o644, examples.as_bytes()));
}

#[test]
fn inspect_tells_people_and_programs_the_same() {
    let folder = folder("inspect");
    let path = folder.join("configuration-example.xpkg");
    runs(&folder, &["build", "configuration", CONFIGURATION, "-o", shown(&folder)]);
    let (table, _) = runs(&folder, &["inspect", shown(&path)]);
    let (document, _) = runs(&folder, &["inspect", shown(&path), "-o", "json"]);
    let document: Json = serde_json::from_str(&document).expect("JSON");
    let digest = document["digest"].as_str().expect("a digest");
    let layer = document["layers"][0]["digest"].as_str().expect("a digest");
    let size = document["layers"][0]["size"].as_u64().expect("a size");
    assert_eq!(
        table,
        format!(
            "type        Configuration\n\
             name        configuration-example\n\
             digest      {digest}\n\
             crossplane  >=v2.0.0-0\n\
             \n\
             PLATFORM     DIGEST\n\
             linux/amd64  {digest}\n\
             \n\
             DEPENDENCY  PACKAGE                                         VERSION\n\
             Function    registry.example.com/platform/function-example  >=v0.1.0\n\
             Provider    registry.example.com/upbound/provider-aws-rds   ^v2\n\
             \n\
             LAYER  SIZE   MEDIA TYPE                                   DIGEST\n\
             base   {size} B  application/vnd.oci.image.layer.v1.tar+gzip  {layer}\n\
             \n\
             OBJECT                       NAME                API VERSION\n\
             Composition                  cache               apiextensions.crossplane.io/v1\n\
             CompositeResourceDefinition  caches.example.com  apiextensions.crossplane.io/v2\n"
        )
    );
    assert_eq!(document["type"], "Configuration");
    assert_eq!(document["runtime"], Json::Null);
    assert_eq!(
        document["objects"][0],
        json!({"apiVersion": "apiextensions.crossplane.io/v1", "kind": "Composition", "name": "cache"})
    );

    let function = function(&folder);
    let (table, _) = runs(&folder, &["inspect", shown(&function)]);
    let facts: Vec<&str> = table.lines().filter(|line| line.starts_with("version ")).collect();
    assert_eq!(facts, [concat!("version       ", env!("CARGO_PKG_VERSION"))]);
    let (document, _) = runs(&folder, &["inspect", shown(&function), "-o", "json"]);
    let document: Json = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["capabilities"], json!(["composition"]));
    assert_eq!(
        document["runtime"],
        json!({
            "entrypoint": ["/function-self-service"],
            "user": "2000:2000",
            "environment": ["MALLOC_ARENA_MAX=1", "MALLOC_MMAP_THRESHOLD_=131072"],
            "ports": ["8080/tcp", "9443/tcp"],
        })
    );
}

#[test]
fn a_pushed_package_is_what_the_file_says() {
    let folder = folder("push");
    let registry = Registry::keeping();
    let path = function(&folder);
    let reference = format!("{}/platform/function-example:v1", registry.address);
    let (stdout, stderr) = runs(&folder, &["push", shown(&path), &reference]);
    let (media_type, manifest) = registry.kept("/v2/platform/function-example/manifests/v1");
    assert_eq!(stdout, format!("{reference}@{}\n", digest(&manifest)));
    assert_eq!(media_type, "application/vnd.oci.image.manifest.v1+json");
    let manifest: Json = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(manifest["mediaType"], media_type);
    assert_eq!(manifest["schemaVersion"], 2);
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 2);
    assert_eq!(layers[0].get("annotations"), None);
    assert_eq!(layers[1]["annotations"], json!({"io.crossplane.xpkg": "base"}));
    for descriptor in layers.iter().chain([&manifest["config"]]) {
        let name = descriptor["digest"].as_str().expect("a digest");
        let (_, content) = registry.kept(&format!("/v2/platform/function-example/blobs/{name}"));
        assert_eq!(digest(&content), name);
        assert_eq!(descriptor["size"], content.len());
    }
    assert_eq!(stderr.lines().filter(|line| line.starts_with("pushing sha256:")).count(), 3);

    let (from_file, _) = runs(&folder, &["inspect", shown(&path), "-o", "json"]);
    let (from_registry, _) = runs(&folder, &["inspect", &reference, "-o", "json"]);
    assert_eq!(from_file, from_registry);
    let (again, stderr) = runs(&folder, &["push", shown(&path), &reference]);
    assert_eq!(again, stdout);
    assert_eq!(stderr.lines().filter(|line| line.ends_with(" is there already")).count(), 3);
    // What was printed can be asked for.
    let (by_digest, _) = runs(&folder, &["inspect", stdout.trim_end(), "-o", "json"]);
    assert_eq!(by_digest, from_file);
}

#[test]
fn several_platforms_are_pushed_as_an_index() {
    let folder = folder("index");
    let registry = Registry::keeping();
    let (arm64, amd64) = (program(&folder, "arm64", 183, false), amd64(&folder));
    let (stdout, _) = runs(
        &folder,
        &[
            "build",
            "function",
            FUNCTION,
            "--binary",
            shown(&arm64),
            "--binary",
            shown(&amd64),
            "-o",
            shown(&folder),
        ],
    );
    let files: Vec<&str> = stdout.lines().collect();
    assert_eq!(files.len(), 2);
    let reference = format!("{}/platform/function-example:v1", registry.address);
    let (stdout, _) = runs(&folder, &["push", files[0], files[1], &reference]);
    let (media_type, index) = registry.kept("/v2/platform/function-example/manifests/v1");
    assert_eq!(media_type, "application/vnd.oci.image.index.v1+json");
    assert_eq!(stdout, format!("{reference}@{}\n", digest(&index)));
    let index: Json = serde_json::from_slice(&index).expect("JSON");
    let manifests = index["manifests"].as_array().expect("manifests");
    let platforms: Vec<&Json> = manifests.iter().map(|manifest| &manifest["platform"]).collect();
    assert_eq!(
        platforms,
        [
            &json!({"os": "linux", "architecture": "arm64"}),
            &json!({"os": "linux", "architecture": "amd64"})
        ]
    );
    for manifest in manifests {
        let name = manifest["digest"].as_str().expect("a digest");
        let (_, content) =
            registry.kept(&format!("/v2/platform/function-example/manifests/{name}"));
        assert_eq!(manifest["size"], content.len());
    }
    let (table, _) = runs(&folder, &["inspect", &reference]);
    assert!(
        table.contains("\nlinux/arm64  sha256:") && table.contains("\nlinux/amd64  sha256:"),
        "{table}"
    );
    assert!(
        table.contains(&format!(
            "\ndigest        {}\n",
            stdout.trim_end().rsplit('@').next().expect("one")
        )),
        "{table}"
    );

    let sentence = format!(
        "{0} and {0} are both for linux/arm64; a package has one file for each platform",
        files[0]
    );
    fails(&folder, &["push", files[0], files[0], &reference], &sentence);
}

/// Crossplane reads one platform of a package and runs another: they must be the same.
#[test]
fn files_that_are_not_one_package_are_not_pushed() {
    let folder = folder("not-one");
    let built = |kind: &str, name: &str, source: &Path, machine: u8| {
        let binary = program(&folder, "program", machine, false);
        let path = folder.join(name);
        let mut arguments = vec!["build", kind, shown(source), "-o", shown(&path)];
        if kind == "function" {
            arguments.extend(["--binary", shown(&binary)]);
        }
        runs(&folder, &arguments);
        path
    };
    let push = |first: &Path, second: &Path, problem: &str| {
        fails(
            &folder,
            &["push", shown(first), shown(second), "127.0.0.1:1/a:v1"],
            &problem.replace("BOTH", &format!("{} and {}", first.display(), second.display())),
        );
    };
    let arm64 = built("function", "arm64.xpkg", Path::new(FUNCTION), 183);
    let configuration = built("configuration", "other.xpkg", Path::new(CONFIGURATION), 62);
    push(
        &arm64,
        &configuration,
        "BOTH are different packages, Function function-example and Configuration \
         configuration-example; push one after the other",
    );
    let renamed = edited(&folder, FUNCTION, "crossplane.yaml", |text| {
        text.replace("name: function-example", "name: function-another")
    });
    let renamed = built("function", "renamed.xpkg", &renamed, 62);
    push(
        &arm64,
        &renamed,
        "BOTH are different packages, Function function-example and Function function-another; \
         push one after the other",
    );
    let reworded =
        edited(&folder, FUNCTION, "crossplane.yaml", |text| text.replace("Apache-2.0", "MIT"));
    let reworded = built("function", "reworded.xpkg", &reworded, 62);
    push(&arm64, &reworded, "BOTH differ in their package.yaml; build them from the same folder");
    // A program that says to be for another system: nothing that is built here is.
    let other = folder.join("s390x.xpkg");
    let content = fs::read(&arm64).expect("written");
    fs::write(&other, retold(&content, "\"arm64\"", "\"s390x\"")).expect("writable");
    push(
        &arm64,
        &other,
        "none of the files is for linux/amd64, which Crossplane takes of several platforms; add it",
    );
}

/// A package file whose configuration has other words, of the same length.
fn retold(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut files = tar::Archive::new(archive);
    let mut all = Vec::new();
    for file in files.entries().expect("an archive") {
        let mut file = file.expect("sound");
        let name = file.path().expect("a path").display().to_string();
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("whole");
        all.push((name, content));
    }
    let configuration = all.iter().position(|(name, _)| name.len() == 69).expect("one");
    let (old, content) = all.remove(configuration);
    let content = text(&content).replace(from, to);
    let new = format!("{}.json", &digest(content.as_bytes())[7..]);
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in all.into_iter().chain([(new.clone(), content.into_bytes())]) {
        let content = if name == "manifest.json" {
            text(&content).replace(&old, &new).into_bytes()
        } else {
            content
        };
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, content.as_slice()).expect("fits");
    }
    archive.into_inner().expect("fits")
}

/// One flipped byte, wherever in a layer or the configuration, is found before it is published.
#[test]
fn a_damaged_package_is_not_pushed() {
    let folder = folder("damaged");
    let path = function(&folder);
    let whole = fs::read(&path).expect("written");
    let files = untar(&whole);
    for file in files.iter().filter(|file| file.name != "manifest.json") {
        let at = whole
            .windows(file.content.len())
            .position(|part| part == file.content)
            .expect("stored as it is");
        let mut damaged = whole.clone();
        damaged[at + file.content.len() / 2] ^= 1;
        let path = folder.join("damaged.xpkg");
        fs::write(&path, damaged).expect("writable");
        let sentence =
            format!("{} is damaged: {} is not what its name says", path.display(), file.name);
        fails(&folder, &["push", shown(&path), "127.0.0.1:1/a:v1"], &sentence);
        fails(&folder, &["inspect", shown(&path)], &sentence);
    }
    assert_eq!(files.len(), 4);
}

#[test]
fn registries_that_refuse_are_told_in_one_sentence() {
    let folder = folder("refused");
    let path = function(&folder);
    let push = |registry: &Registry, problem: &str| push_fails(&folder, &path, registry, problem);
    let denied = r#"{"errors": [{"code": "DENIED", "message": "not yours\u001b[31m"}]}"#;
    push(&Registry::refusing(403, "", denied), " forbids it (HTTP 403): not yours [31m");
    push(&Registry::refusing(500, "", "out of\norder"), " answers HTTP 500: out of order");
    let docker = folder.join("docker/config.json");
    let private = Registry::private();
    let host = private.address;
    push(
        &private,
        &format!(
            " wants credentials, and there are none in {}; run `docker login {host}`",
            docker.display()
        ),
    );
    let log_in = |secret: &str| {
        let auths = json!({"auths": {host.to_string(): {"auth": secret}}});
        fs::write(&docker, auths.to_string()).expect("writable");
    };
    // printf user:wrong | base64
    log_in("dXNlcjp3cm9uZw==");
    push(
        &private,
        &format!(" refuses the credentials in {}; run `docker login {host}`", docker.display()),
    );
    log_in("dXNlcjpzZWNyZXQ=");
    let reference = format!("{host}/a/b:v1");
    runs(&folder, &["push", shown(&path), &reference]);
    let (table, _) = runs(&folder, &["inspect", &reference]);
    assert!(table.contains("function-example"), "{table}");

    fs::remove_file(&docker).expect("there");
    let nobody = "127.0.0.1:1/a/b:v1";
    fails(
        &folder,
        &["push", shown(&path), nobody],
        &format!(
            "cannot push {nobody}: no answer from 127.0.0.1:1: Connection refused (os error 111)"
        ),
    );
    let keeping = Registry::keeping();
    let missing = format!("{}/a/b:v1", keeping.address);
    fails(
        &folder,
        &["inspect", &missing],
        &format!("cannot pull {missing}: {} has no such package", keeping.address),
    );
    assert_eq!(keeping.paths(), Vec::<String>::new());
}

/// A pushed reference is whatever somebody pushed.
#[test]
fn what_a_registry_serves_is_not_believed() {
    let folder = folder("hostile");
    let registry = Registry::keeping();
    let reference = format!("{}/a:v1", registry.address);
    let manifest = |content: &str| {
        registry.plant(
            "/v2/a/manifests/v1",
            "application/vnd.oci.image.manifest.v1+json",
            content.as_bytes(),
        );
    };
    let pull = |problem: &str| {
        fails(&folder, &["inspect", &reference], &format!("cannot pull {reference}: {problem}"));
    };
    manifest("{");
    pull("its manifest cannot be read: EOF while parsing an object at line 1 column 1");
    manifest(r#"{"schemaVersion": 2, "manifests": []}"#);
    pull("the index names no image");

    let config = b"{}";
    let name = digest(config);
    registry.plant(&format!("/v2/a/blobs/{name}"), "", config);
    let with = |size: usize, layers: Json| {
        json!({"schemaVersion": 2, "config": {"digest": name, "size": size}, "layers": layers})
            .to_string()
    };
    manifest(&with(5 << 20, json!([])));
    pull(&format!("{name} has 5.0 MiB, and at most 4.0 MiB are read"));
    manifest(&with(3, json!([])));
    pull(&format!("{name} is shorter than its manifest says"));
    manifest(&with(2, json!([])));
    fails(
        &folder,
        &["inspect", &reference],
        &format!("{reference} is no Crossplane package: no layer of it holds package.yaml"),
    );
    manifest(&with(2, json!([{"digest": name, "size": 600 << 20}])));
    pull(&format!("{name} has 600.0 MiB, and at most 512.0 MiB are read"));

    // Another content than the digest says.
    let wrong = digest(b"[]");
    registry.plant(&format!("/v2/a/blobs/{wrong}"), "", b"{}");
    manifest(
        &json!({"schemaVersion": 2, "config": {"digest": wrong, "size": 2}, "layers": []})
            .to_string(),
    );
    let strange = format!("{} does not keep to the registry protocol", registry.address);
    pull(&format!("{strange}: what it serves as {wrong} is something else"));
    // More content than its size.
    registry.plant(&format!("/v2/a/blobs/{wrong}"), "", b"[]  ");
    pull(&format!("{wrong} is longer than its manifest says"));
    // Digests become paths.
    manifest(
        &json!({"schemaVersion": 2, "config": {"digest": "sha256:../..", "size": 2}, "layers": []})
            .to_string(),
    );
    pull(&format!("{strange}: \"sha256:../..\" is no digest"));
    manifest(
        &json!({"schemaVersion": 2, "manifests": [{"digest": "sha512:a", "size": 2}]}).to_string(),
    );
    pull(&format!("{strange}: \"sha512:a\" is no digest"));
    registry.plant(&format!("/v2/a/manifests/{wrong}"), "", b"{}");
    fails(
        &folder,
        &["inspect", &format!("{}/a@{wrong}", registry.address)],
        &format!(
            "cannot pull {}/a@{wrong}: {strange}: what it serves as {wrong} is something else",
            registry.address
        ),
    );
}

/// What a push to a registry ends with, which is one sentence.
#[track_caller]
fn push_fails(folder: &Path, path: &Path, registry: &Registry, problem: &str) {
    let reference = format!("{}/a/b:v1", registry.address);
    let output = command(folder, &["push", shown(path), &reference]);
    let stderr = text(&output.stderr);
    let sentence = format!("error: cannot push {reference}: {}{problem}", registry.address);
    // Progress may come before it.
    let problems: Vec<&str> =
        stderr.lines().filter(|line| !line.starts_with("pushing sha256:")).collect();
    assert_eq!(problems, [sentence]);
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn registries_that_talk_nonsense_are_told_in_one_sentence() {
    let folder = folder("nonsense");
    let path = function(&folder);
    let push = |registry: &Registry, problem: &str| push_fails(&folder, &path, registry, problem);
    let strange = " does not keep to the registry protocol:";
    for headers in ["", "Location: http://[\r\n", "Location: \u{e9}\r\n"] {
        push(
            &Registry::keeping_but("POST /v2/", 202, headers, ""),
            &format!("{strange} it does not say where to upload to"),
        );
    }
    // A relative reference is one that the specification allows.
    push(
        &Registry::keeping_but("P", 404, "", "no such upload"),
        " answers HTTP 404: no such upload",
    );
    let relative = Registry::keeping_but("POST", 202, "Location: nonsense\r\n", "");
    runs(&folder, &["push", shown(&path), &format!("{}/a/b:v1", relative.address)]);
    for answer in ["{\"token\": \"a\\nb\"}", "{}", "[", "{\"token\": 1}"] {
        push(&Registry::with_token(Some(answer)), &format!("{strange} its token cannot be used"));
    }
    for (challenge, problem) in [
        ("", "its challenge is neither Basic nor Bearer"),
        ("WWW-Authenticate: Negotiate\r\n", "its challenge is neither Basic nor Bearer"),
        ("WWW-Authenticate: Bearer\r\n", "its challenge is neither Basic nor Bearer"),
        ("WWW-Authenticate: ,=\"\r\n", "its challenge cannot be read"),
        ("WWW-Authenticate: Bearer realm=\"token\"\r\n", "its token service has no address"),
    ] {
        push(&Registry::refusing(401, challenge, ""), &format!("{strange} {problem}"));
    }
}

/// Neither content nor credentials leave this machine in the clear, whatever a registry says.
#[test]
fn references_to_other_machines_are_followed_over_https_alone() {
    let folder = folder("references-elsewhere");
    let path = function(&folder);
    let problem = " refers to http://192.0.2.2, and only https is followed to other machines";
    let location = "Location: http://192.0.2.2/upload\r\n";
    push_fails(&folder, &path, &Registry::keeping_but("POST", 202, location, ""), problem);
    for beginning in ["GET /v2/", "HEAD", "POST", "PUT /v2/a/b/manifests"] {
        push_fails(&folder, &path, &Registry::keeping_but(beginning, 307, location, ""), problem);
    }
    let challenge = "WWW-Authenticate: Bearer realm=\"http://192.0.2.2/token\"\r\n";
    push_fails(&folder, &path, &Registry::refusing(401, challenge, ""), problem);
    push_fails(
        &folder,
        &path,
        &Registry::keeping_but("POST", 202, "Location: ftp://127.0.0.1/upload\r\n", ""),
        " refers to ftp://127.0.0.1, and only https is followed to other machines",
    );
    push_fails(
        &folder,
        &path,
        &Registry::refusing(307, "Location: /v2/\r\n", ""),
        " refers to another place again and again",
    );
}

/// Reading stops where a package's own limits are.
#[test]
fn answers_without_end_are_not_read_to_the_end() {
    let folder = folder("endless");
    let inspect = |registry: &Registry, problem: &str| {
        let reference = format!("{}/a:v1", registry.address);
        fails(&folder, &["inspect", &reference], &format!("cannot pull {reference}: {problem}"));
        // What is on its way when the client hangs up.
        assert!(registry.streamed() < 32 << 20, "{} bytes went out", registry.streamed());
    };
    inspect(&Registry::endless("/v2/a/manifests", 200), "its manifest has more than 4.0 MiB");
    let registry = Registry::endless("/v2/a/manifests", 500);
    inspect(&registry, &format!("{} answers HTTP 500", registry.address));
    let registry = Registry::endless("/v2/", 200);
    inspect(&registry, "its manifest has more than 4.0 MiB");
    let registry = Registry::with_token(None);
    inspect(
        &registry,
        &format!(
            "{} does not keep to the registry protocol: its token has more than 1.0 MiB",
            registry.address
        ),
    );
    let name = digest(b"{}");
    let registry = Registry::endless("/v2/a/blobs", 200);
    let manifest = json!({"schemaVersion": 2, "config": {"digest": name, "size": 2}, "layers": []});
    registry.plant("/v2/a/manifests/v1", "", manifest.to_string().as_bytes());
    inspect(&registry, &format!("{name} is longer than its manifest says"));
}

#[test]
fn tokens_are_asked_for_with_the_credentials_of_docker_login() {
    let folder = folder("tokens");
    let path = function(&folder);
    let docker = folder.join("docker/config.json");
    let registry = Registry::of_tokens("repository:a/b:pull,push");
    let host = registry.address;
    push_fails(
        &folder,
        &path,
        &registry,
        &format!(
            " wants credentials, and there are none in {}: who?; run `docker login {host}`",
            docker.display()
        ),
    );
    // printf user:secret | base64
    let auths = json!({"auths": {host.to_string(): {"auth": "dXNlcjpzZWNyZXQ="}}});
    fs::write(&docker, auths.to_string()).expect("writable");
    runs(&folder, &["push", shown(&path), &format!("{host}/a/b:v1")]);
    assert_eq!(registry.paths().len(), 5, "two layers, a configuration, a manifest by both names");
}

#[test]
fn references_are_judged_before_anything_is_sent() {
    let folder = folder("references");
    let path = function(&folder);
    fails(
        &folder,
        &["push", shown(&path), "function-example:v1"],
        "\"function-example:v1\" names no registry; write REGISTRY/REPOSITORY:TAG, such as \
         registry.example.com/platform/function-self-service:v0.1.0",
    );
    fails(
        &folder,
        &["push", "missing.xpkg", "registry.example.com/a:v1"],
        "cannot read missing.xpkg: No such file or directory (os error 2)",
    );
    fails(
        &folder,
        &["push", "README.md", "registry.example.com/a:v1"],
        "README.md is no package: it is no tar archive, or damaged",
    );
    fails(
        &folder,
        &["inspect", "missing.xpkg"],
        "cannot read missing.xpkg: No such file or directory (os error 2)",
    );
}

#[test]
fn programs_that_run_nowhere_are_refused_and_nothing_is_written() {
    let folder = folder("programs");
    let output = folder.join("out.xpkg");
    let build = |binary: &Path, sentence: &str| {
        let arguments =
            ["build", "function", FUNCTION, "--binary", shown(binary), "-o", shown(&output)];
        fails(&folder, &arguments, sentence);
        assert!(!output.exists());
    };
    let missing = folder.join("missing");
    build(
        &missing,
        &format!(
            "cannot read {}: No such file or directory (os error 2); build it with `{BUILD}`",
            missing.display()
        ),
    );
    let dynamic = program(&folder, "dynamic", 62, true);
    build(
        &dynamic,
        &format!(
            "{} is linked dynamically and wants /lib/ld.so, which an image of nothing else lacks; \
             build it with `{BUILD}`",
            dynamic.display()
        ),
    );
    let riscv = program(&folder, "riscv", 243, false);
    build(
        &riscv,
        &format!(
            "{} is for machine 243; packages are built for amd64 (62) and arm64 (183)",
            riscv.display()
        ),
    );
    let binary = amd64(&folder);
    let twice =
        ["build", "function", FUNCTION, "--binary", shown(&binary), "--binary", shown(&binary)];
    fails(
        &folder,
        &[&twice[..], &["-o", shown(&folder)]].concat(),
        &format!(
            "{0} and {0} are both for linux/amd64; give one program for each platform",
            binary.display()
        ),
    );
    fails(
        &folder,
        &[&twice[..], &["-o", shown(&output)]].concat(),
        &format!("cannot write 2 packages to {}; name an existing folder", output.display()),
    );
}

#[test]
fn mistakes_in_a_package_are_named_by_file_and_document() {
    let folder = folder("mistakes");
    let build = |source: &Path, sentence: &str| {
        fails(&folder, &["build", "configuration", shown(source), "-o", shown(&folder)], sentence);
    };
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n";
    let source =
        edited(&folder, CONFIGURATION, "xrds/caches.yaml", |text| format!("{text}---\n{role}"));
    let line =
        fs::read_to_string(source.join("xrds/caches.yaml")).expect("there").lines().count() - 2;
    build(
        &source,
        &format!(
            "{}/xrds/caches.yaml:{line}: document 2 is of kind \"ClusterRole\" in \
             \"rbac.authorization.k8s.io/v1\", which no Configuration can hold; allowed are \
             CompositeResourceDefinition (apiextensions.crossplane.io/v1 or v2), Composition \
             (apiextensions.crossplane.io/v1), ManagedResourceActivationPolicy \
             (apiextensions.crossplane.io/v1alpha1), Operation (ops.crossplane.io/v1alpha1), \
             CronOperation (ops.crossplane.io/v1alpha1), WatchOperation (ops.crossplane.io/v1alpha1)",
            source.display()
        ),
    );
    build(
        Path::new(FUNCTION),
        "tests/packages/fixtures/function/crossplane.yaml:1: document 1 is a package object of kind \
         \"Function\", but a Configuration is built; give a folder of one",
    );
    build(
        Path::new(EXAMPLES),
        "tests/packages/fixtures/examples/cache.yaml:1: document 1 is of kind \"Cache\" in \
         \"example.com/v1alpha1\", which no Configuration can hold; allowed are \
         CompositeResourceDefinition (apiextensions.crossplane.io/v1 or v2), Composition \
         (apiextensions.crossplane.io/v1), ManagedResourceActivationPolicy \
         (apiextensions.crossplane.io/v1alpha1), Operation (ops.crossplane.io/v1alpha1), \
         CronOperation (ops.crossplane.io/v1alpha1), WatchOperation (ops.crossplane.io/v1alpha1)",
    );
    build(
        Path::new("tests/packages/fixtures/configuration/xrds"),
        "tests/packages/fixtures/configuration/xrds: holds no package object; write a \
         crossplane.yaml with apiVersion meta.pkg.crossplane.io/v1 and kind Configuration",
    );
    build(
        Path::new("nowhere"),
        "nowhere: is missing; `selfservice generate` makes it, or name another folder",
    );
    let example = folder.join("example.yaml");
    fs::write(&example, "a: 1\n").expect("writable");
    fails(
        &folder,
        &["build", "configuration", CONFIGURATION, "--examples", shown(&example)],
        &format!(
            "{}:1: document 1 is no object; an example begins with apiVersion and kind",
            example.display()
        ),
    );
}

/// The command in refusals, on the page and of the suites is one.
#[test]
fn the_server_is_built_as_the_page_says() {
    for path in ["docs/packages.md", "tests/tools/static-server"] {
        let page = fs::read_to_string(path).expect("readable").replace("\\\n", "");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let build = BUILD.replace("x86_64-unknown-linux-gnu", "\"$platform\"");
        assert!(words.contains(BUILD) || words.contains(&build), "{path} builds another way");
    }
}
