//! What a response says about its claim, read from the response itself, so that
//! counting outcomes needs nothing from whoever wrote it.

use crate::function::proto::{RunFunctionResponse, Severity, Status};

/// The condition that tells whether a claim was accepted.
const ACCEPTED: &str = "Accepted";

/// The verdict of a response, for metrics and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome<'a> {
    pub(super) verdict: Verdict,
    /// The reason of a refusal, empty otherwise.
    pub(super) reason: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// The claim's author can fix it.
    Refused,
    /// The platform or we failed.
    Failed,
    /// The response judges no claim.
    Unjudged,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(response: &'a RunFunctionResponse) -> Self {
        let accepted = response.conditions.iter().find(|condition| condition.r#type == ACCEPTED);
        match accepted {
            Some(condition) if condition.status() == Status::ConditionFalse => {
                return Self { verdict: Verdict::Refused, reason: &condition.reason };
            }
            _ => {}
        }
        let failed = response.results.iter().any(|result| result.severity() == Severity::Fatal);
        let verdict = match accepted {
            _ if failed => Verdict::Failed,
            Some(_) => Verdict::Accepted,
            None => Verdict::Unjudged,
        };
        Self { verdict, reason: "" }
    }
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unjudged => "unjudged",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::proto::{Condition, Result};

    fn response(status: Option<Status>, severity: Option<Severity>) -> RunFunctionResponse {
        let condition = |status: Status| Condition {
            r#type: ACCEPTED.to_owned(),
            status: status.into(),
            reason: "SizeAboveLimit".to_owned(),
            ..Default::default()
        };
        let result =
            |severity: Severity| Result { severity: severity.into(), ..Default::default() };
        RunFunctionResponse {
            conditions: status.map(condition).into_iter().collect(),
            results: severity.map(result).into_iter().collect(),
            ..Default::default()
        }
    }

    #[test]
    fn tells_refusals_from_failures() {
        let refused = response(Some(Status::ConditionFalse), Some(Severity::Fatal));
        let expected = Outcome { verdict: Verdict::Refused, reason: "SizeAboveLimit" };
        assert_eq!(Outcome::of(&refused), expected);

        let verdict = |status, severity| Outcome::of(&response(status, severity)).verdict;
        assert_eq!(verdict(None, Some(Severity::Fatal)), Verdict::Failed);
        assert_eq!(
            verdict(Some(Status::ConditionTrue), Some(Severity::Warning)),
            Verdict::Accepted
        );
        assert_eq!(verdict(None, None), Verdict::Unjudged);
    }
}
