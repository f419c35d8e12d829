//! Documents as no sane writer sends them but every decoder accepts, and bytes
//! that are no documents.

use proptest::collection::vec;
use proptest::prelude::*;
use prost_types::Struct as Tree;

use super::oracle::meaning;
use super::*;

/// A `Value` message: any members of the oneof, in any order and number.
type NoisyValue = Vec<Member>;

#[derive(Clone, Debug)]
enum Member {
    Null,
    Number(f64),
    Text(&'static str),
    Bool(bool),
    Object(Vec<NoisyEntry>),
    List(Vec<NoisyValue>),
    Unknown(Vec<u8>),
}

/// A map entry: any keys and values, in any order and number.
type NoisyEntry = Vec<Part>;

#[derive(Clone, Debug)]
enum Part {
    Key(&'static str),
    Value(NoisyValue),
    Unknown(Vec<u8>),
}

fn unknown() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        vec![0x78, 0x01],                                           // field 15: varint
        vec![0x79, 1, 2, 3, 4, 5, 6, 7, 8],                         // fixed64
        vec![0x7a, 0x02, 0xff, 0xff],                               // bytes
        vec![0x7b, 0x78, 0x01, 0x83, 0x01, 0x84, 0x01, 0x7c],       // nested groups
        vec![0x7d, 1, 2, 3, 4],                                     // fixed32
        vec![0xf8, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0x8f, 0x00], // overlong varints
    ])
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "c"])
}

fn member() -> impl Strategy<Value = Member> {
    let leaf = prop_oneof![
        Just(Member::Null),
        any::<i8>().prop_map(|number| Member::Number(number.into())),
        key().prop_map(Member::Text),
        any::<bool>().prop_map(Member::Bool),
        unknown().prop_map(Member::Unknown),
    ];
    leaf.prop_recursive(5, 64, 4, |inner| {
        let value = vec(inner, 0..4);
        prop_oneof![
            vec(entry(value.clone()), 0..4).prop_map(Member::Object),
            vec(value, 0..4).prop_map(Member::List),
        ]
    })
}

fn entry(value: impl Strategy<Value = NoisyValue> + Clone) -> impl Strategy<Value = NoisyEntry> {
    let part = prop_oneof![
        key().prop_map(Part::Key),
        value.clone().prop_map(Part::Value),
        unknown().prop_map(Part::Unknown),
    ];
    prop_oneof![
        (key(), value).prop_map(|(key, value)| vec![Part::Key(key), Part::Value(value)]),
        vec(part, 0..4),
    ]
}

fn noisy() -> impl Strategy<Value = Vec<u8>> {
    // More than the sorting's small cases, with every key many times.
    let entries = vec(entry(vec(member().boxed(), 0..4)), 0..24);
    entries.prop_map(|entries| encode_object(&entries))
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut field);
    field.extend_from_slice(content);
    field
}

fn encode_object(entries: &[NoisyEntry]) -> Vec<u8> {
    entries.iter().flat_map(|entry| field(1, &encode_entry(entry))).collect()
}

fn encode_entry(entry: &NoisyEntry) -> Vec<u8> {
    let part = |part: &Part| match part {
        Part::Key(key) => field(1, key.as_bytes()),
        Part::Value(value) => field(2, &encode_value(value)),
        Part::Unknown(bytes) => bytes.clone(),
    };
    entry.iter().flat_map(part).collect()
}

fn encode_value(value: &NoisyValue) -> Vec<u8> {
    let member = |member: &Member| match member {
        Member::Null => vec![0x08, 0x00],
        Member::Number(number) => [&[0x11][..], &number.to_le_bytes()].concat(),
        Member::Text(text) => field(3, text.as_bytes()),
        Member::Bool(value) => vec![0x20, (*value).into()],
        Member::Object(entries) => field(5, &encode_object(entries)),
        Member::List(items) => field(
            6,
            &items.iter().flat_map(|item| field(1, &encode_value(item))).collect::<Vec<_>>(),
        ),
        Member::Unknown(bytes) => bytes.clone(),
    };
    value.iter().flat_map(member).collect()
}

/// Whatever prost accepts must mean the same to us. The contrary does not hold:
/// what is not read is not judged.
fn judge(bytes: &[u8]) -> Result<(), TestCaseError> {
    let ours = Struct::decode(Bytes::copy_from_slice(bytes));
    // The same bytes one level down, where the document is not cut yet.
    let inner = document(field(1, &field(2, &field(5, bytes))));
    let below = inner.get("");
    if let Ok(tree) = Tree::decode(bytes) {
        let read = read_all(&ours.unwrap());
        prop_assert_eq!(read.ok(), meaning(&tree));
        let below = below.unwrap().unwrap().read::<Json>();
        prop_assert_eq!(below.ok(), meaning(&tree));
    } else {
        if let Ok(document) = ours {
            let _ = read_all(&document);
        }
        if let Ok(Some(value)) = below {
            let _ = (walk(&value), value.read::<Json>(), serde_json::to_value(&value));
        }
    }
    Ok(())
}

proptest! {
    /// A legal but unusual encoder upstream would make us see other values than
    /// Crossplane does.
    #[test]
    fn merges_as_prost_does(bytes in noisy()) {
        judge(&bytes)?;
    }

    /// A damaged request would crash the function.
    #[test]
    fn survives_damage(
        mut bytes in noisy(),
        places in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        prop_assume!(!bytes.is_empty());
        for (place, byte) in places {
            let index = place.index(bytes.len());
            bytes[index] = byte;
        }
        judge(&bytes)?;
    }

    #[test]
    fn survives_any_bytes(bytes in vec(any::<u8>(), 0..64)) {
        judge(&bytes)?;
    }
}

proptest! {
    // Each case is as many documents as it has bytes.
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// A request cut short would crash the function.
    #[test]
    fn survives_truncation(bytes in noisy()) {
        for end in 0..bytes.len() {
            judge(&bytes[..end])?;
        }
    }
}
