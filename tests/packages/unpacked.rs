//! Archives, read by the letter of their specifications (POSIX.1-1988 ustar, RFC 1952).

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

/// A regular file in an archive.
#[derive(Debug, PartialEq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) time: u32,
    pub(crate) content: Vec<u8>,
}

pub(crate) fn digest(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

pub(crate) fn gunzip(content: &[u8]) -> Vec<u8> {
    assert_eq!(content[..4], [0x1f, 0x8b, 8, 0], "gzip, without a name");
    assert_eq!(content[4..8], [0; 4], "without a time");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(content).read_to_end(&mut unpacked).expect("sound");
    unpacked
}

pub(crate) fn untar(archive: &[u8]) -> Vec<File> {
    let mut files = Vec::new();
    let mut rest = archive;
    assert_eq!(archive.len() % 512, 0, "whole blocks");
    while rest[..512].iter().any(|byte| *byte != 0) {
        let (header, after) = rest.split_at(512);
        assert_eq!(&header[257..265], b"ustar\x0000", "ustar");
        assert_eq!(header[156], b'0', "a regular file");
        let blank_sum: u32 =
            header[..148].iter().chain(&header[156..]).copied().map(u32::from).sum();
        assert_eq!(octal(&header[148..156]), blank_sum + 8 * u32::from(b' '));
        let size = usize::try_from(octal(&header[124..136])).expect("small");
        files.push(File {
            name: string(&header[..100]),
            mode: octal(&header[100..108]),
            owner: (octal(&header[108..116]), octal(&header[116..124])),
            time: octal(&header[136..148]),
            content: after[..size].to_vec(),
        });
        assert_eq!(
            string(&header[265..297]) + &string(&header[297..329]),
            "",
            "no names of owners"
        );
        rest = &after[size.div_ceil(512) * 512..];
    }
    assert!(rest.len() >= 1024 && rest.iter().all(|byte| *byte == 0), "two blocks of zeros");
    files
}

fn string(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8(field[..end].to_vec()).expect("UTF-8")
}

fn octal(field: &[u8]) -> u32 {
    let text = string(field);
    u32::from_str_radix(text.trim(), 8).expect("octal")
}
