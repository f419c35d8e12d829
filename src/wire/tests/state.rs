//! Pass-through and merging of `State`, against what prost generates for it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost_types::Struct as Tree;
use serde_json::json;

use super::super::{Ready, Resource, State};
use super::oracle::meaning;
use super::*;

/// `State` as prost would decode it.
#[derive(Clone, PartialEq, Message)]
struct PlainState {
    #[prost(message, optional, tag = "1")]
    composite: Option<PlainResource>,
    #[prost(btree_map = "string, message", tag = "2")]
    resources: BTreeMap<String, PlainResource>,
}

#[derive(Clone, PartialEq, Message)]
struct PlainResource {
    #[prost(message, optional, tag = "1")]
    resource: Option<Tree>,
    #[prost(btree_map = "string, bytes", tag = "2")]
    connection_details: BTreeMap<String, Bytes>,
    #[prost(int32, tag = "3")]
    ready: i32,
}

/// The parts a `State` is made of on the wire, in any order and number: both
/// fields as such, and such that are unknown.
fn parts() -> impl Strategy<Value = Vec<u8>> {
    let field = prop::sample::select(vec!["spec", "status", "kind"]);
    let tree = (field, any::<i8>()).prop_map(|(field, value)| {
        let document = Struct::write(&BTreeMap::from([(field, value)])).unwrap();
        Tree::decode(&document.encode_to_vec()[..]).unwrap()
    });
    let details = prop::sample::select(vec!["", "host", "port"])
        .prop_map(|key| BTreeMap::from([(key.to_owned(), Bytes::from_static(b"\xff"))]));
    let resource = (prop::option::of(tree), details, 0..4).prop_map(
        |(resource, connection_details, ready)| PlainResource {
            resource,
            connection_details,
            ready,
        },
    );
    let known = prop_oneof![
        resource.clone().prop_map(|composite| PlainState {
            composite: Some(composite),
            ..PlainState::default()
        }),
        (prop::sample::select(vec!["", "a", "b"]), resource).prop_map(|(name, resource)| {
            PlainState { resources: [(name.to_owned(), resource)].into(), composite: None }
        }),
    ];
    let unknown = prop::sample::select(vec![
        vec![0x78, 0xff, 0x01],
        vec![0x79, 1, 2, 3, 4, 5, 6, 7, 8],
        vec![0x7a, 0x02, 0xff, 0xff],
        vec![0x7d, 1, 2, 3, 4],
        // Overlong, and longer than what is kept in runs.
        vec![0x78, 0x81, 0x80, 0x00],
        vec![0x7a, 0x82, 0x00, 0xff, 0xff],
        [&[0x7a, 0x40][..], &[7; 0x40]].concat(),
        // Groups, which proto3 does not have, but other encoders write.
        vec![0x7b, 0x7c],
        vec![0x7b, 0x08, 0x01, 0x13, 0x12, 0x01, 0xff, 0x14, 0x7c],
    ]);
    let part = prop_oneof![4 => known.prop_map(|state| state.encode_to_vec()), 1 => unknown];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn same(ours: &Resource, plain: &PlainResource) {
    let tree = plain.resource.clone().unwrap_or_default();
    assert_eq!(read_all(&ours.resource).ok(), meaning(&tree));
    assert_eq!(ours.connection_details, plain.connection_details);
    let ready = match plain.ready {
        1 => Ready::True,
        2 => Ready::False,
        _ => Ready::Unspecified,
    };
    assert_eq!(ours.ready, ready);
}

fn same_state(ours: &State, plain: &PlainState) {
    same(&ours.composite().unwrap(), &plain.composite.clone().unwrap_or_default());
    let resources = ours.resources().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(resources.len(), plain.resources.len());
    for ((name, resource), (plain_name, plain)) in resources.iter().zip(&plain.resources) {
        assert_eq!(name, plain_name, "sorted by name");
        same(resource, plain);
        assert_eq!(ours.resource(name).unwrap().as_ref(), Some(resource));
    }
    assert!(ours.names().unwrap().eq(plain.resources.keys()));
    assert_eq!(ours.resource("other").unwrap(), None);
}

proptest! {
    /// What another step wants, known to us or not, would be lost or changed.
    #[test]
    fn passes_everything_on_byte_for_byte(bytes in parts()) {
        let state = State::decode(Bytes::from(bytes.clone())).unwrap();
        prop_assert_eq!(state.encoded_len(), bytes.len());
        prop_assert_eq!(state.encode_to_vec(), bytes);
    }

    /// A resource would be seen differently than Crossplane sees it.
    #[test]
    fn reads_what_prost_reads(bytes in parts()) {
        let plain = PlainState::decode(&bytes[..]).unwrap();
        same_state(&State::decode(Bytes::from(bytes)).unwrap(), &plain);
    }

    /// What we compose would not arrive, or damage what is there.
    #[test]
    fn changes_arrive_at_prost(bytes in parts(), name in "[ab]?") {
        let mut state = State::decode(Bytes::from(bytes.clone())).unwrap();
        let mut plain = PlainState::decode(&bytes[..]).unwrap();
        let resource = resource();
        state.insert(&name, &resource);
        let same = PlainResource::decode(&resource.encode_to_vec()[..]).unwrap();
        plain.resources.insert(name, same);
        state.merge_composite(&resource);
        plain.composite.get_or_insert_default().merge(&resource.encode_to_vec()[..]).unwrap();
        let encoded = state.encode_to_vec();
        prop_assert_eq!(PlainState::decode(&encoded[..]).unwrap(), plain.clone());
        same_state(&state, &plain);
        prop_assert!(encoded.starts_with(&bytes));
    }

    #[test]
    fn survives_any_bytes(bytes in prop::collection::vec(0..40_u8, 0..64)) {
        let ours = State::decode(Bytes::from(bytes.clone()));
        if let Ok(state) = &ours {
            let _ = (state.composite(), state.names().map(Iterator::count));
            for entry in state.resources() {
                let _ = entry.map(|(_, resource)| read_all(&resource.resource));
            }
        }
        if let (Ok(plain), Ok(ours)) = (PlainState::decode(&bytes[..]), ours) {
            same_state(&ours, &plain);
        }
    }
}

fn resource() -> Resource {
    Resource {
        resource: Struct::write(&json!({"status": {"host": "h"}, "new": 1})).unwrap(),
        connection_details: [("password".to_owned(), Bytes::from_static(b"hunter2"))].into(),
        ready: Ready::True,
    }
}

#[test]
fn an_empty_state_says_nothing() {
    let state = State::default();
    assert!(state.is_empty());
    assert_eq!(state.composite().unwrap(), Resource::default());
    assert_eq!(state.resources().count(), 0);
    assert!(state.encode_to_vec().is_empty());
    assert!(Resource::default().encode_to_vec().is_empty());
    let mut state = State::default();
    state.insert("a", &Resource::default());
    assert!(!state.is_empty());
    state.clear();
    assert!(state.is_empty());
}

#[test]
fn merging_replaces_top_level_fields_whole() {
    let mut state = State::default();
    let write = |json: Json| Resource { resource: Struct::write(&json).unwrap(), ..resource() };
    state.merge_composite(&write(json!({"status": {"a": 1}, "kind": "K"})));
    state.merge_composite(&write(json!({"status": {"b": 2}})));
    let merged = read_all(&state.composite().unwrap().resource).unwrap();
    assert_eq!(merged, json!({"kind": "K", "status": {"b": 2}}));
}

#[test]
fn resources_share_the_memory_of_the_request() {
    let mut state = State::default();
    state.insert("a", &resource());
    let bytes = Bytes::from(state.encode_to_vec());
    let state = State::decode(bytes.clone()).unwrap();
    let decoded = state.resource("a").unwrap().unwrap();
    let password = &decoded.connection_details["password"];
    assert!(bytes.as_ptr_range().contains(&password.as_ptr()));
}

#[test]
fn broken_resources_are_named() {
    let refused = |bytes: &'static [u8]| {
        let state = State::decode(Bytes::from_static(bytes)).unwrap();
        let error = state.resources().find_map(Result::err).unwrap();
        error.to_string()
    };
    assert_eq!(
        refused(b"\x12\x07\x0a\x01a\x12\x02\x0a\x05"),
        "resources.a: is not a valid protobuf value"
    );
    assert_eq!(refused(b"\x12\x03\x0a\x01\xff"), "resources: is not valid UTF-8");
    assert_eq!(refused(b"\x12\x02\x08\x01"), "resources: is not a valid protobuf value");
    assert_eq!(refused(b"\x12\x02\x12\x01"), "resources: is cut short");
    assert_eq!(refused(b"\x12\x05\x0a\x01a\x10\x01"), "resources.a: is not a valid protobuf value");
    let state = State::decode(Bytes::from_static(b"\x0a\x02\x0a\x05")).unwrap();
    let error = state.composite().unwrap_err();
    assert_eq!(error.to_string(), "composite: is not a valid protobuf value");
    for bytes in [
        &b"\x08\x01"[..],
        b"\x7b\x74",
        b"\x7b",
        b"\x7c",
        b"\x7d\x01",
        b"\x79\x01",
        b"\x78\xff",
        b"\x12\x05",
    ] {
        assert!(State::decode(bytes).is_err(), "{bytes:?}");
    }
}

/// A log line or a panic message would hold credentials.
#[test]
fn debug_output_shows_no_content() {
    let mut state = State::default();
    state.insert("a", &resource());
    assert_eq!(format!("{state:?}"), "State(1 fields)");
    let debug = format!("{:?}", resource());
    assert!(debug.contains("password") && !debug.contains("hunter2"), "{debug}");
}

#[test]
fn writing_a_resource_equals_inserting_the_written_resource() {
    let long = "x".repeat(300);
    for (object, ready) in [
        (json!({"kind": "Bucket", "spec": {"list": [1, true, null], "text": long}}), Ready::True),
        (json!({"kind": "Bucket"}), Ready::False),
        (json!({"kind": "Bucket"}), Ready::Unspecified),
    ] {
        let mut written = State::default();
        written.write("a", &object, ready).unwrap();
        let mut inserted = State::default();
        let resource = Struct::write(&object).unwrap();
        inserted.insert("a", &Resource { resource, ready, ..Resource::default() });
        assert_eq!(written.encode_to_vec(), inserted.encode_to_vec());
    }
    let mut state = State::default();
    let refusal = state.write("a", &json!({"spec": {"number": u64::MAX}}), Ready::True);
    assert_eq!(refusal.unwrap_err().path(), "spec.number");
    assert!(state.is_empty(), "what cannot be written changes nothing");
}
