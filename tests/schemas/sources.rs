//! Which kinds are wanted, which CRD defines each, and which release of which
//! repository that CRD is from.
//!
//! Does not know what a schema says.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use crate::{WANTED, has_extension, last_part, list, read};

/// A line of `wanted.txt`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) line: usize,
    /// Empty for the core kinds, which have no CRD.
    group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    /// The folder to take the CRD from, when two have it.
    folder: Option<String>,
}

impl Wanted {
    pub(crate) fn is_core(&self) -> bool {
        self.group.is_empty()
    }

    pub(crate) fn api_version(&self) -> String {
        if self.is_core() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}_{}.json", self.api_version().replace('/', "_"), self.kind)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

pub(crate) fn parse_wanted(text: &str) -> Result<Vec<Wanted>, String> {
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (api_version, kind, folder) = match words.collect::<Vec<_>>()[..] {
            [] => continue,
            [api_version, kind] => (api_version, kind, None),
            [api_version, kind, folder] => (api_version, kind, Some(folder.to_owned())),
            _ => {
                return Err(format!(
                    "{WANTED} line {line_number}: expected `apiVersion Kind`, found `{line}`"
                ));
            }
        };
        if !seen.insert((api_version, kind)) {
            return Err(format!(
                "{WANTED} line {line_number}: {api_version} {kind} is listed twice"
            ));
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        wanted.push(Wanted {
            line: line_number,
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            folder,
        });
    }
    Ok(wanted)
}

/// A CRD and where it was found.
pub(crate) struct Definition {
    pub(crate) folder: String,
    file: String,
    pub(crate) crd: Value,
}

/// Reads the CRDs of the wanted groups.
pub(crate) fn read_definitions(crds: &Path, wanted: &[Wanted]) -> Result<Vec<Definition>, String> {
    let groups: BTreeSet<&str> =
        wanted.iter().filter(|it| !it.is_core()).map(|it| it.group.as_str()).collect();
    let mut definitions = Vec::new();
    for folder in list(crds)?.iter().filter(|path| path.is_dir()) {
        for path in list(folder)?.iter().filter(|path| has_extension(path, "yaml")) {
            let text = read(path)?;
            // Most CRDs are nobody's, and parsing is slow.
            if !groups.iter().any(|group| text.contains(group)) {
                continue;
            }
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
                .map_err(|error| format!("cannot parse {}: {error}", path.display()))?;
            definitions.extend(documents.into_iter().map(|crd| Definition {
                folder: last_part(folder),
                file: last_part(path),
                crd,
            }));
        }
    }
    Ok(definitions)
}

pub(crate) fn find_definition<'a>(
    wanted: &Wanted,
    definitions: &'a [Definition],
) -> Result<&'a Definition, String> {
    let found: Vec<&Definition> = definitions
        .iter()
        .filter(|it| it.crd["kind"] == "CustomResourceDefinition")
        .filter(|it| it.crd["spec"]["group"] == wanted.group)
        .filter(|it| it.crd["spec"]["names"]["kind"] == wanted.kind)
        .filter(|it| wanted.folder.as_ref().is_none_or(|folder| *folder == it.folder))
        .collect();
    match found[..] {
        [definition] => Ok(definition),
        [] => Err("no CRD of that group and kind".to_owned()),
        _ => {
            let folders: Vec<&str> = found.iter().map(|it| it.folder.as_str()).collect();
            Err(format!("defined in {}: name one of them after the kind", folders.join(" and ")))
        }
    }
}

impl Definition {
    pub(crate) fn is_namespaced(&self) -> bool {
        self.crd["spec"]["scope"] == "Namespaced"
    }

    /// Returns a version, which must be served.
    pub(crate) fn find_version(&self, name: &str) -> Result<&Value, String> {
        let versions = self.crd["spec"]["versions"].as_array();
        let served = || versions.into_iter().flatten().filter(|it| it["served"] == true);
        served().find(|it| it["name"] == name).ok_or_else(|| {
            let names: Vec<&str> = served().filter_map(|it| it["name"].as_str()).collect();
            format!("no such version, served are: {}", names.join(", "))
        })
    }

    /// Looks up in the README of the CRDs which release of which repository this is from.
    pub(crate) fn find_origin(&self, readme: &str) -> Result<Value, String> {
        let source = find_row(readme, &self.folder);
        let file = readme
            .split("\n## ")
            .find(|section| section.lines().next() == Some(&self.folder))
            .and_then(|section| find_row(section, &self.file));
        match (source.as_deref(), file.as_deref()) {
            (Some([_, repository, tag, _, _, licence, ..]), Some([_, path, ..])) => Ok(json!({
                "repository": repository,
                "tag": tag,
                "file": path,
                "licence": licence,
            })),
            _ => Err(format!("README.md does not say where {}/{} is from", self.folder, self.file)),
        }
    }
}

/// Returns the cells of the table row that starts with this cell.
fn find_row<'a>(text: &'a str, first: &str) -> Option<Vec<&'a str>> {
    text.lines()
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .find(|cells| cells.len() > 1 && cells[0] == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong line must be found by its number, or the list is hard to repair.
    #[test]
    fn names_the_line_of_a_wrong_entry() {
        let twice = "# RDS\nrds.example.org/v1 Instance\nrds.example.org/v1 Instance # again\n";
        assert_eq!(
            parse_wanted(twice),
            Err("wanted.txt line 3: rds.example.org/v1 Instance is listed twice".to_owned())
        );
        assert_eq!(
            parse_wanted("\nInstance\n"),
            Err("wanted.txt line 2: expected `apiVersion Kind`, found `Instance`".to_owned())
        );
    }

    /// Two releases of one CRD must not be mixed up in silence.
    #[test]
    fn asks_which_folder_when_two_define_a_kind() {
        let crd = json!({
            "kind": "CustomResourceDefinition",
            "spec": {"group": "example.org", "names": {"kind": "Thing"}},
        });
        let definitions = ["new", "old"].map(|folder| Definition {
            folder: folder.to_owned(),
            file: "things.yaml".to_owned(),
            crd: crd.clone(),
        });
        let find = |line| {
            let wanted = parse_wanted(line)?;
            Ok(find_definition(&wanted[0], &definitions)?.folder.clone())
        };
        assert_eq!(find("example.org/v1 Thing old"), Ok("old".to_owned()));
        assert_eq!(
            find("example.org/v1 Thing"),
            Err("defined in new and old: name one of them after the kind".to_owned())
        );
        assert_eq!(find("example.org/v1 Other"), Err("no CRD of that group and kind".to_owned()));
    }
}
