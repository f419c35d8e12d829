//! YAML, JSON and tables.

use serde::Serialize;

use super::Error;
use crate::generate;

/// A document as YAML.
pub(super) fn yaml<T: Serialize>(document: &T) -> Result<String, Error> {
    generate::yaml(document)
        .map_err(|error| Error::Platform { message: format!("cannot write YAML: {error}") })
}

/// Rows in columns two spaces apart, without spaces at the end of lines.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
