//! Which known word a misspelt one was probably meant to be.

/// A longer word is not compared: it is no slip of the pen, and may be of any length.
const LONGEST: usize = 64;

/// The one of `known` that `given` is nearly.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let typed = given.to_lowercase();
    known
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
    use super::did_you_mean;

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
        ] {
            let expected = format!(" (did you mean \"{meant}\"?)");
            assert_eq!(did_you_mean(given, known.into_iter()), expected, "{given}");
        }
        for given in ["", "version", "gcp", "colour", &"region".repeat(20)] {
            assert_eq!(did_you_mean(given, known.into_iter()), "", "{given}");
        }
    }
}
