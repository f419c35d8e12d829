//! What hostile messages cost in memory: a bounded multiple of their own size,
//! or one caller could fill the memory of a process that limits its requests.

use super::super::object::{Field, Object};
use super::super::{Resource, State};
use super::*;

const MIB: usize = 1024 * 1024;

/// A message of the field again and again, and its length.
fn flood(field: &[u8]) -> Bytes {
    Bytes::from(field.repeat(MIB / field.len()))
}

fn per_byte(memory: usize) -> f64 {
    f64::from(u32::try_from(memory).unwrap()) / f64::from(u32::try_from(MIB).unwrap())
}

/// Fields that other programs may define, and the least entries of ours.
#[test]
fn a_state_costs_little_more_than_its_message() {
    for field in [
        &[0x78, 0x01][..],
        &[0x7a, 0x00],
        &[0x7b, 0x7c],
        &[0x0a, 0x00],
        &[0x12, 0x00],
        &[0x12, 0x03, 0x0a, 0x01, b'a'],
        // The most there is to a handle: runs of one small field, and slices as short as can be.
        &[&[0x78, 0x01, 0x12, 0x21][..], &[0x0a, 0x1f], &[b'a'; 31]].concat(),
    ] {
        let message = flood(field);
        let state = State::decode(message.clone()).unwrap();
        assert_eq!(state.encode_to_vec(), message);
        let cost = per_byte(state.kept().memory());
        assert!(cost <= 5.0, "{cost} times {field:?}");
        assert!(state.clone().kept().is_shared(), "a copy costs nothing");
    }
}

#[test]
fn a_document_costs_little_more_than_its_message() {
    for field in [&[0x0a, 0x00][..], &[0x0a, 0x03, 0x0a, 0x01, b'a']] {
        let message = flood(field);
        let document = document(message.clone());
        assert_eq!(document.encode_to_vec(), message);
        let cost = per_byte(document.kept().memory());
        assert!(cost <= 5.0, "{cost} times {field:?}");
    }
}

/// A key that is sent again and again is one field of the object.
#[test]
fn reading_an_object_costs_no_more_than_its_distinct_keys() {
    let message = document(flood(&[0x0a, 0x00]));
    let fields = Object::Document(&message).fields().unwrap();
    assert_eq!(fields.len(), 1);
    let cost = per_byte(fields.capacity() * size_of::<Field<'_>>());
    assert!(cost <= 1.0, "{cost} times");
}

/// Sorting again for every repeated key would take minutes.
#[test]
fn repeated_keys_after_many_distinct_ones_are_read_in_time() {
    let entry = |key: usize| {
        let [.., a, b] = key.to_be_bytes();
        [0x0a, 0x04, 0x0a, 0x02, a & 0x7f, b & 0x7f]
    };
    let distinct = (0..511).flat_map(|key| entry(key % 128 + (key / 128) * 256));
    let message: Vec<u8> = distinct.chain(entry(1).repeat(MIB / 6)).collect();
    let document = document(message);
    assert_eq!(Object::Document(&document).fields().unwrap().len(), 511);
}

/// `Resources.items` holds these side by side, each two bytes on the wire at least.
#[test]
fn an_empty_resource_is_small() {
    assert!(size_of::<Resource>() <= 40, "{}", size_of::<Resource>());
    assert!(size_of::<Struct>() <= 8, "{}", size_of::<Struct>());
}
