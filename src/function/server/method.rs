//! The methods this server answers: their names in metrics and their limits.

use tonic::Code;

/// A method that a request path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Method {
    RunFunction,
    RunFunctionBeta,
    HealthCheck,
    HealthWatch,
    Reflection,
    ReflectionAlpha,
    Unknown,
}

impl Method {
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction" => Self::RunFunction,
            "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction" => {
                Self::RunFunctionBeta
            }
            "/grpc.health.v1.Health/Check" => Self::HealthCheck,
            "/grpc.health.v1.Health/Watch" => Self::HealthWatch,
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" => Self::Reflection,
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                Self::ReflectionAlpha
            }
            _ => Self::Unknown,
        }
    }

    /// Whether the call runs the function and so may be large and is paid from the budget.
    pub(super) fn runs_function(self) -> bool {
        matches!(self, Self::RunFunction | Self::RunFunctionBeta)
    }

    pub(super) fn service(self) -> &'static str {
        match self {
            Self::RunFunction => "apiextensions.fn.proto.v1.FunctionRunnerService",
            Self::RunFunctionBeta => "apiextensions.fn.proto.v1beta1.FunctionRunnerService",
            Self::HealthCheck | Self::HealthWatch => "grpc.health.v1.Health",
            Self::Reflection => "grpc.reflection.v1.ServerReflection",
            Self::ReflectionAlpha => "grpc.reflection.v1alpha.ServerReflection",
            // One label for every unknown path: a caller must not be able to add series.
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RunFunction | Self::RunFunctionBeta => "RunFunction",
            Self::HealthCheck => "Check",
            Self::HealthWatch => "Watch",
            Self::Reflection | Self::ReflectionAlpha => "ServerReflectionInfo",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::HealthWatch => "server_stream",
            Self::Reflection | Self::ReflectionAlpha => "bidi_stream",
            _ => "unary",
        }
    }
}

/// The name of a status code in Go's spelling, which existing dashboards use.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}
