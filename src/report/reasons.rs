//! What the reasons of our conditions tell: for documents.

use super::{ACCEPTED, CREDENTIALS_READY};

/// A reason that the conditions of every kind can have.
#[derive(Clone, Copy, Debug)]
pub struct CommonReason {
    /// Type of the condition.
    pub condition: &'static str,
    /// Its status then.
    pub status: &'static str,
    /// The reasons that tell this, as they are, or what they are made of.
    pub names: &'static [&'static str],
    /// What they tell, for a developer.
    pub about: &'static str,
    /// Whether it is only said of kinds that need operators of other projects.
    pub of_operators: bool,
}

impl CommonReason {
    const fn new(
        condition: &'static str,
        status: &'static str,
        names: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self { condition, status, names, about, of_operators: false }
    }

    const fn of_operators(self) -> Self {
        Self { of_operators: true, ..self }
    }
}

/// The reasons that the conditions of every kind can have.
pub const REASONS: &[CommonReason] = &[
    CommonReason::new(
        ACCEPTED,
        "True",
        &["Accepted"],
        "the claim is accepted; the message repeats what was judged",
    ),
    CommonReason::new(
        ACCEPTED,
        "True",
        &["AcceptedWithWarnings"],
        "it is accepted, and the message ends in what its author should know",
    ),
    CommonReason::new(
        ACCEPTED,
        "False",
        &["a guardrail's code, such as SizeAboveLimit"],
        "it is refused, and nothing was changed; the message says what to change in the claim",
    ),
    CommonReason::new(
        ACCEPTED,
        "Unknown",
        &[
            "InvalidComposite",
            "InvalidOffering",
            "UnreadableRequest",
            "UnreadableResource",
            "ComposeFailed",
            "WouldDropResources",
            "InternalError",
            "PlatformError",
        ],
        "the platform is at fault, not the claim, and nothing was changed; tell the platform team",
    ),
    CommonReason::new(
        CREDENTIALS_READY,
        "True",
        &["Delivered"],
        "the Secret that the message names holds the credentials",
    ),
    CommonReason::new(
        CREDENTIALS_READY,
        "False",
        &["NotAccepted"],
        "the claim was never accepted; see the other condition",
    ),
    CommonReason::new(
        CREDENTIALS_READY,
        "False",
        &["WritingSecret"],
        "the Secret is being written",
    ),
    CommonReason::new(
        CREDENTIALS_READY,
        "False",
        &["WaitingForClaim"],
        "`claims` only: Crossplane has not shown the claim yet, which names the Secret; versions \
         before 2.0 cannot",
    ),
    CommonReason::new(
        CREDENTIALS_READY,
        "False",
        &["WaitingForOperators"],
        "Crossplane has not told yet whether an operator is installed",
    )
    .of_operators(),
    CommonReason::new(
        CREDENTIALS_READY,
        "False",
        &["OperatorMissing"],
        "an operator is missing in the cluster; the message says which, and whom to contact",
    )
    .of_operators(),
];
