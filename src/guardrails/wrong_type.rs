//! Values of another type than their parameter's.

use super::{Cause, Guardrail, Violation, judged_elsewhere};
use crate::claim::Form;
use crate::wire::Value;

pub(super) const GUARDRAIL: Guardrail = Guardrail {
    code: "wrong-type",
    about: "Every parameter has the type that its kind gives it",
    why: "YAML reads 7 as a number and \"7\" as a string; guessing which was meant hides mistakes.",
    ways_out: &["Write the value in the type that the message names."],
    cause: Cause::Claim,
    check: judged_elsewhere,
};

/// The violation of a claim that has `value` at `field`, the parameter `name`.
pub(crate) fn violation(field: &str, name: &str, form: Form, value: &Value<'_>) -> Violation {
    let fix = match (form, value) {
        (Form::Text | Form::Shaped(_) | Form::OneOf { .. }, Value::Number(number)) => {
            format!("Put it in quotes: {name}: \"{number}\"")
        }
        (Form::Integer | Form::Boolean, Value::String(text))
            if text.parse::<i64>().is_ok() || matches!(*text, "true" | "false") =>
        {
            format!("Remove the quotes: {name}: {text}")
        }
        _ => format!("Give {}", form.name()),
    };
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("Parameter {name} must be {}, not {}", form.name(), given(value)),
        fix,
    )
}

/// The violation of a claim with another field than a parameter at `field`, where `message` says
/// what was expected.
pub(crate) fn malformed(field: &str, message: &str) -> Violation {
    let name = field.rsplit('.').next().unwrap_or(field);
    Violation::new(
        GUARDRAIL.code,
        field,
        format!("Field {name} is malformed: {message}"),
        "Correct it, or leave it out",
    )
}

fn given(value: &Value<'_>) -> String {
    match value {
        Value::Number(number) => format!("the number {number}"),
        Value::Bool(value) => value.to_string(),
        other => other.kind_name().to_owned(),
    }
}
