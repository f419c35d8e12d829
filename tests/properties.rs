//! Properties that hold for every request, however hostile.

mod support;

use std::collections::HashSet;
use std::sync::OnceLock;

use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;
use selfservice::function::{self, proto};
use selfservice::kinds::Kind;
use selfservice::names::{Limit, Names, is_claim_name};
use selfservice::outcome::Class;
use serde_json::{Map, Value as Json, json};
use support::world::{TODAY, World, structure};

/// What must hold of the response to any request that decodes.
fn assert_safe(request: &proto::RunFunctionRequest) {
    let kind = request
        .observed
        .as_ref()
        .and_then(|observed| observed.composite().ok())
        .and_then(|composite| composite.resource.read::<Json>().ok())
        .and_then(|composite| composite["kind"].as_str().map(str::to_owned))
        .and_then(|kind| Kind::from_name(kind.strip_prefix('X').unwrap_or(&kind)));
    let response = function::run(request.clone(), TODAY);
    let again = function::run(request.clone(), TODAY);
    assert_eq!(response.encode_to_vec(), again.encode_to_vec(), "the same request, the same bytes");
    let tag = request.meta.as_ref().map(|meta| meta.tag.clone()).unwrap_or_default();
    assert_eq!(response.meta.as_ref().map(|meta| meta.tag.clone()), Some(tag));
    assert_eq!(response.context, request.context, "context is handed on");
    for text in response
        .results
        .iter()
        .map(|result| &result.message)
        .chain(response.conditions.iter().filter_map(|condition| condition.message.as_ref()))
    {
        assert!(!text.contains(['\n', '\r', '\0']), "{text:?} has several lines");
        assert!(text.len() <= 4096, "{} bytes of text", text.len());
    }
    let conditions: Vec<&str> =
        response.conditions.iter().map(|condition| condition.r#type.as_str()).collect();
    assert_eq!(conditions, ["Accepted", "CredentialsReady"], "all conditions on every path");
    // Requirements never ask for Secrets, nor for anything outside the claim's namespace.
    let namespaces = namespaces(request);
    for selector in response.requirements.iter().flat_map(|required| required.resources.values()) {
        assert!(selector.kind == "ServiceAccount" || Kind::from_name(&selector.kind).is_some());
        let namespace = selector.namespace.clone().unwrap_or_default();
        assert!(namespaces.contains(&namespace), "{namespace:?} is none of {namespaces:?}");
    }
    let severities: Vec<proto::Severity> =
        response.results.iter().map(proto::Result::severity).collect();
    if let Some((last, before)) = severities.split_last() {
        assert_eq!(*last, proto::Severity::Fatal);
        assert!(before.iter().all(|severity| *severity == proto::Severity::Warning));
        assert_eq!(response.desired, request.desired, "a refusal touches nothing");
        let ttl = response.meta.and_then(|meta| meta.ttl);
        assert_eq!(ttl, Some(prost_types::Duration::default()), "a refusal is not cached");
        return;
    }
    assert!(response.results.is_empty(), "an ordinary call says nothing");
    let kind = kind.expect("only our kinds are composed");
    let desired = response.desired.clone().unwrap_or_default();
    let names: HashSet<&str> = desired.names().expect("readable").collect();
    let observed = request.observed.clone().unwrap_or_default();
    for key in observed.names().expect("readable").filter(|key| kind.owns(key)) {
        let may_go = matches!(kind.class_of(key), Some(Class::Access | Class::Derived));
        assert!(may_go || names.contains(key), "{key} would be deleted");
    }
}

/// The namespaces that a composite resource may speak for: its own, and its claim's.
fn namespaces(request: &proto::RunFunctionRequest) -> Vec<String> {
    let composite = request.observed.as_ref().and_then(|observed| observed.composite().ok());
    let composite = composite.and_then(|composite| composite.resource.read::<Json>().ok());
    let composite = composite.unwrap_or_default();
    ["/metadata/namespace", "/spec/claimRef/namespace"]
        .into_iter()
        .filter_map(|path| composite.pointer(path)?.as_str().map(str::to_owned))
        .filter(|namespace| !namespace.is_empty())
        .collect()
}

fn worlds() -> &'static [World] {
    static WORLDS: OnceLock<Vec<World>> = OnceLock::new();
    WORLDS.get_or_init(make_worlds)
}

fn make_worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    let mut variants = Vec::from(Kind::ALL.map(|kind| (kind, json!({"size": "medium"}))));
    let groups = json!({"consumerGroups": ["billing"]});
    let dedicated = json!({"size": "medium", "tenancy": "dedicated", "access": groups});
    variants.push((Kind::EventStream, dedicated));
    for (kind, parameters) in variants {
        for claims in [false, true] {
            for settled in [false, true] {
                let mut world = World::new(kind, "production", claims, parameters.clone());
                if settled {
                    world.settle();
                }
                worlds.push(world);
            }
        }
    }
    worlds
}

/// Any JSON value, three levels deep.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        prop_oneof![
            Just("large"),
            Just("7"),
            Just("17"),
            Just("../../etc"),
            Just("*"),
            Just("a\nb")
        ]
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Replaces what a path of numbers leads to.
fn replace(place: &mut Json, path: &[u16], value: Json) {
    let Some((step, rest)) = path.split_first() else {
        *place = value;
        return;
    };
    let step = usize::from(*step);
    match place {
        Json::Object(entries) if !entries.is_empty() => {
            let index = step % entries.len();
            replace(entries.values_mut().nth(index).expect("within bounds"), rest, value);
        }
        Json::Array(items) if !items.is_empty() => {
            let index = step % items.len();
            replace(&mut items[index], rest, value);
        }
        leaf => *leaf = value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_documents_are_answered_safely(
        which in 0_usize..24,
        target in 0_usize..4,
        path in prop::collection::vec(any::<u16>(), 0..6),
        value in any_json(),
    ) {
        let worlds = worlds();
        let mut world = worlds[which % worlds.len()].clone();
        match target {
            0 => replace(&mut world.composite, &path, value),
            1 => replace(&mut world.offering, &path, value),
            2 => match world.claim.as_mut() {
                Some(claim) => replace(claim, &path, value),
                None => replace(&mut world.composite["spec"], &path, value),
            },
            _ => {
                let index = usize::from(path.first().copied().unwrap_or_default());
                let count = world.observed.len().max(1);
                if let Some(object) = world.observed.values_mut().nth(index % count) {
                    replace(object, &path, value);
                }
            }
        }
        // Only objects travel as Structs.
        let objects = [Some(&world.composite), Some(&world.offering), world.claim.as_ref()];
        if objects.into_iter().flatten().chain(world.observed.values()).all(Json::is_object) {
            assert_safe(&world.request());
        }
    }

    #[test]
    fn hostile_bytes_are_answered_safely(
        which in 0_usize..24,
        cut in any::<u32>(),
        edits in prop::collection::vec((any::<u32>(), any::<u8>()), 0..4),
    ) {
        let worlds = worlds();
        let mut bytes = worlds[which % worlds.len()].request().encode_to_vec();
        let length = bytes.len();
        for (place, byte) in edits {
            bytes[place as usize % length] = byte;
        }
        bytes.truncate(length - cut as usize % length);
        if let Ok(request) = proto::RunFunctionRequest::decode(Bytes::from(bytes)) {
            assert_safe(&request);
        }
    }

    #[test]
    fn resources_of_other_steps_pass_through_byte_for_byte(
        names in prop::collection::btree_set("[a-z]{1,8}", 0..4),
        value in any_json(),
        settled in any::<bool>(),
    ) {
        let mut world = World::new(Kind::RedisInstance, "production", false, json!({"size": "medium"}));
        if settled {
            world.settle();
        }
        let mut request = world.request();
        let mut desired = selfservice::wire::State::default();
        for name in &names {
            let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": value});
            desired.insert(name, &selfservice::wire::Resource { resource: structure(&object), ..Default::default() });
        }
        let before = desired.encode_to_vec();
        request.desired = Some(desired);
        let response = function::run(request, TODAY);
        prop_assert!(response.results.is_empty());
        let after = response.desired.unwrap_or_default().encode_to_vec();
        prop_assert!(after.starts_with(&before), "ours are appended to what was there");
    }
}

/// A million names of tuples built to collide: shifted dashes, the same claim under other
/// kinds, namespaces and clusters, the longest names there are.
#[test]
fn names_stay_distinct() {
    let words = [
        "a",
        "a-b",
        "ab",
        "b-a",
        "a-b-c",
        "abc",
        "team-a",
        "team-a-b",
        "x23456789-123456789-12345",
        "orders",
    ];
    let mut seen = HashSet::new();
    let mut count = 0_u32;
    for cluster in 0..20 {
        let cluster = format!("{}-{cluster}", words[cluster % words.len()]);
        for namespace in 0..50 {
            let namespace = format!("{}-{namespace}", words[namespace % words.len()]);
            for kind in Kind::ALL {
                for claim in 0..170 {
                    let claim = format!("{}{claim}", words[claim % words.len()]);
                    let names = Names::new(&cluster, &namespace, kind.name(), claim);
                    for part in ["bucket", "policy"] {
                        count += 1;
                        assert!(seen.insert(names.hash(part)), "{names} {part} collides");
                    }
                }
            }
        }
    }
    assert!(count >= 1_000_000, "{count} names");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_are_what_every_service_accepts(
        claim in "[a-z][a-z0-9-]{2,24}",
        namespace in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        part in "[a-z]([a-z0-9-]{0,40}[a-z0-9])?",
    ) {
        prop_assume!(is_claim_name(&claim));
        let names = Names::new("cluster", namespace, "RedisInstance", claim);
        for (name, limit) in [
            (names.object(&part), Limit::OBJECT),
            (names.aws(&part, Limit::REPLICATION_GROUP), Limit::REPLICATION_GROUP),
            (names.aws(&part, Limit::DB_INSTANCE), Limit::DB_INSTANCE),
            (names.aws(&part, Limit::ROLE), Limit::ROLE),
            (names.aws(&part, Limit::MSK), Limit::MSK),
            (names.aws(&part, Limit::TOPIC), Limit::TOPIC),
        ] {
            prop_assert!(name.len() <= limit.characters(), "{name}");
            prop_assert!(name.starts_with(|first: char| first.is_ascii_lowercase()), "{name}");
            prop_assert!(!name.contains("--") && !name.ends_with('-'), "{name}");
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        }
    }
}
