//! Registries: pushing packages and looking at pushed ones.

mod client;
mod credentials;

use serde::de::DeserializeOwned;

use super::image::{self, Held, Image};
use super::layer::find;
use super::oci::{self, Config, Descriptor, INDEX, Index, MANIFEST, Manifest, Platform};
use super::reference::Reference;
use super::{
    Error, MAX_IMAGE_BYTES, MAX_MANIFEST_BYTES, MAX_PACKAGE_BYTES, PACKAGE_FILE, digest, plain,
    size,
};
use client::Client;

/// Pushes packages as one reference: one as it is, several as an index over their platforms.
/// Tells `progress` what it does. Gives the digest of what the reference then names.
pub fn push(
    reference: &Reference,
    images: &[Image],
    progress: &mut dyn FnMut(&str),
) -> Result<String, Error> {
    let failed = failure(reference, "push");
    let client = Client::log_in(reference, "pull,push").map_err(failed)?;
    let mut manifests = Vec::new();
    for image in images {
        push_blobs(&client, image, progress).map_err(failed)?;
        let manifest = image.stored_manifest();
        let mut descriptor = Descriptor::of(MANIFEST, &manifest);
        let own = descriptor.digest.as_str();
        let name = if images.len() > 1 { own } else { reference.name() };
        client.push_manifest(name, MANIFEST, &manifest).map_err(failed)?;
        descriptor.platform = Some(image.config.platform());
        manifests.push(descriptor);
    }
    if let [descriptor] = manifests.as_slice() {
        return Ok(descriptor.digest.clone());
    }
    let index = Index { schema_version: 2, media_type: INDEX.to_owned(), manifests };
    let index = oci::json(&index);
    client.push_manifest(reference.name(), INDEX, &index).map_err(failed)?;
    Ok(digest(&index))
}

fn push_blobs(
    client: &Client,
    image: &Image,
    progress: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let manifest = image.manifest();
    let layers = manifest.layers.iter().zip(image.layers.iter().map(|layer| &layer.content));
    for (descriptor, content) in layers.chain([(&manifest.config, &image.stored_config)]) {
        let digest = &descriptor.digest;
        if client.has(digest)? {
            progress(&format!("{digest} is there already"));
            continue;
        }
        progress(&format!("pushing {digest} ({})", size(descriptor.size)));
        client.push_blob(digest, content)?;
    }
    Ok(())
}

/// Looks at a pushed package: its manifests, a configuration, and the layer that Crossplane
/// reads; not the program. Of several platforms the one is looked into that Crossplane itself
/// takes, linux/amd64, else the first.
pub fn pull(reference: &Reference) -> Result<Held, Error> {
    let failed = failure(reference, "pull");
    let about = |problem| Error::File { path: plain(&reference.text), problem };
    let client = Client::log_in(reference, "pull").map_err(failed)?;
    let (mut stored, digest) = client.manifest(reference.name()).map_err(failed)?;
    let mut platforms = Vec::new();
    if is_index(&stored) {
        let index: Index = parse("index", &stored).map_err(failed)?;
        let crossplanes = Platform::linux("amd64");
        for Descriptor { platform, digest, .. } in index.manifests {
            // Crossplane takes no platform for its own.
            platforms.push((platform.unwrap_or_else(|| crossplanes.clone()), digest));
        }
        let (_, chosen) = platforms
            .iter()
            .find(|(platform, _)| *platform == crossplanes)
            .or_else(|| platforms.first())
            .ok_or_else(|| failed("the index names no image".to_owned()))?;
        stored = client.manifest_by_digest(chosen).map_err(failed)?;
    }
    let manifest: Manifest = parse("manifest", &stored).map_err(failed)?;
    let config = client.blob(&manifest.config, MAX_MANIFEST_BYTES).map_err(failed)?;
    let config: Config = parse("configuration", &config).map_err(failed)?;
    let mut package = None;
    for index in image::sources(&manifest.layers) {
        if let Some(layer) = manifest.layers.get(index) {
            let layer = client.blob(layer, MAX_IMAGE_BYTES).map_err(failed)?;
            package = find(&layer, PACKAGE_FILE, MAX_PACKAGE_BYTES).map_err(about)?;
        }
        if package.is_some() {
            break;
        }
    }
    let package = image::text(package).map_err(about)?;
    if platforms.is_empty() {
        platforms.push((config.platform(), digest.clone()));
    }
    Ok(Held { digest, platforms, config, layers: manifest.layers, package })
}

/// An index has manifests, whatever its type is called.
fn is_index(stored: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(stored)
        .is_ok_and(|document| document.get("manifests").is_some())
}

fn parse<T: DeserializeOwned>(what: &str, stored: &[u8]) -> Result<T, String> {
    serde_json::from_slice(stored)
        .map_err(|error| format!("its {what} cannot be read: {}", plain(&error.to_string())))
}

/// Says what could not be done, and to what.
fn failure(reference: &Reference, action: &'static str) -> impl Fn(String) -> Error + Copy {
    move |problem| Error::Registry { action, reference: plain(&reference.text), problem }
}
