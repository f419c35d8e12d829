//! Markdown: tables, and values that differ between environments.

/// A table. Cells may hold anything: they are put on one line.
pub(super) fn table<H: AsRef<str>>(headers: &[H], rows: &[Vec<String>]) -> String {
    let mut text = row(headers.iter().map(AsRef::as_ref));
    text.push_str(&format!("|{}\n", "---|".repeat(headers.len())));
    for cells in rows {
        text.push_str(&row(cells.iter().map(String::as_str)));
    }
    text
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.fold("|".to_owned(), |row, cell| row + " " + &one_line(cell) + " |") + "\n"
}

/// On one line, without what would end a cell.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Longest line, but for those of tables and code.
const WIDTH: usize = 120;

/// A paragraph of lines that are not too long: `first` begins the first one, `next` the others.
pub(super) fn paragraph(first: &str, next: &str, text: &str) -> String {
    let mut paragraph = String::new();
    let mut line = first.to_owned();
    let mut is_new = true;
    for word in text.split_whitespace() {
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            paragraph.push_str(&format!("{line}\n"));
            next.clone_into(&mut line);
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line.push_str(word);
        is_new = false;
    }
    format!("{paragraph}{line}\n")
}

/// A block of code.
pub(super) fn block(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What several environments say, those together that say the same.
pub(super) fn agreeing<'a, T: PartialEq>(
    said: impl IntoIterator<Item = (&'a str, T)>,
) -> Vec<(Vec<&'a str>, T)> {
    let mut groups: Vec<(Vec<&str>, T)> = Vec::new();
    for (environment, value) in said {
        match groups.iter_mut().find(|(_, known)| *known == value) {
            Some((environments, _)) => environments.push(environment),
            None => groups.push((vec![environment], value)),
        }
    }
    groups
}

/// The same in one cell: `7`, or `7 in development and staging; 14 in production`.
pub(super) fn by_environment<'a>(said: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let groups = agreeing(said);
    match groups.as_slice() {
        [(_, value)] => value.clone(),
        groups => {
            let told = groups.iter().map(|(environments, value)| {
                let value = if value.is_empty() { "nothing" } else { value };
                format!("{value} in {}", and(environments))
            });
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{by_environment, paragraph, table};

    #[test]
    fn environments_that_agree_are_told_once() {
        let said = |values: [&str; 3]| {
            let names = ["development", "production", "staging"];
            by_environment(names.into_iter().zip(values.map(str::to_owned)))
        };
        assert_eq!(said(["7", "7", "7"]), "7");
        assert_eq!(said(["7", "14", "7"]), "7 in development and staging; 14 in production");
    }

    #[test]
    fn a_paragraph_is_broken_between_words() {
        let text = "word ".repeat(40);
        let wrapped = paragraph("- ", "  ", &text);
        assert!(wrapped.lines().all(|line| line.len() <= 120), "{wrapped}");
        assert!(wrapped.starts_with("- word") && wrapped.contains("\n  word"), "{wrapped}");
        assert_eq!(wrapped.matches("word").count(), 40);
    }

    #[test]
    fn a_cell_cannot_end_its_row() {
        let rows = [vec!["x | y\nz".to_owned()]];
        assert_eq!(table(&["a"], &rows), "| a |\n|---|\n| x \\| y z |\n");
    }
}
