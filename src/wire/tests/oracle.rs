//! Documents as any protobuf writer sends them, both ways, against `prost-types`.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct as Tree, Value as TreeValue};
use serde_json::{Map, Number, json};

use super::*;

/// What a decoded tree means in JSON; `None` if it holds NaN or an infinity.
pub(super) fn meaning(tree: &Tree) -> Option<Json> {
    let entry = |(key, value): (&String, &TreeValue)| Some((key.clone(), value_meaning(value)?));
    tree.fields.iter().map(entry).collect::<Option<Map<_, _>>>().map(Json::Object)
}

fn value_meaning(value: &TreeValue) -> Option<Json> {
    Some(match value.kind.as_ref() {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::NumberValue(number)) => {
            let whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
            #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
            if whole { json!(*number as i64) } else { Json::Number(Number::from_f64(*number)?) }
        }
        Some(Kind::StringValue(text)) => json!(text),
        Some(Kind::BoolValue(value)) => json!(value),
        Some(Kind::StructValue(tree)) => meaning(tree)?,
        Some(Kind::ListValue(list)) => {
            Json::Array(list.values.iter().map(value_meaning).collect::<Option<_>>()?)
        }
    })
}

fn tree_of(json: &Json) -> TreeValue {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(*value),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(tree_of).collect() })
        }
        Json::Object(map) => {
            let fields = map.iter().map(|(key, value)| (key.clone(), tree_of(value)));
            Kind::StructValue(Tree { fields: fields.collect() })
        }
    };
    TreeValue { kind: Some(kind) }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<i32>().prop_map(f64::from),
        prop::num::f64::ANY,
        prop::num::f64::NORMAL,
        prop::sample::select(vec![
            0.0,
            -0.0,
            0.5,
            9_007_199_254_740_992.0,
            9_007_199_254_740_994.0,
            -9_007_199_254_740_994.0,
            1e300,
            f64::INFINITY,
            f64::NAN,
        ]),
    ]
}

/// A key or text: mostly short, sometimes around the lengths where a length
/// needs one byte more.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z]{0,6}",
        2 => any::<String>(),
        1 => (100..150_usize).prop_map(|length| "x".repeat(length)),
        1 => (16_300..16_450_usize).prop_map(|length| "y".repeat(length)),
    ]
}

fn tree_value(finite: bool) -> impl Strategy<Value = TreeValue> {
    let number = number().prop_filter("finite", move |number| !finite || number.is_finite());
    let leaf = prop_oneof![
        Just(Kind::NullValue(0)),
        number.prop_map(Kind::NumberValue),
        text().prop_map(Kind::StringValue),
        any::<bool>().prop_map(Kind::BoolValue),
    ];
    let leaf = leaf.prop_map(|kind| TreeValue { kind: Some(kind) });
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|values| Kind::ListValue(ListValue { values })),
            btree_map(text(), inner, 0..6).prop_map(|fields| Kind::StructValue(Tree { fields })),
        ]
        .prop_map(|kind| TreeValue { kind: Some(kind) })
    })
}

fn tree(finite: bool) -> impl Strategy<Value = Tree> {
    btree_map(text(), tree_value(finite), 0..8).prop_map(|fields| Tree { fields })
}

proptest! {
    /// A field that Crossplane sent would be read differently than it was meant.
    #[test]
    fn reads_what_prost_wrote(tree in tree(false)) {
        let document = document(tree.encode_to_vec());
        prop_assert_eq!(read_all(&document).ok(), meaning(&tree));
    }

    /// Crossplane would apply something else than we composed.
    #[test]
    fn writes_what_prost_reads(tree in tree(true)) {
        let json = meaning(&tree).unwrap();
        let written = Struct::write(&json).unwrap().encode_to_vec();
        let decoded = Tree::decode(&written[..]).unwrap();
        prop_assert_eq!(meaning(&decoded).unwrap(), json);
    }

    /// A response would not be byte-identical to one written by other encoders,
    /// which caches and golden files compare.
    #[test]
    fn writes_the_bytes_that_prost_writes(tree in tree(true)) {
        let json = meaning(&tree).unwrap();
        let Some(Kind::StructValue(tree)) = tree_of(&json).kind else { unreachable!() };
        // prost leaves an empty key out, as it may.
        prop_assume!(!format!("{json}").contains("\"\":"));
        prop_assert_eq!(Struct::write(&json).unwrap().encode_to_vec(), tree.encode_to_vec());
    }

    /// Passing a document on would change it.
    #[test]
    fn passes_documents_on_byte_for_byte(tree in tree(false)) {
        let bytes = tree.encode_to_vec();
        let document = document(bytes.clone());
        prop_assert_eq!(document.encoded_len(), bytes.len());
        prop_assert_eq!(document.encode_to_vec(), bytes);
    }

    /// A document inside a typed struct would change on its way through.
    #[test]
    fn copies_documents_through_serde(tree in tree(true)) {
        let inner = document(tree.encode_to_vec());
        let outer = Struct::write(&Holder { inner: inner.clone() }).unwrap();
        prop_assert_eq!(&outer.read::<Holder>().unwrap().inner, &inner);
        let json = json!({ "inner": meaning(&tree).unwrap() });
        prop_assert_eq!(&read_all(&outer).unwrap(), &json);
        let from_json = serde_json::from_value::<Holder>(json.clone()).unwrap();
        prop_assert_eq!(read_all(&from_json.inner).unwrap(), meaning(&tree).unwrap());
        prop_assert_eq!(serde_json::to_value(&outer).unwrap(), json);
        if let Some(Value::Struct(part)) = outer.get("inner").unwrap() {
            prop_assert_eq!(part.to_struct().unwrap(), inner);
        }
    }

    /// Setting a key would damage its neighbours or leave an old value behind.
    #[test]
    fn sets_and_removes_like_a_map(
        tree in tree(true),
        key in text(),
        value in tree_value(true),
    ) {
        let mut document = document(tree.encode_to_vec());
        let mut model = tree;
        document.set(&key, &value_meaning(&value).unwrap()).unwrap();
        model.fields.insert(key.clone(), value);
        prop_assert_eq!(read_all(&document).ok(), meaning(&model));
        let some = model.fields.keys().next().unwrap().clone();
        for key in [key, some] {
            document.remove(&key).unwrap();
            model.fields.remove(&key);
            prop_assert_eq!(read_all(&document).ok(), meaning(&model));
        }
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Holder {
    inner: Struct,
}

/// The length of every message around is off when one length is.
#[test]
fn writes_every_length_right() {
    let sizes = (0..300).chain(16_300..16_450).chain([2_097_100, 2_097_152]);
    for size in sizes {
        let json = json!({"a": {"b": [{"c": "x".repeat(size)}, 1]}, "d": "y".repeat(size)});
        let Some(Kind::StructValue(tree)) = tree_of(&json).kind else { unreachable!() };
        assert!(Struct::write(&json).unwrap().encode_to_vec() == tree.encode_to_vec(), "{size}");
    }
}
