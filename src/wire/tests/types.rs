//! Typed reads and writes: every shape that serde knows.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

/// Writes `{"v": value}`, which must read as the JSON and back as the value.
#[track_caller]
fn round_trip<T>(value: T, expected: &Json)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let holder = Holder { v: value };
    let document = Struct::write(&holder).unwrap();
    assert_eq!(read_all(&document).unwrap(), json!({ "v": expected }));
    assert_eq!(document.read::<Holder<T>>().unwrap(), holder);
    // JSON agrees with us on what the type looks like.
    assert_eq!(serde_json::to_value(&holder).unwrap(), json!({ "v": expected }));
    let read = document.get("v").unwrap().unwrap().read::<T>().unwrap();
    assert_eq!(read, holder.v);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Holder<T> {
    v: T,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Name(String);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point(i32, f64);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Small,
    Sized(u32),
    Pair(u8, String),
    Named { wide: bool },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    A { x: u8 },
    B,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(u8),
    B { y: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum IntOrString {
    Int(i32),
    String(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    size: String,
}

#[derive(Serialize, Deserialize)]
struct Wrapper(Holder<u8>);

#[derive(Deserialize)]
struct Borrowed<'a> {
    #[serde(borrow)]
    w: BTreeMap<&'a str, &'a str>,
}

#[derive(Deserialize)]
struct Buffered {
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
    part: Struct,
}

#[test]
fn scalars() {
    round_trip(true, &json!(true));
    round_trip((i8::MIN, i16::MIN, i32::MIN), &json!([-128, -32768, -2_147_483_648_i64]));
    round_trip((u8::MAX, u16::MAX, u32::MAX), &json!([255, 65535, 4_294_967_295_u32]));
    round_trip((1_i64 << 53, -(1_i64 << 53)), &json!([1_i64 << 53, -(1_i64 << 53)]));
    round_trip((0.5_f32, -1.25e-10_f64), &json!([0.5, -1.25e-10]));
    round_trip('ß', &json!("ß"));
    round_trip("a\u{0}b\n".to_owned(), &json!("a\u{0}b\n"));
    round_trip(String::new(), &json!(""));
    round_trip((), &json!(null));
    round_trip(Marker, &json!(null));
    round_trip(None::<u8>, &json!(null));
    round_trip(Some(5), &json!(5));
}

#[test]
fn containers() {
    round_trip(vec![1, 2, 3], &json!([1, 2, 3]));
    round_trip(Vec::<u8>::new(), &json!([]));
    round_trip([[1], [2]], &json!([[1], [2]]));
    round_trip(Point(1, 2.5), &json!([1, 2.5]));
    round_trip(Name("n".into()), &json!("n"));
    round_trip(BTreeMap::from([("k".to_owned(), 1)]), &json!({"k": 1}));
    round_trip(BTreeMap::from([(Name("k".into()), 1)]), &json!({"k": 1}));
    round_trip(BTreeMap::from([(Shape::Small, 1)]), &json!({"small": 1}));
    round_trip(BTreeMap::from([('c', 1)]), &json!({"c": 1}));
    round_trip(BTreeMap::<String, u8>::new(), &json!({}));
    round_trip(json!({"a": [1, null, {"b": false}]}), &json!({"a": [1, null, {"b": false}]}));
}

#[test]
fn enums() {
    round_trip(Shape::Small, &json!("small"));
    round_trip(Shape::Sized(3), &json!({"sized": 3}));
    round_trip(Shape::Pair(1, "x".into()), &json!({"pair": [1, "x"]}));
    round_trip(Shape::Named { wide: true }, &json!({"named": {"wide": true}}));
    round_trip(vec![Shape::Sized(1), Shape::Small], &json!([{"sized": 1}, "small"]));
    round_trip(Internal::A { x: 1 }, &json!({"kind": "A", "x": 1}));
    round_trip(Internal::B, &json!({"kind": "B"}));
    round_trip(Adjacent::A(7), &json!({"t": "A", "c": 7}));
    round_trip(Adjacent::B { y: "z".into() }, &json!({"t": "B", "c": {"y": "z"}}));
    round_trip(IntOrString::Int(80), &json!(80));
    round_trip(IntOrString::String("http".into()), &json!("http"));
}

#[test]
fn long_variants() {
    let text = "x".repeat(20_000);
    round_trip(Shape::Pair(1, text.clone()), &json!({"pair": [1, text]}));
}

#[test]
fn flattened_structs() {
    let rest = BTreeMap::from([("more".to_owned(), json!([1]))]);
    let flat = Flat { id: 1, inner: Inner { size: "small".into() }, rest };
    round_trip(flat, &json!({"id": 1, "size": "small", "more": [1]}));
}

#[test]
fn top_level_enums_and_newtypes() {
    for shape in [Shape::Sized(3), Shape::Pair(1, "x".into()), Shape::Named { wide: true }] {
        let document = Struct::write(&shape).unwrap();
        assert_eq!(document.read::<Shape>().unwrap(), shape);
        assert_eq!(document.read::<Option<Shape>>().unwrap(), Some(shape));
    }
    let document = Struct::write(&Some(Wrapper(Holder { v: 1 }))).unwrap();
    assert_eq!(document.read::<Wrapper>().unwrap().0.v, 1);
}

#[test]
fn k8s_openapi_types() {
    use k8s_openapi::api::core::v1::Secret;
    let json = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": "s", "creationTimestamp": "2026-08-01T09:00:00Z", "annotations": {"a/b": "c"},
            "managedFields": [{"manager": "m", "fieldsV1": {"f:data": {}}}],
        },
        "data": {"password": "c2VjcmV0"},
        "unknownToK8s": {"x": 1},
    });
    let secret = Struct::write(&json).unwrap().read::<Secret>().unwrap();
    assert_eq!(secret.data.as_ref().unwrap()["password"].0, b"secret");
    assert_eq!(secret, serde_json::from_value(json).unwrap());
    let again = Struct::write(&secret).unwrap();
    assert_eq!(read_all(&again).unwrap(), serde_json::to_value(&secret).unwrap());
}

/// Copying every string of a request would be the second largest cost.
#[test]
fn borrows_strings_from_the_message() {
    let document = Struct::write(&json!({"v": "text", "w": {"k": "v"}})).unwrap();
    let text = document.read::<Holder<&str>>().unwrap().v;
    assert_eq!(text, "text");
    assert_eq!(document.read::<Borrowed<'_>>().unwrap().w["k"], "v");
    let value = document.get("v").unwrap().unwrap();
    assert!(std::ptr::eq(value.read::<&str>().unwrap(), text), "the very same bytes");
}

/// Decoding a request would cost a copy of it.
#[test]
fn keeps_slices_of_the_message() {
    let text = "of some length, since what is shorter than a handle is copied";
    let bytes = Bytes::from(Struct::write(&json!({"a": text})).unwrap().encode_to_vec());
    let document = Struct::decode(bytes.clone()).unwrap();
    let text = document.read::<BTreeMap<&str, &str>>().unwrap()["a"];
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
}

/// A duplicate on the wire must not fail as serde's "duplicate field".
#[test]
fn takes_the_last_of_duplicates_everywhere() {
    let first = Struct::write(&json!({
        "id": 1, "size": "old", "kind": "B", "x": 0, "v": {"pair": []}, "more": 0,
    }));
    let second = Struct::write(&json!({
        "id": 2, "size": "new", "kind": "A", "x": 1, "v": "small", "more": 1,
    }));
    let bytes = [first.unwrap().encode_to_vec(), second.unwrap().encode_to_vec()].concat();
    let twice = document(bytes);
    assert_eq!(twice.read::<Inner>().unwrap().size, "new");
    assert_eq!(twice.read::<Internal>().unwrap(), Internal::A { x: 1 });
    assert_eq!(twice.read::<Holder<Shape>>().unwrap().v, Shape::Small);
    let flat = twice.read::<Flat>().unwrap();
    assert_eq!((flat.id, &*flat.inner.size, &flat.rest["more"]), (2, "new", &json!(1)));
    assert_eq!(twice.entries().count(), 6);
    assert_eq!(twice.get("id").unwrap().unwrap().read::<u8>().unwrap(), 2);
}

#[test]
fn aliases_are_fields_too() {
    #[derive(Deserialize)]
    struct Aliased {
        #[serde(alias = "storageGb")]
        storage: u8,
    }
    let document = Struct::write(&json!({"another": 1, "storageGb": 2, "zzz": 3})).unwrap();
    assert_eq!(document.read::<Aliased>().unwrap().storage, 2);
}

/// Two wrong fields: the message of the condition would alternate between calls,
/// for Crossplane encodes maps in random order.
#[test]
fn reports_the_same_error_whatever_the_order_on_the_wire() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "never gets that far")]
    struct Strict {
        size: String,
        version: String,
    }
    let one = Struct::write(&json!({"size": 1})).unwrap().encode_to_vec();
    let two = Struct::write(&json!({"version": 1})).unwrap().encode_to_vec();
    let three = Struct::write(&json!({"typo": 1})).unwrap().encode_to_vec();
    let four = Struct::write(&json!({"zypo": 1})).unwrap().encode_to_vec();
    let path = |order: [&Vec<u8>; 3]| {
        let bytes = order.map(Vec::as_slice).concat();
        document(bytes).read::<Strict>().unwrap_err().path().to_owned()
    };
    assert_eq!(path([&one, &two, &three]), "size");
    assert_eq!(path([&three, &two, &one]), "size");
    let good = Struct::write(&json!({"size": "s", "version": "v"})).unwrap().encode_to_vec();
    assert_eq!(path([&three, &good, &four]), "typo");
    assert_eq!(path([&four, &good, &three]), "typo");
    let by_key = |order: [&Vec<u8>; 2]| {
        let bytes = order.map(Vec::as_slice).concat();
        document(bytes).read::<BTreeMap<String, bool>>().unwrap_err().path().to_owned()
    };
    assert_eq!(by_key([&one, &two]), by_key([&two, &one]));
}

/// A message above the wrong spot sends the author looking in vain.
#[test]
fn reads_nothing_that_is_not_asked_for() {
    // An invalid value and one that is not UTF-8 beside a good one.
    let document = document(
        [
            b"\x0a\x06\x0a\x01a\x12\x01\xff".as_slice(),
            b"\x0a\x08\x0a\x01b\x12\x03\x1a\x01\xff",
            b"\x0a\x07\x0a\x01v\x12\x02\x20\x01",
        ]
        .concat(),
    );
    assert!(document.read::<Holder<bool>>().unwrap().v);
    assert!(document.read::<IgnoredAny>().is_ok());
    assert_eq!(document.get("v").unwrap().unwrap().kind_name(), "a boolean");
}

#[test]
fn documents_copy_into_one_another() {
    let part = Struct::write(&json!({"x": [1, {"y": null}], "z": "t".repeat(200)})).unwrap();
    let mut whole = Struct::write(&part).unwrap();
    assert_eq!(whole, part);
    whole.set("part", &part).unwrap();
    whole.set("value", &part.get("x").unwrap().unwrap()).unwrap();
    whole.set("list", &[part.get("z").unwrap()]).unwrap();
    let expected = json!({
        "x": [1, {"y": null}], "z": "t".repeat(200),
        "part": {"x": [1, {"y": null}], "z": "t".repeat(200)},
        "value": [1, {"y": null}], "list": ["t".repeat(200)],
    });
    assert_eq!(read_all(&whole).unwrap(), expected);
    assert_eq!(Struct::write(&whole.get("part").unwrap().unwrap()).unwrap(), part);
    assert!(Struct::write(&part.get("x").unwrap().unwrap()).is_err());
    // A buffered value, here a flattened one, arrives through serde's own types.
    let buffered = whole.read::<Buffered>().unwrap();
    assert_eq!((buffered.part, buffered.rest.len()), (part, 4));
}

#[test]
fn copies_merged_pieces() {
    // {"a": {"b": true}} and {"a": {"c": false}} merged in one value.
    let b = b"\x2a\x09\x0a\x07\x0a\x01b\x12\x02\x20\x01";
    let c = b"\x2a\x09\x0a\x07\x0a\x01c\x12\x02\x20\x00";
    let lists = b"\x32\x04\x0a\x02\x20\x01\x32\x04\x0a\x02\x20\x00";
    let entry = |key: &[u8], value: &[&[u8]]| {
        let mut entry = vec![0x0a, 1];
        entry.extend_from_slice(key);
        for piece in value {
            entry.push(0x12);
            entry.push(u8::try_from(piece.len()).unwrap());
            entry.extend_from_slice(piece);
        }
        [&[0x0a, u8::try_from(entry.len()).unwrap()], &entry[..]].concat()
    };
    let document = document([entry(b"v", &[b, c]), entry(b"l", &[lists])].concat());
    let expected = json!({"v": {"b": true, "c": false}, "l": [true, false]});
    assert_eq!(read_all(&document).unwrap(), expected);
    let inner = document.read::<Holder<Struct>>().unwrap().v;
    assert_eq!(read_all(&inner).unwrap(), expected["v"]);
    let copy = document.entries().collect::<Result<BTreeMap<_, _>, _>>().unwrap();
    assert_eq!(read_all(&Struct::write(&copy).unwrap()).unwrap(), expected);
    let Some(Value::Struct(part)) = document.get("v").unwrap() else { unreachable!() };
    assert_eq!(read_all(&part.to_struct().unwrap()).unwrap(), expected["v"]);
}
