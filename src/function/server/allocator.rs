//! Makes the C library give memory back.
//!
//! glibc keeps what is freed in a heap per thread and, once a large block was freed,
//! puts the next ones there too, where small ones pin them. After a few hundred
//! hostile requests the process held 400 MiB, of which it used 15. With one heap,
//! and large blocks always outside of it, the most it ever held was 180.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What glibc reads from the environment, once, when a process starts. Images of packages set it.
pub const ALLOCATOR_SETTINGS: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Starts the program again, as the same process, with the settings of the allocator
/// that it needs. Returns when they are set, whether by us or by an operator, when the
/// C library is another one, and when the program cannot be started again.
pub fn settle_allocator() {
    let is_set = |(name, _): &(&str, &str)| env::var_os(name).is_some();
    if !cfg!(target_env = "gnu") || ALLOCATOR_SETTINGS.iter().any(is_set) {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    // Returns only when it fails, and then more memory is all that it costs.
    let _ = Command::new(program).args(env::args_os().skip(1)).envs(ALLOCATOR_SETTINGS).exec();
}
