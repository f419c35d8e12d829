//! What the header of a program tells: the machine that it is for, and whether it runs alone.
//!
//! Reads the few fields that decide; it does not check that the rest of the file is sound.

use super::oci::Platform;

/// How the server is built so that it needs nothing beside it.
pub const BUILD: &str = "RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release --locked \
     --target x86_64-unknown-linux-gnu --no-default-features --features server --bin \
     function-self-service";

/// Machines that packages are built for: OCI's name, and `e_machine` of the ELF specification.
const MACHINES: [(&str, u16); 2] = [("amd64", 62), ("arm64", 183)];

/// `PT_INTERP`: the program is started by a dynamic linker, whose path the segment holds.
const INTERPRETER: u32 = 3;

/// The platform that a program is for, or what keeps it from running in an empty image, as the
/// rest of a sentence that begins with its name.
pub fn platform(program: &[u8]) -> Result<Platform, String> {
    let file = Elf(program);
    if !file.is_linux_program() {
        return Err(format!("is no 64-bit Linux program; build one with `{BUILD}`"));
    }
    let machine = file.u16(18).unwrap_or_default();
    let Some((architecture, _)) = MACHINES.iter().find(|(_, known)| *known == machine) else {
        return Err(format!(
            "is for machine {machine}; packages are built for amd64 (62) and arm64 (183)"
        ));
    };
    match file.interpreter() {
        Ok(None) => Ok(Platform::linux(architecture)),
        Ok(Some(path)) => Err(format!(
            "is linked dynamically and wants {}, which an image of nothing else lacks; build it \
             with `{BUILD}`",
            super::plain(&path)
        )),
        Err(()) => Err("is cut off or damaged; build it again".to_owned()),
    }
}

/// A file that should be a 64-bit little-endian ELF file.
struct Elf<'a>(&'a [u8]);

impl Elf<'_> {
    fn is_linux_program(&self) -> bool {
        // Magic, 64 bits, little-endian, version 1; the ABI is System V's or Linux's own.
        let identified =
            self.0.starts_with(b"\x7fELF\x02\x01\x01") && matches!(self.0.get(7), Some(0 | 3));
        // Programs at a fixed address, or anywhere; shared libraries have no entry.
        identified && matches!(self.u16(16), Some(2 | 3)) && self.u64(24).is_some_and(|at| at != 0)
    }

    /// The dynamic linker that is to start the program.
    fn interpreter(&self) -> Result<Option<String>, ()> {
        let (Some(table), Some(length), Some(count)) = (self.u64(32), self.u16(54), self.u16(56))
        else {
            return Err(());
        };
        for index in 0..u64::from(count) {
            let header = table.checked_add(index * u64::from(length)).ok_or(())?;
            let header = usize::try_from(header).map_err(|_| ())?;
            if self.u32(header).ok_or(())? == INTERPRETER {
                let field = |at: usize| header.checked_add(at).and_then(|at| self.u64(at));
                let (start, length) = field(8).zip(field(32)).ok_or(())?;
                let end = start.checked_add(length).ok_or(())?;
                let range = usize::try_from(start).map_err(|_| ())?
                    ..usize::try_from(end).map_err(|_| ())?;
                let path = self.0.get(range).ok_or(())?;
                let path = String::from_utf8_lossy(path);
                return Ok(Some(path.trim_end_matches('\0').to_owned()));
            }
        }
        Ok(None)
    }

    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    fn u64(&self, at: usize) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::platform;

    /// A header with one program header after it.
    fn program(machine: u16, segment: u32) -> Vec<u8> {
        let mut file = vec![0; 64 + 56];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        file[16] = 3;
        file[18..20].copy_from_slice(&machine.to_le_bytes());
        file[24] = 1;
        file[32] = 64;
        file[54] = 56;
        file[56] = 1;
        file[64..68].copy_from_slice(&segment.to_le_bytes());
        let path = b"/lib/ld.so\0";
        file[64 + 8] = 120;
        file[64 + 32] = u8::try_from(path.len()).expect("short");
        file.extend(path);
        file
    }

    #[test]
    fn the_header_tells_the_platform() {
        assert_eq!(platform(&program(62, 1)).expect("static").to_string(), "linux/amd64");
        assert_eq!(platform(&program(183, 1)).expect("static").to_string(), "linux/arm64");
    }

    #[test]
    fn what_cannot_run_alone_is_refused() {
        let build = super::BUILD;
        assert_eq!(
            platform(&program(62, 3)).expect_err("dynamic"),
            format!(
                "is linked dynamically and wants /lib/ld.so, which an image of nothing else \
                 lacks; build it with `{build}`"
            )
        );
        assert_eq!(
            platform(b"#!/bin/sh\n").expect_err("a script"),
            format!("is no 64-bit Linux program; build one with `{build}`")
        );
        assert_eq!(
            platform(&program(243, 1)).expect_err("RISC-V"),
            "is for machine 243; packages are built for amd64 (62) and arm64 (183)"
        );
    }

    /// Every prefix, and every offset that points somewhere else.
    #[test]
    fn damaged_files_are_refused_without_a_panic() {
        let whole = program(62, 3);
        for length in 0..whole.len() {
            let prefix = platform(&whole[..length]);
            assert!(prefix.is_err(), "{length} bytes");
        }
        for at in (32..40).chain(54..58).chain(64..112) {
            for value in [0x7f, 0xff] {
                let mut file = whole.clone();
                file[at] = value;
                let _ = platform(&file);
            }
        }
        assert_eq!(
            platform(&whole[..100]).expect_err("cut off"),
            "is cut off or damaged; build it again"
        );
    }

    /// The program that runs this test is linked as cargo does it by default.
    #[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
    #[test]
    fn a_real_program_is_recognised() {
        let own = std::fs::read(std::env::current_exe().expect("a path")).expect("readable");
        assert!(
            platform(&own)
                .expect_err("dynamic")
                .starts_with("is linked dynamically and wants /lib")
        );
    }
}
