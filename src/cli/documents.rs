//! Files of YAML documents, each with the place it came from.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::Error;
use crate::catalog::{self, Catalog};

/// A YAML document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    path: String,
    line: usize,
    number: usize,
    /// What it says.
    pub(super) content: Json,
    /// How it says it.
    pub(super) source: String,
}

impl Document {
    /// An error about this document; `message` goes on after its number.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::Document {
            path: self.path.clone(),
            line: self.line,
            document: self.number,
            message: message.into(),
        }
    }

    /// The objects of a list, as `kubectl get` prints them; else the document itself.
    fn items(self) -> Vec<Self> {
        let is_list = self.text(&["kind"]) == Some("List");
        match self.content.get("items").and_then(Json::as_array).filter(|_| is_list) {
            Some(items) => {
                items.iter().map(|item| Self { content: item.clone(), ..self.clone() }).collect()
            }
            None => vec![self],
        }
    }

    /// Text at the end of a chain of keys.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        text(&self.content, path)
    }
}

/// Text at the end of a chain of keys.
pub(super) fn text<'a>(content: &'a Json, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(content, |value, key| value.get(key)).and_then(Json::as_str)
}

/// Reads the documents of a file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<Document>, Error> {
    let shown = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let failed = |source| Error::Read { path: shown.clone(), source };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        text
    } else {
        fs::read_to_string(path).map_err(failed)?
    };
    parse(&shown, &text)
}

/// Reads the objects of files, and of the YAML and JSON files of directories, those in lists
/// included. A directory without any is a mistake, as one of folders is; a file may be empty.
pub(super) fn read_all(paths: &[PathBuf]) -> Result<Vec<Document>, Error> {
    let mut objects = Vec::new();
    for path in paths {
        let mut documents = Vec::new();
        if path.is_dir() {
            for file in files(path)? {
                documents.extend(read(&file)?);
            }
        } else {
            documents.extend(read(path)?);
        }
        if documents.is_empty() && path.is_dir() {
            return Err(Error::File {
                path: path.display().to_string(),
                message: "holds no object; folders in it are not read".to_owned(),
            });
        }
        objects.extend(documents.into_iter().flat_map(Document::items));
    }
    Ok(objects)
}

/// Reads the documents of the YAML files in a directory and its folders, sorted by path, as
/// Crossplane's package builder finds them: links to folders are not followed.
pub(super) fn read_tree(directory: &Path) -> Result<Vec<Document>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![directory.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |source| Error::Read { path: folder.display().to_string(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut documents = Vec::new();
    for file in files {
        documents.extend(read(&file)?);
    }
    Ok(documents)
}

/// Reads a catalogue, or the one that is compiled in.
pub(super) fn catalog(path: Option<&Path>) -> Result<Catalog, Error> {
    let (shown, documents) = match path {
        Some(path) if path.as_os_str().is_empty() => {
            return Err(Error::Platform {
                message:
                    "--catalog, or the variable SELFSERVICE_CATALOG, is empty; name a file, or \
                          leave it out"
                        .to_owned(),
            });
        }
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("built-in catalogue".to_owned(), parse("built-in catalogue", catalog::BUILT_IN)?),
    };
    let mut documents = documents.into_iter();
    match (documents.next(), documents.next()) {
        (Some(document), None) => Catalog::read(&document.content)
            .map_err(|problems| Error::Catalog { path: shown, problems }),
        (first, _) => Err(Error::File {
            path: shown,
            message: format!(
                "a catalogue is one document, and this file has {}",
                if first.is_none() { "none" } else { "several" },
            ),
        }),
    }
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: directory.display().to_string(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Splits at document markers, which YAML allows nowhere else at the beginning of a line, so
/// that every document has a number and a line of its own and one mistake hides no other.
pub(super) fn parse(path: &str, text: &str) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    let mut number = 0;
    for (line, part) in split(text) {
        let content: Json = serde_saphyr::from_str(&part).map_err(|error| {
            let offset = error.location().map_or(0, |location| location.line().saturating_sub(1));
            Error::Yaml {
                path: path.to_owned(),
                line: line + usize::try_from(offset).unwrap_or_default(),
                document: number + 1,
                message: short(&error.to_string()),
            }
        })?;
        if !content.is_null() {
            number += 1;
            documents.push(Document { path: path.to_owned(), line, number, content, source: part });
        }
    }
    Ok(documents)
}

/// The parts of `text` between document markers, each with the line it begins on.
fn split(text: &str) -> Vec<(usize, String)> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut first = 1;
    for (index, line) in text.lines().enumerate() {
        let marker = line
            .strip_prefix("---")
            .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        match marker {
            // Directives such as %YAML belong to the document that follows.
            Some(_) if part.contains('%') && part.lines().all(is_preamble) => part.push_str(line),
            Some(rest) => {
                parts.push((first, std::mem::take(&mut part)));
                first = index + 1;
                // What follows the marker on its line belongs to the document.
                part.push_str(rest.trim_start());
            }
            None if line.trim_end() == "..." => continue,
            None => part.push_str(line),
        }
        part.push('\n');
    }
    parts.push((first, part));
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
        .into_iter()
        .map(|(line, part)| {
            let blank = part.lines().take_while(|line| line.trim().is_empty()).count();
            // Point at what a reader sees first.
            (
                line + blank,
                part.lines().skip(blank).fold(String::new(), |text, line| text + line + "\n"),
            )
        })
        .collect()
}

/// Whether a line is a directive, or says nothing.
fn is_preamble(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with(['%', '#'])
}

/// The sentence of a YAML error, without its place and its picture.
fn short(error: &str) -> String {
    let line = error.lines().next().unwrap_or(error);
    let line = line.trim_start_matches("error: ");
    let sentence = match line.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, sentence)) => sentence,
        None => line,
    };
    sentence.split(", set ").next().unwrap_or(sentence).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Error, parse, split};

    #[test]
    fn every_document_knows_its_line() {
        let text = "# comment\na: 1\n---\n\nb: |\n  --- not a marker\n--- # c\nc: 3\n";
        let lines: Vec<usize> = split(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 5, 7]);
        let documents = parse("f.yaml", text).expect("valid");
        assert_eq!(documents[1].content["b"], "--- not a marker\n");
    }

    #[test]
    fn directives_belong_to_the_document_after_them() {
        let documents = parse("f.yaml", "%YAML 1.2\n---\na: 1\n---\nb: 50%\n---\nc: 1\n");
        assert_eq!(documents.expect("valid").len(), 3);
    }

    #[test]
    fn a_mistake_is_found_by_file_line_and_document() {
        let Err(Error::Yaml { line: 4, document: 2, .. }) =
            parse("f.yaml", "a: 1\n---\nb: 1\nb: 2\n")
        else {
            unreachable!("the second document has a duplicate key on line 4")
        };
        let error = parse("f.yaml", "a: [1\n").expect_err("not closed");
        assert_eq!(error.to_string(), "f.yaml:1: cannot read document 1: unclosed bracket '['");
    }
}
