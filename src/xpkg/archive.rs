//! Package files: images in the form of `docker save`, as Crossplane's command line makes and
//! pushes them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::image::{Image, Layer};
use super::layer::{append, unpacked_digest};
use super::oci::{self, Config};
use super::{Error, MAX_IMAGE_BYTES, MAX_MANIFEST_BYTES, digest, is_sum, plain, size};

/// The file that says which others are configuration and layers.
const CONTENTS: &str = "manifest.json";

/// Files of an archive that are read; images of more than 127 layers run nowhere.
const MAX_FILES: usize = 512;

/// One image of an archive.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Stored {
    config: String,
    /// None: a package has its name where it is pushed.
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// An image as a file, the same bytes each time.
pub fn bytes(image: &Image) -> io::Result<Vec<u8>> {
    let hexadecimal = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
    let manifest = image.manifest();
    let config = format!("{}.json", hexadecimal(&manifest.config.digest));
    let layers: Vec<String> = manifest
        .layers
        .iter()
        .map(|layer| format!("{}.tar.gz", hexadecimal(&layer.digest)))
        .collect();

    let mut files = vec![(config.clone(), image.stored_config.as_slice())];
    for (name, layer) in layers.iter().zip(&image.layers) {
        // Equal layers are one file.
        if !files.iter().any(|(known, _)| known == name) {
            files.push((name.clone(), &layer.content));
        }
    }
    let contents = oci::json(&[Stored { config, repo_tags: None, layers }]);
    files.push((CONTENTS.to_owned(), &contents));
    files.sort_unstable();

    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        append(&mut archive, &name, 0o644, content)?;
    }
    archive.into_inner()
}

/// Reads a package file.
pub fn read(path: &Path) -> Result<Image, Error> {
    let shown = path.display().to_string();
    let failed = |source| Error::Read { path: shown.clone(), source };
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > MAX_IMAGE_BYTES {
        let problem =
            format!("has {}; packages have at most {}", size(length), size(MAX_IMAGE_BYTES));
        return Err(Error::File { path: shown, problem });
    }
    let mut content = Vec::new();
    // Devices and pipes have no length.
    file.take(MAX_IMAGE_BYTES).read_to_end(&mut content).map_err(failed)?;
    parse(&content).map_err(|problem| Error::File { path: shown, problem })
}

/// The image in an archive, or the rest of a sentence.
fn parse(archive: &[u8]) -> Result<Image, String> {
    let files = files(archive)?;
    let file = |name: &str| {
        files.get(name).copied().ok_or_else(|| format!("is incomplete: it lacks {}", plain(name)))
    };
    let Ok(contents) = file(CONTENTS) else {
        return Err("is no package: it has no manifest.json; build one with `selfservice package \
                    build`"
            .to_owned());
    };
    let stored: Vec<Stored> = document(CONTENTS, contents)?;
    let [stored] = stored.as_slice() else {
        return Err(format!("holds {} images; a package is one", stored.len()));
    };
    let stored_config = file(&stored.config)?;
    check_name(&stored.config, stored_config)?;
    let config: Config = document(&stored.config, stored_config)?;
    if config.rootfs.diff_ids.len() != stored.layers.len() {
        return Err(format!(
            "is damaged: {} layers are configured and {} are there",
            config.rootfs.diff_ids.len(),
            stored.layers.len()
        ));
    }
    let mut layers = Vec::new();
    // Of all layers together: an archive can name one file very often.
    let (mut space, mut unpacked) = (MAX_IMAGE_BYTES, MAX_IMAGE_BYTES);
    for (name, diff_id) in stored.layers.iter().zip(&config.rootfs.diff_ids) {
        let content = file(name)?;
        let too_large = || format!("has layers of more than {}", size(MAX_IMAGE_BYTES));
        space = space.checked_sub(content.len() as u64).ok_or_else(too_large)?;
        check_name(name, content)?;
        let damaged =
            || format!("is damaged: {} does not unpack to {}", plain(name), plain(diff_id));
        let (digest, length) = unpacked_digest(content, unpacked).map_err(|_| damaged())?;
        unpacked = unpacked.checked_sub(length).ok_or_else(too_large)?;
        if digest != *diff_id {
            return Err(damaged());
        }
        layers.push(Layer::foreign(content.to_vec(), digest));
    }
    Ok(Image::stored(stored_config.to_vec(), config, layers))
}

/// Compares a file with the digest in its name, where there is one: `docker save`, Crossplane's
/// command line and others have names of their own for the same.
fn check_name(name: &str, content: &[u8]) -> Result<(), String> {
    let stem = name.rsplit(['/', ':']).next().unwrap_or(name);
    let stem = stem.split('.').next().unwrap_or(stem);
    if is_sum(stem) && digest(content) != format!("sha256:{stem}") {
        return Err(format!("is damaged: {} is not what its name says", plain(name)));
    }
    Ok(())
}

/// The regular files of an archive, each as a part of it.
fn files(archive: &[u8]) -> Result<BTreeMap<String, &[u8]>, String> {
    let damaged = |_| "is no package: it is no tar archive, or damaged".to_owned();
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if files.len() == MAX_FILES {
            return Err(format!("is no package: it holds more than {MAX_FILES} files"));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let range = usize::try_from(entry.raw_file_position())
            .ok()
            .zip(usize::try_from(entry.size()).ok())
            .and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let content = range.and_then(|range| archive.get(range));
        files.insert(name, content.ok_or("is cut off; build or copy it again")?);
    }
    Ok(files)
}

fn document<T: serde::de::DeserializeOwned>(name: &str, content: &[u8]) -> Result<T, String> {
    if content.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(format!("has a {} of more than {}", plain(name), size(MAX_MANIFEST_BYTES)));
    }
    serde_json::from_slice(content).map_err(|error| {
        format!("has a {} that cannot be read: {}", plain(name), plain(&error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::image::{Image, Streams};
    use super::super::oci::Platform;
    use super::{bytes, parse};

    fn image() -> Image {
        let streams = Streams { package: "a: 1\n", examples: Some("b: 2\n") };
        Image::function(&Platform::linux("arm64"), b"program", streams, Vec::new()).expect("fits")
    }

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content.as_bytes()).expect("fits");
        }
        archive.into_inner().expect("fits")
    }

    #[test]
    fn what_is_written_is_read() {
        let written = bytes(&image()).expect("fits");
        assert_eq!(written, bytes(&image()).expect("fits"));
        let read = parse(&written).expect("sound");
        assert_eq!(read.stored_manifest(), image().stored_manifest());
        assert_eq!(bytes(&read).expect("fits"), written);
        assert_eq!(read.held().expect("a package").platforms[0].0.to_string(), "linux/arm64");
    }

    #[test]
    fn files_that_are_no_packages_say_why() {
        let config = r#"{"rootfs": {"type": "layers", "diff_ids": ["sha256:a"]}}"#;
        for (files, problem) in [
            (
                vec![("other", "")],
                "is no package: it has no manifest.json; build one with `selfservice package build`",
            ),
            (vec![("manifest.json", "[]")], "holds 0 images; a package is one"),
            (
                vec![("manifest.json", r#"[{"Config": "c", "Layers": []}]"#)],
                "is incomplete: it lacks c",
            ),
            (
                vec![("manifest.json", r#"[{"Config": "c", "Layers": ["l"]}]"#), ("c", config)],
                "is incomplete: it lacks l",
            ),
            (
                vec![("manifest.json", r#"[{"Config": "c", "Layers": []}]"#), ("c", config)],
                "is damaged: 1 layers are configured and 0 are there",
            ),
            (
                vec![("manifest.json", "[")],
                "has a manifest.json that cannot be read: EOF while parsing a list at line 1 column 1",
            ),
        ] {
            assert_eq!(parse(&archive(&files)).expect_err(problem), problem);
        }
    }

    #[test]
    fn damaged_files_are_refused_without_a_panic() {
        let whole = bytes(&image()).expect("fits");
        for length in (0..whole.len() - 1024).step_by(97) {
            assert!(parse(&whole[..length]).is_err(), "{length} bytes");
        }
        assert!(parse(&[0xff; 2048]).is_err());
        // Every file but the one that names them has its digest in its name.
        for (name, content) in super::files(&whole).expect("sound") {
            let start = content.as_ptr() as usize - whole.as_ptr() as usize;
            for at in (start..start + content.len()).step_by(7) {
                let mut file = whole.clone();
                file[at] ^= 1;
                assert!(name == "manifest.json" || parse(&file).is_err(), "{name}: byte {at}");
            }
        }
        for at in (0..whole.len()).step_by(53) {
            let mut file = whole.clone();
            file[at] ^= 0xff;
            if let Ok(image) = parse(&file) {
                let _ = image.held();
            }
        }
    }

    /// What a layer unpacks to is configured, whatever its file is called.
    #[test]
    fn layers_are_what_is_configured() {
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let read = |layer: &str, content: &str, config: &str| {
            let config = format!(r#"{{"rootfs": {{"diff_ids": ["{config}"]}}}}"#);
            let stored = format!(r#"[{{"Config": "c", "Layers": ["{layer}"]}}]"#);
            parse(&archive(&[("manifest.json", &stored), ("c", &config), (layer, content)]))
                .map(|image| image.layers.len())
        };
        let configured = format!("sha256:{sum}");
        for layer in ["layer.tar", &format!("{sum}.tar"), &format!("{}/layer.tar", "0".repeat(64))]
        {
            assert_eq!(read(layer, "abc", &configured), Ok(1), "{layer}");
        }
        assert_eq!(
            read("layer.tar", "abd", &configured),
            Err(format!("is damaged: layer.tar does not unpack to {configured}"))
        );
        for layer in [&format!("{sum}.tar.gz"), &format!("blobs/sha256/{sum}")] {
            assert_eq!(
                read(layer, "abd", &configured),
                Err(format!("is damaged: {layer} is not what its name says"))
            );
        }
    }
}
