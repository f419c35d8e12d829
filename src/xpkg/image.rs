//! The image of a package, in memory.

use std::io;

pub use super::layer::Layer;
use super::layer::find;
use super::oci::{
    self, CONFIG, Config, Descriptor, Execution, MANIFEST, Manifest, Platform, RootFs,
};
use super::{ANNOTATION, BASE, EXAMPLES, EXAMPLES_FILE, MAX_PACKAGE_BYTES, PACKAGE_FILE};

/// The server in a Function's image, which arguments of `docker run` follow.
const PROGRAM: &str = "function-self-service";

/// The user that Crossplane runs functions as (core, `internal/controller/pkg/runtime`).
const USER: &str = "2000:2000";

/// Calls of Crossplane, and metrics: the defaults of the server's flags.
const PORTS: [&str; 2] = ["8080/tcp", "9443/tcp"];

/// What glibc needs to give memory back; with it set, the server need not start again as
/// `function::server::settle_allocator` has it.
const ALLOCATOR: [&str; 2] = ["MALLOC_ARENA_MAX=1", "MALLOC_MMAP_THRESHOLD_=131072"];

/// What an image says of itself: label and value.
pub type Labels = Vec<(&'static str, String)>;

/// The YAML streams of a package.
#[derive(Clone, Copy, Debug)]
pub struct Streams<'a> {
    /// The package object, and the objects that it brings.
    pub package: &'a str,
    /// Examples, where there are any.
    pub examples: Option<&'a str>,
}

/// An image with its layers.
#[derive(Clone, Debug)]
pub struct Image {
    /// What the configuration says.
    pub config: Config,
    /// The configuration as it is stored.
    pub stored_config: Vec<u8>,
    /// From the lowest to the highest.
    pub layers: Vec<Layer>,
}

impl Image {
    /// A Function: a server in an otherwise empty image, and what Crossplane reads above it.
    pub fn function(
        platform: &Platform,
        program: &[u8],
        streams: Streams<'_>,
        labels: Labels,
    ) -> io::Result<Self> {
        let mut layers = vec![Layer::of_file(PROGRAM, 0o755, program, None)?];
        layers.extend(streams.layers()?);
        let execution = Execution {
            user: USER.to_owned(),
            exposed_ports: PORTS
                .iter()
                .map(|port| ((*port).to_owned(), serde_json::json!({})))
                .collect(),
            env: ALLOCATOR.map(str::to_owned).to_vec(),
            entrypoint: vec![format!("/{PROGRAM}")],
            working_dir: "/".to_owned(),
            ..Execution::default()
        };
        Ok(Self::new(platform, execution, layers, labels))
    }

    /// A Configuration: nothing but what Crossplane reads. It runs nowhere; its platform is the
    /// one that Crossplane looks for in an index.
    pub fn configuration(streams: Streams<'_>, labels: Labels) -> io::Result<Self> {
        let layers = streams.layers()?;
        Ok(Self::new(&Platform::linux("amd64"), Execution::default(), layers, labels))
    }

    fn new(
        platform: &Platform,
        mut execution: Execution,
        layers: Vec<Layer>,
        labels: Labels,
    ) -> Self {
        execution.labels =
            labels.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        for layer in &layers {
            if let Some(purpose) = layer.descriptor.purpose() {
                execution.labels.insert(label(&layer.descriptor), purpose.to_owned());
            }
        }
        let config = Config {
            created: "1970-01-01T00:00:00Z".to_owned(),
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            config: execution,
            rootfs: RootFs {
                kind: "layers".to_owned(),
                diff_ids: layers.iter().map(|layer| layer.diff_id.clone()).collect(),
            },
        };
        Self { stored_config: oci::json(&config), config, layers }
    }

    /// An image that somebody stored: labels of its configuration become annotations of layers,
    /// which is where Crossplane looks for them.
    pub(super) fn stored(stored_config: Vec<u8>, config: Config, mut layers: Vec<Layer>) -> Self {
        for layer in &mut layers {
            if let Some(purpose) = config.config.labels.get(&label(&layer.descriptor)) {
                layer.descriptor.annotations.insert(ANNOTATION.to_owned(), purpose.clone());
            }
        }
        Self { config, stored_config, layers }
    }

    /// The manifest that it is pushed with.
    pub fn manifest(&self) -> Manifest {
        Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            config: Descriptor::of(CONFIG, &self.stored_config),
            layers: self.layers.iter().map(|layer| layer.descriptor.clone()).collect(),
        }
    }

    /// The manifest as it is stored.
    pub fn stored_manifest(&self) -> Vec<u8> {
        oci::json(&self.manifest())
    }

    /// What it holds, as `inspect` shows it. The problem is the rest of a sentence.
    pub fn held(&self) -> Result<Held, String> {
        let manifest = self.stored_manifest();
        let descriptor = Descriptor::of(MANIFEST, &manifest);
        let layers: Vec<Descriptor> = self.manifest().layers;
        let mut package = None;
        for index in sources(&layers) {
            let content = self.layers.get(index).map(|layer| layer.content.as_slice());
            package = find(content.unwrap_or_default(), PACKAGE_FILE, MAX_PACKAGE_BYTES)?;
            if package.is_some() {
                break;
            }
        }
        Ok(Held {
            platforms: vec![(self.config.platform(), descriptor.digest.clone())],
            digest: descriptor.digest,
            config: self.config.clone(),
            layers,
            package: text(package)?,
        })
    }
}

impl Streams<'_> {
    fn layers(self) -> io::Result<Vec<Layer>> {
        let mut layers =
            vec![Layer::of_file(PACKAGE_FILE, 0o644, self.package.as_bytes(), Some(BASE))?];
        if let Some(examples) = self.examples {
            layers.push(Layer::of_file(EXAMPLES_FILE, 0o644, examples.as_bytes(), Some(EXAMPLES))?);
        }
        Ok(layers)
    }
}

/// What a package holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// Of the manifest, or of the index over several.
    pub digest: String,
    /// Each platform with the digest of its manifest.
    pub platforms: Vec<(Platform, String)>,
    /// The configuration of the image that was looked into.
    pub config: Config,
    /// Its layers.
    pub layers: Vec<Descriptor>,
    /// Its `package.yaml`.
    pub package: String,
}

/// The label that remembers a layer's annotation.
fn label(layer: &Descriptor) -> String {
    format!("{ANNOTATION}:{}", layer.digest)
}

/// The layers that may hold `package.yaml`, as Crossplane looks for it: the annotated one, else
/// all from the highest to the lowest.
pub(super) fn sources(layers: &[Descriptor]) -> Vec<usize> {
    match layers.iter().position(|layer| layer.purpose() == Some(BASE)) {
        Some(index) => vec![index],
        None => (0..layers.len()).rev().collect(),
    }
}

/// The text of a `package.yaml`.
pub(super) fn text(package: Option<Vec<u8>>) -> Result<String, String> {
    let package = package.ok_or("is no Crossplane package: no layer of it holds package.yaml")?;
    String::from_utf8(package).map_err(|_| "has a package.yaml that is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Image, Streams};

    const STREAMS: Streams<'_> = Streams { package: "a: 1\n", examples: Some("b: 2\n") };

    #[test]
    fn labels_become_annotations_of_the_layers_that_they_name() {
        let image = Image::configuration(STREAMS, Vec::new()).expect("fits");
        let bare = image
            .layers
            .iter()
            .map(|layer| super::Layer::foreign(layer.content.clone(), layer.diff_id.clone()));
        let stored =
            Image::stored(image.stored_config.clone(), image.config.clone(), bare.collect());
        let purposes: Vec<_> = stored
            .manifest()
            .layers
            .iter()
            .map(|layer| layer.purpose().map(str::to_owned))
            .collect();
        assert_eq!(purposes, [Some("base".to_owned()), Some("upbound".to_owned())]);
        assert_eq!(stored.stored_manifest(), image.stored_manifest());
    }

    /// Where a layer is annotated, Crossplane looks nowhere else.
    #[test]
    fn package_yaml_is_found_with_and_without_annotation() {
        let mut image = Image::configuration(STREAMS, Vec::new()).expect("fits");
        assert_eq!(image.held().expect("a package").package, "a: 1\n");
        for layer in &mut image.layers {
            layer.descriptor.annotations.clear();
        }
        assert_eq!(image.held().expect("a package").package, "a: 1\n");
        image.layers.remove(0);
        assert_eq!(
            image.held().expect_err("no package"),
            "is no Crossplane package: no layer of it holds package.yaml"
        );
    }

    #[cfg(feature = "server")]
    #[test]
    fn the_environment_is_what_the_server_would_set() {
        let settings: Vec<String> = crate::function::server::ALLOCATOR_SETTINGS
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(super::ALLOCATOR.map(str::to_owned).to_vec(), settings);
    }
}
