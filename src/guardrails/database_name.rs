//! Names of databases that PostgreSQL or RDS would refuse.

use super::{Cause, Checkup, Guardrail, Shape, Violation, quote};

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "database-name",
    about: "A database has a name that needs no quotes and is not taken",
    why: "AWS refuses other names when it creates the server, and the refusal would never reach \
          the claim.",
    ways_out: &[
        "Set databaseName to lower-case letters, digits and underscores, beginning with a letter.",
        "Choose a word that SQL and RDS do not use themselves.",
    ],
    cause: Cause::Claim,
    check,
};

const FIELD: &str = "spec.parameters.databaseName";

/// Databases that every RDS server has.
const TAKEN: [&str; 4] = ["postgres", "rdsadmin", "template0", "template1"];

/// Words that cannot stand as a name without quotes: reserved ones, and those that may only be
/// functions or types (PostgreSQL 18, Appendix C, "SQL Key Words").
const RESERVED: [&str; 101] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// What an API server can judge of it.
pub const SHAPE: Shape = Shape { pattern: "^[a-z][a-z0-9_]*$", longest: 63, violation: malformed };

fn check(checkup: &Checkup<'_>) -> Vec<Violation> {
    let Some(name) = crate::kinds::database_name(checkup.claim) else {
        return Vec::new();
    };
    let violation = |problem, fix: &str| vec![Violation::new(GUARDRAIL.code, FIELD, problem, fix)];
    if TAKEN.contains(&name.as_str()) || RESERVED.contains(&name.as_str()) {
        return violation(
            format!("Database name {} is reserved", quote(&name)),
            "Set databaseName to another word",
        );
    }
    let shaped = (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    // The default comes from the claim's name, which another guardrail judges.
    let given = checkup.claim.written.contains_key("databaseName");
    if shaped || !given {
        return Vec::new();
    }
    vec![malformed(&name)]
}

fn malformed(name: &str) -> Violation {
    Violation::new(
        GUARDRAIL.code,
        FIELD,
        format!("Database name {} is not allowed", quote(name)),
        "Use 1 to 63 lower-case letters, digits and underscores, beginning with a letter",
    )
}

#[cfg(test)]
mod tests {
    use super::RESERVED;

    #[test]
    fn words_are_sorted_and_listed_once() {
        assert!(RESERVED.is_sorted_by(|one, next| one < next));
    }
}
