//! What people wrote, as others may read it.

/// `text` on one line, without characters that steer terminals or reorder letters.
pub(crate) fn one_line(text: &str) -> String {
    let printable = |letter: char| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if printable(letter) {
            line.push(letter);
        } else {
            line.extend(letter.escape_default());
        }
    }
    line
}

/// A longer word is not compared: it is no slip of the pen, and may be of any length.
const LONGEST: usize = 64;

/// The word of `known` that is closest to `given`, where one is close enough to be meant.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let typed = given.to_lowercase();
    let known: Vec<&str> = known.collect();
    // Half a word is meant for the only one that begins so.
    let mut longer = known
        .iter()
        .copied()
        .filter(|word| typed.len() >= 5 && word.to_lowercase().starts_with(&typed));
    if let (Some(word), None) = (longer.next(), longer.next()) {
        return Some(word);
    }
    known
        .into_iter()
        .map(|word| (strsim::osa_distance(&typed, &word.to_lowercase()), word))
        .min_by_key(|(slips, _)| *slips)
        // With more slips than one in three letters it is another word.
        .filter(|(slips, word)| slips * 3 <= word.len())
        .map(|(_, word)| word)
}

/// ` (did you mean "size"?)` where `given` is nearly one of `known`, else nothing.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let meant = nearest(given, known);
    meant.map(|word| format!(" (did you mean \"{word}\"?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, one_line};

    #[test]
    fn text_stays_on_its_line() {
        assert_eq!(
            one_line("a\nb\u{1b}[1m\u{2028}\u{202e}é"),
            "a\\nb\\u{1b}[1m\\u{2028}\\u{202e}é"
        );
    }

    #[test]
    fn only_near_words_are_suggested() {
        let known = ["region", "accountId", "kmsKeyArn", "subnetIds", "aws"];
        for (given, meant) in [
            ("Region", "region"),
            ("regoin", "region"),
            ("kmsKeyARN", "kmsKeyArn"),
            ("subnets", "subnetIds"),
            ("awz", "aws"),
            ("KMSkeyarn", "kmsKeyArn"),
            ("account", "accountId"),
        ] {
            let expected = format!(" (did you mean \"{meant}\"?)");
            assert_eq!(did_you_mean(given, known.into_iter()), expected, "{given}");
        }
        for given in ["", "version", "gcp", "colour", &"region".repeat(20)] {
            assert_eq!(did_you_mean(given, known.into_iter()), "", "{given}");
        }
    }
}
