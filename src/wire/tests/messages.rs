//! The exact texts of refusals, which reach the authors of claims.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its errors are looked at")]
struct Claim {
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Spec {
    size: Size,
    high_availability: Option<bool>,
    storage_gb: u16,
    offset: i64,
    ratio: f32,
    rules: Vec<Rule>,
    annotations: BTreeMap<String, String>,
    pair: (u8, u8),
    letter: char,
    nothing: (),
    port: IntOrString,
    mode: Mode,
    day: Day,
    rest: Struct,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Size {
    #[default]
    Small,
    Medium,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its errors are looked at")]
struct Rule {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its errors are looked at")]
enum IntOrString {
    Int(i32),
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its errors are looked at")]
enum Mode {
    #[default]
    Off,
    On {
        level: u8,
    },
    Only(u8),
}

/// Validates as the newtypes of `names` do.
#[derive(Debug, Default)]
struct Day;

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Day;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day of the week")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Day, E> {
                match text {
                    "sun" => Ok(Day),
                    "xxx" => Err(E::custom("is\nnot a day")),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[track_caller]
fn refused(spec: &Json) -> String {
    let document = Struct::write(&json!({ "spec": spec })).unwrap();
    let error = document.read::<Claim>().unwrap_err();
    assert_eq!(error.to_string(), format!("{}: {}", error.path(), error.message()));
    error.to_string()
}

#[test]
fn reads_of_the_wrong_kind() {
    let cases = [
        (json!(null), "spec: expected an object, got null"),
        (json!([]), "spec: expected an object, got a list"),
        (json!({"size": 1}), "spec.size: expected one of \"small\", \"medium\", got a number"),
        (json!({"size": null}), "spec.size: expected one of \"small\", \"medium\", got null"),
        (
            json!({"highAvailability": "yes"}),
            "spec.highAvailability: expected a boolean, got a string",
        ),
        (
            json!({"highAvailability": "true"}),
            "spec.highAvailability: expected a boolean, got a string: take away its quotes",
        ),
        (
            json!({"storageGb": "20"}),
            "spec.storageGb: expected a whole number, got a string: take away its quotes",
        ),
        (json!({"storageGb": "20Gi"}), "spec.storageGb: expected a whole number, got a string"),
        (json!({"ratio": true}), "spec.ratio: expected a number, got a boolean"),
        (
            json!({"pair": "1, 2"}),
            "spec.pair: expected a list, got a string: lists are written in square brackets",
        ),
        (json!({"rules": {}}), "spec.rules: expected a list, got an object"),
        (json!({"rules": [{"id": "a"}, "b"]}), "spec.rules[1]: expected an object, got a string"),
        (
            json!({"rules": [{"id": 7}]}),
            "spec.rules[0].id: expected a string, got a number: put it in quotes",
        ),
        (json!({"annotations": []}), "spec.annotations: expected an object, got a list"),
        (
            json!({"annotations": {"crossplane.io/external-name": {}}}),
            "spec.annotations[crossplane.io/external-name]: expected a string, got an object",
        ),
        (json!({"pair": [1, 2, 3]}), "spec.pair: expected a list of 2 items, got 3"),
        (json!({"letter": "ab"}), "spec.letter: expected a string, got \"ab\""),
        (json!({"letter": 1}), "spec.letter: expected a string, got a number: put it in quotes"),
        (
            json!({"annotations": {"a": true}}),
            "spec.annotations.a: expected a string, got a boolean: put it in quotes",
        ),
        (json!({"nothing": 1}), "spec.nothing: expected null, got a number"),
        (json!({"port": {}}), "spec.port: has none of the allowed forms"),
        (json!({"rest": 5}), "spec.rest: expected an object, got a number"),
        (json!({"day": 5}), "spec.day: expected a day of the week, got a number"),
    ];
    for (spec, message) in cases {
        assert_eq!(refused(&spec), message);
    }
}

#[test]
fn reads_of_wrong_words() {
    let cases = [
        (json!({"size": "tiny"}), "spec.size: expected one of \"small\", \"medium\", got \"tiny\""),
        (json!({"size": {"small": 1}}), "spec.size: expected a string, got an object"),
        (json!({"mode": "on"}), "spec.mode: expected an object with the key \"on\", got a string"),
        (json!({"mode": {"on": {}}}), "spec.mode.on.level: is required"),
        (json!({"mode": {"only": "x"}}), "spec.mode.only: expected a whole number, got a string"),
        (json!({"mode": {"off": 1}}), "spec.mode: expected a string, got an object"),
        (
            json!({"mode": {}}),
            "spec.mode: expected one of \"off\", \"on\", \"only\", got an empty object",
        ),
        (
            json!({"mode": {"on": {}, "off": 1}}),
            "spec.mode: expected one of \"off\", \"on\", \"only\", got several",
        ),
        (
            json!({"mode": {"onyl": 1}}),
            "spec.mode: expected one of \"off\", \"on\", \"only\", got \"onyl\" (did you mean \"only\"?)",
        ),
        (json!({"mode": [1]}), "spec.mode: expected one of \"off\", \"on\", \"only\", got a list"),
        (json!({"rules": [{}]}), "spec.rules[0].id: is required"),
        (json!({"day": "feb"}), "spec.day: expected a day of the week, got \"feb\""),
        (json!({"day": "xxx"}), "spec.day: is\\nnot a day"),
    ];
    for (spec, message) in cases {
        assert_eq!(refused(&spec), message);
    }
}

#[test]
fn unknown_fields_name_the_known_ones() {
    let message = refused(&json!({"sise": "small"}));
    let start =
        "spec.sise: is not a known field (did you mean \"size\"?), expected one of \"size\", ";
    assert!(message.starts_with(start), "{message}");
    let document = Struct::write(&json!({"spec": {}, "more": 1})).unwrap();
    let error = document.read::<Claim>().unwrap_err();
    assert_eq!(error.to_string(), "more: is not a known field, expected \"spec\"");
    let document = Struct::write(&json!({"\u{7}\n": 1})).unwrap();
    let error = document.read::<Claim>().unwrap_err();
    assert_eq!(error.path(), "[\\u{7}\\n]", "one line, whatever the author wrote");
}

#[test]
fn long_values_are_cut() {
    let message = refused(&json!({"size": "ä".repeat(1000)}));
    assert!(message.ends_with(&format!("got \"{}…\"", "ä".repeat(64))), "{message}");
    let document = Struct::write(&json!({"ä".repeat(1000): 1})).unwrap();
    let error = document.read::<Claim>().unwrap_err();
    assert_eq!(error.path(), format!("{}…", "ä".repeat(256)));
}

#[test]
fn numbers_that_do_not_fit() {
    let cases = [
        (json!({"storageGb": 2.5}), "spec.storageGb: expected a whole number, got 2.5"),
        (json!({"storageGb": -0.5}), "spec.storageGb: expected a whole number, got -0.5"),
        (
            json!({"storageGb": -1}),
            "spec.storageGb: expected a whole number from 0 to 65535, got -1",
        ),
        (
            json!({"storageGb": 1e20}),
            "spec.storageGb: expected a whole number from 0 to 65535, got 1e20",
        ),
        (json!({"size": 1e300}), "spec.size: expected one of \"small\", \"medium\", got a number"),
    ];
    for (spec, message) in cases {
        assert_eq!(refused(&spec), message);
    }
    for (number, text) in
        [(f64::NAN, "NaN"), (f64::INFINITY, "infinity"), (f64::NEG_INFINITY, "-infinity")]
    {
        let document = number_document(number);
        let expected = format!("n: expected a finite number, got {text}");
        assert_eq!(read_all(&document).unwrap_err().to_string(), expected);
        let error = document.read::<BTreeMap<String, f32>>().unwrap_err();
        assert_eq!(error.to_string(), expected);
        let error = document.read::<BTreeMap<String, i8>>().unwrap_err();
        assert_eq!(error.to_string(), format!("n: expected a whole number, got {text}"));
        assert!(Struct::write(&document.get("n").unwrap()).is_err());
    }
}

/// A document with a number that JSON has no form for.
fn number_document(number: f64) -> Struct {
    document([b"\x0a\x0e\x0a\x01n\x12\x09\x11", &number.to_le_bytes()[..]].concat())
}

#[test]
fn integers_at_the_bounds_of_their_types() {
    #[track_caller]
    fn check<T: serde::de::DeserializeOwned + fmt::Debug>(number: f64, expected: Option<&str>) {
        let read = number_document(number).get("n").unwrap().unwrap().read::<T>();
        assert_eq!(read.ok().map(|integer| format!("{integer:?}")).as_deref(), expected);
    }
    check::<i64>(-9_223_372_036_854_775_808.0, Some("-9223372036854775808"));
    check::<i64>(9_223_372_036_854_775_808.0, None);
    check::<i64>(9_223_372_036_854_774_784.0, Some("9223372036854774784"));
    check::<u64>(18_446_744_073_709_551_616.0, None);
    check::<u64>(18_446_744_073_709_549_568.0, Some("18446744073709549568"));
    check::<u64>(-1.0, None);
    check::<u64>(-0.0, Some("0"));
    check::<i128>(
        -170_141_183_460_469_231_731_687_303_715_884_105_728.0,
        Some("-170141183460469231731687303715884105728"),
    );
    check::<i128>(170_141_183_460_469_231_731_687_303_715_884_105_728.0, None);
    check::<u8>(255.0, Some("255"));
    check::<u8>(256.0, None);
    check::<i8>(-129.0, None);
    check::<u32>(4_294_967_295.5, None);
    // Readers that take anything get integers as far as those are certain.
    check::<Json>(9_007_199_254_740_992.0, Some("Number(9007199254740992)"));
    check::<Json>(9_007_199_254_740_994.0, Some("Number(9007199254740994.0)"));
    check::<Json>(-1.0, Some("Number(-1)"));
    check::<f64>(1e300, Some("1e300"));
}

#[test]
fn bytes_that_are_no_document() {
    let cases: [(&[u8], &str); 6] = [
        (b"\x0a\x07\x0a\x01a\x12\x01\x20", "is cut short"),
        (b"\x0a\x07\x0a\x01a\x12\x02\x18\x01", "is not a valid protobuf value"),
        (b"\x0a\x08\x0a\x01a\x12\x03\x1a\x01\xff", "is not valid UTF-8"),
        (b"\x0a\x09\x0a\x01a\x12\x04\x2a\x02\x0a\x05", "is cut short"),
        (b"\x0a\x09\x0a\x01a\x12\x04\x2a\x02\x08\x05", "is not a valid protobuf value"),
        (b"\x0a\x09\x0a\x01a\x12\x04\x32\x02\x0a\x05", "is cut short"),
    ];
    for (bytes, message) in cases {
        let mut bytes = bytes.to_vec();
        bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
        let error = read_all(&document(bytes)).unwrap_err();
        assert_eq!(error.message(), message);
        assert!(error.path().starts_with('a'), "{error}");
    }
    let error = read_all(&document(&b"\x0a\x03\x0a\x01\xff"[..])).unwrap_err();
    assert_eq!(error.to_string(), "is not valid UTF-8");
    let mut broken = document(&b"\x0a\x01\x0a"[..]);
    assert_eq!(read_all(&broken).unwrap_err().to_string(), "is cut short");
    assert_eq!(broken.get("a").unwrap_err().to_string(), "is cut short");
    assert_eq!(broken.remove("a").unwrap_err().to_string(), "is cut short");
    assert!(Struct::decode(&b"\x0a\x05\x0a"[..]).is_err());
    assert!(Struct::decode(&b"\x08\x05"[..]).is_err());
}

#[test]
fn writes_of_what_json_has_no_form_for() {
    #[track_caller]
    fn refused<T: Serialize>(value: T) -> String {
        Struct::write(&BTreeMap::from([("a", vec![value])])).unwrap_err().to_string()
    }
    assert_eq!(refused(f64::NAN), "a[0]: expected a finite number, got NaN");
    assert_eq!(refused(f32::INFINITY), "a[0]: expected a finite number, got infinity");
    let inexact = "a[0]: 9007199254740993 cannot be written as a number without rounding it";
    assert_eq!(refused((1_u64 << 53) + 1), inexact);
    assert_eq!(refused((1_i64 << 53) + 1), inexact);
    assert!(refused(u64::MAX).starts_with("a[0]: 18446744073709551615 cannot be written"));
    assert!(refused(i64::MAX).starts_with("a[0]: 9223372036854775807 cannot be written"));
    assert!(refused(i128::MAX).starts_with("a[0]: 17014118346046923"));
    assert_eq!(refused(Raw), "a[0]: is bytes, which JSON has no form for");
    assert_eq!(refused(BTreeMap::from([(1, 2)])), "a[0]: has a key that is not a string");
    assert_eq!(refused(BTreeMap::from([((), 2)])), "a[0]: has a key that is not a string");
    assert_eq!(refused(BTreeMap::from([(vec![""], 2)])), "a[0]: has a key that is not a string");
    let key = "k".repeat(200);
    let error = refused(BTreeMap::from([(&key, vec![Raw])]));
    assert_eq!(error, format!("a[0].{key}[0]: is bytes, which JSON has no form for"));
    assert!(refused(Tagged::New(Raw)).starts_with("a[0].New: "));
    assert!(refused(Tagged::Pair(1, Raw)).starts_with("a[0].Pair[1]: "));
    assert!(refused(Tagged::Named { field: Raw }).starts_with("a[0].Named.field: "));
    assert!(Struct::write(&BTreeMap::from([("a", 1_u64 << 60)])).is_ok(), "exact all the same");
}

#[derive(Serialize)]
enum Tagged {
    New(Raw),
    Pair(u8, Raw),
    Named { field: Raw },
}

struct Raw;

impl Serialize for Raw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(b"x")
    }
}

#[test]
fn writes_of_what_is_no_object() {
    #[track_caller]
    fn refused<T: Serialize>(value: T) {
        assert_eq!(Struct::write(&value).unwrap_err().to_string(), "is not an object");
    }
    refused(1_u8);
    refused(1_i64);
    refused("text");
    refused('c');
    refused(true);
    refused(None::<()>);
    refused([1]);
    refused((1, 2));
}

/// Only the part that was read knows its paths: the caller knows where it lies.
#[test]
fn errors_within_a_larger_document() {
    let read = |json: Json| {
        let document = Struct::write(&json).unwrap();
        document.read::<BTreeMap<String, Vec<bool>>>().unwrap_err().within("spec.parameters")
    };
    assert_eq!(read(json!({"a": 1})).path(), "spec.parameters.a");
    assert_eq!(read(json!({"a": [1]})).path(), "spec.parameters.a[0]");
    assert_eq!(read(json!({"a.b": 1})).path(), "spec.parameters[a.b]");
    let error = number_document(1.0).get("n").unwrap().unwrap().read::<bool>().unwrap_err();
    assert_eq!(error.clone().within("spec").path(), "spec");
    assert_eq!(error.within("").to_string(), "expected a boolean, got a number");
}

/// A log line or a panic message would hold credentials.
#[test]
fn debug_output_shows_no_content() {
    let document = Struct::write(&json!({"password": "hunter2", "l": [1]})).unwrap();
    assert_eq!(format!("{document:?}"), "Struct(2 entries)");
    let value = document.get("password").unwrap().unwrap();
    assert_eq!(format!("{value:?}"), "Value(a string)");
    for entry in document.entries() {
        assert!(!format!("{entry:?}").contains("hunter2"));
    }
    let error = value.read::<bool>().unwrap_err();
    assert_eq!(format!("{error:?}"), "Error(\"expected a boolean, got a string\")");
}
