//! The bound on nesting, at the bound and beyond, on the stack of a thread.

use std::thread;

use serde::de::IgnoredAny;
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::*;

/// The stack that Rust gives a thread, and tokio a worker.
const STACK: usize = 2 * 1024 * 1024;

fn on_small_stack<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(STACK).spawn(test).unwrap().join().unwrap()
}

/// `{"a": {"a": … {}}}` or `{"a": [[… []]]}`, this many containers altogether.
fn nested(levels: usize, member: u8) -> Struct {
    let mut inner = Vec::new();
    for level in (1..levels).rev() {
        let mut value = Vec::new();
        wrap(&mut value, member, &inner);
        inner = Vec::new();
        if level == 1 || member == 0x2a {
            let mut entry = vec![0x0a, 1, b'a'];
            wrap(&mut entry, 0x12, &value);
            value = entry;
        }
        wrap(&mut inner, 0x0a, &value);
    }
    document(inner)
}

fn wrap(buffer: &mut Vec<u8>, tag: u8, content: &[u8]) {
    buffer.push(tag);
    prost::encoding::encode_varint(content.len() as u64, buffer);
    buffer.extend_from_slice(content);
}

/// A list in a list in a list.
struct Nest(usize);

impl Serialize for Nest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        if self.0 > 1 {
            list.serialize_element(&Self(self.0 - 1))?;
        }
        list.end()
    }
}

#[test]
fn reads_up_to_the_bound() {
    on_small_stack(|| {
        for member in [0x2a, 0x32] {
            let json = read_all(&nested(MAX_DEPTH, member)).unwrap();
            let written = Struct::write(&json).unwrap();
            assert_eq!(written, nested(MAX_DEPTH, member));
            assert_eq!(serde_json::to_value(&written).unwrap(), json);
        }
    });
}

/// Without the bound, one hostile claim would overflow the stack, which no
/// `catch_unwind` catches: the function would be gone for everybody.
#[test]
fn refuses_to_read_beyond_the_bound() {
    on_small_stack(|| {
        for levels in [MAX_DEPTH + 1, 10_000] {
            for member in [0x2a, 0x32] {
                let error = read_all(&nested(levels, member)).unwrap_err();
                assert_eq!(error.message(), "is nested more than 256 levels deep");
            }
        }
    });
}

#[test]
fn skips_what_is_nested_too_deep_but_not_read() {
    on_small_stack(|| {
        let document = nested(10_000, 0x2a);
        assert!(document.read::<IgnoredAny>().is_ok());
        assert!(document.read::<Holder<IgnoredAny>>().is_ok());
        assert_eq!(document.get("a").unwrap().unwrap().kind_name(), "an object");
        assert_eq!(document.read::<Holder<Struct>>().unwrap().a, nested(9_999, 0x2a));
    });
}

#[derive(serde::Deserialize)]
struct Holder<T> {
    a: T,
}

#[test]
fn writes_up_to_the_bound() {
    on_small_stack(|| {
        let document = Struct::write(&[("a", Nest(MAX_DEPTH - 1))].into_iter().collect::<Map>());
        assert_eq!(document.unwrap(), nested(MAX_DEPTH, 0x32));
        let mut document = Struct::new();
        document.set("a", &Nest(MAX_DEPTH - 1)).unwrap();
        assert_eq!(document, nested(MAX_DEPTH, 0x32));
    });
}

type Map = std::collections::BTreeMap<&'static str, Nest>;

#[test]
fn refuses_to_write_beyond_the_bound() {
    on_small_stack(|| {
        for levels in [MAX_DEPTH, 100_000] {
            let error = Struct::write(&Map::from([("a", Nest(levels))])).unwrap_err();
            assert_eq!(error.message(), "is nested more than 256 levels deep");
            assert!(error.path().starts_with("a[0][0]"), "{}", error.path());
            assert!(error.path().len() < 600, "a path that fits on a screen");
            assert!(Struct::new().set("a", &Nest(levels)).is_err());
        }
    });
}

/// A document from JSON is bounded too, however deep its parser goes.
#[test]
fn refuses_to_convert_beyond_the_bound() {
    on_small_stack(|| {
        let mut json = serde_json::json!({});
        for _ in 1..MAX_DEPTH {
            json = serde_json::json!({ "a": json });
        }
        assert_eq!(
            serde_json::from_value::<Struct>(json.clone()).unwrap(),
            nested(MAX_DEPTH, 0x2a)
        );
        let json = serde_json::json!({ "a": json });
        let error = serde_json::from_value::<Struct>(json).unwrap_err();
        assert_eq!(error.to_string(), "is nested more than 256 levels deep");
    });
}
