//! Layers: tar archives that gzip compresses.

use std::io::{self, Read, Write as _};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::oci::{Descriptor, LAYER, LAYER_GZIP};
use super::{ANNOTATION, MAX_IMAGE_BYTES, size};

/// A layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its type, digest, size and purpose.
    pub descriptor: Descriptor,
    /// The layer itself.
    pub content: Vec<u8>,
    /// Its digest before compression.
    pub(super) diff_id: String,
}

impl Layer {
    /// A layer of one file, the same bytes each time.
    pub fn of_file(
        name: &str,
        mode: u32,
        content: &[u8],
        purpose: Option<&str>,
    ) -> io::Result<Self> {
        let mut archive = tar::Builder::new(Vec::new());
        append(&mut archive, name, mode, content)?;
        let archive = archive.into_inner()?;

        // 255 says that the system is unknown (RFC 1952).
        let mut gzip =
            GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        gzip.write_all(&archive)?;
        let content = gzip.finish()?;

        let mut descriptor = Descriptor::of(LAYER_GZIP, &content);
        if let Some(purpose) = purpose {
            descriptor.annotations.insert(ANNOTATION.to_owned(), purpose.to_owned());
        }
        Ok(Self { descriptor, content, diff_id: super::digest(&archive) })
    }

    /// A layer that somebody else made.
    pub(super) fn foreign(content: Vec<u8>, diff_id: String) -> Self {
        let media_type = if is_gzip(&content) { LAYER_GZIP } else { LAYER };
        Self { descriptor: Descriptor::of(media_type, &content), content, diff_id }
    }
}

/// Adds a file to an archive with nothing of the machine that it is made on: the epoch as its
/// time, root as its owner.
pub(super) fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    name: &str,
    mode: u32,
    content: &[u8],
) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    archive.append_data(&mut header, name, content)
}

fn is_gzip(content: &[u8]) -> bool {
    content.starts_with(&[0x1f, 0x8b])
}

/// What a layer unpacks to, at most little more than `limit` bytes of it: digest and length.
pub(super) fn unpacked_digest(layer: &[u8], limit: u64) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let length = io::copy(&mut unpacked(layer).take(limit.saturating_add(1)), &mut hash)?;
    Ok((format!("sha256:{:x}", hash.finalize()), length))
}

fn unpacked(layer: &[u8]) -> Box<dyn Read + '_> {
    if is_gzip(layer) { Box::new(MultiGzDecoder::new(layer)) } else { Box::new(layer) }
}

/// The first file of this name in a layer, in whatever folder, as Crossplane looks for it and
/// whoever made the layer; at most `limit` bytes of it.
pub(super) fn find(layer: &[u8], name: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
    // A few bytes can unpack to very many.
    let mut archive = tar::Archive::new(unpacked(layer).take(MAX_IMAGE_BYTES));
    let damaged = |_| "has a layer that is damaged".to_owned();
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let is_named =
            entry.path_bytes().rsplit(|byte| *byte == b'/').next() == Some(name.as_bytes());
        if !is_named || !entry.header().entry_type().is_file() {
            continue;
        }
        let mut content = Vec::new();
        entry.take(limit + 1).read_to_end(&mut content).map_err(damaged)?;
        if content.len() as u64 > limit {
            return Err(format!(
                "has a {name} of more than {}, which is all that Crossplane reads",
                size(limit)
            ));
        }
        return Ok(Some(content));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::{Layer, find, unpacked_digest};

    #[test]
    fn a_layer_is_the_same_each_time_and_holds_its_file() {
        let layer =
            || Layer::of_file("package.yaml", 0o644, b"a: 1\n", Some("base")).expect("fits");
        assert_eq!(layer().content, layer().content);
        assert_eq!(find(&layer().content, "package.yaml", 10), Ok(Some(b"a: 1\n".to_vec())));
        assert_eq!(find(&layer().content, "other.yaml", 10), Ok(None));
        assert_eq!(layer().descriptor.purpose(), Some("base"));
        // Magic, deflate, no flags, no time, best compression, unknown system.
        assert_eq!(layer().content[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_file_without_end_is_not_read_to_the_end() {
        let layer = Layer::of_file("package.yaml", 0o644, &[b'#'; 1025], None).expect("fits");
        assert_eq!(
            find(&layer.content, "package.yaml", 1024),
            Err("has a package.yaml of more than 1.0 KiB, which is all that Crossplane reads"
                .to_owned())
        );
    }

    #[test]
    fn a_bomb_is_unpacked_only_so_far() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        // A header that announces far more than is ever unpacked, and its beginning.
        let mut header = tar::Header::new_ustar();
        header.set_path("large").expect("short");
        header.set_size(4 << 30);
        header.set_cksum();
        gzip.write_all(header.as_bytes()).expect("writable");
        let zeros = vec![0; 1 << 20];
        for _ in 0..513 {
            gzip.write_all(&zeros).expect("writable");
        }
        let bomb = gzip.finish().expect("writable");
        assert!(bomb.len() < 4 << 20);
        let problem = find(&bomb, "package.yaml", 1024).expect_err("cut off");
        assert_eq!(problem, "has a layer that is damaged");
    }

    #[test]
    fn no_more_is_unpacked_than_a_limit_says() {
        let layer = Layer::of_file("package.yaml", 0o644, &[b'#'; 5000], None).expect("fits");
        let (digest, length) = unpacked_digest(&layer.content, 1 << 20).expect("sound");
        assert_eq!((digest, length), (layer.diff_id, 512 + 5120 + 1024));
        let (_, length) = unpacked_digest(&layer.content, 1000).expect("sound");
        assert_eq!(length, 1001);
    }

    #[test]
    fn rubbish_is_refused() {
        for rubbish in [&b"\x1f\x8b\x08rubbish"[..], &[0xff; 600]] {
            assert!(find(rubbish, "package.yaml", 1024).is_err());
        }
    }
}
