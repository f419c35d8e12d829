//! The flags of `function-self-service` and their environment variables.

use std::num::ParseIntError;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory as _, Parser, ValueEnum};
use tracing::warn;

use super::logging::Verbosity;
use super::{ListenAddress, ParseAddressError, Settings, Transport};
use crate::report::SETTLED;

const EXAMPLES: &str = "\
Examples:
  On a laptop, for `crossplane render` with the Development runtime:
    function-self-service --insecure --debug

  In a cluster Crossplane passes everything: TLS_SERVER_CERTS_DIR names the mounted
  certificates. To let only Crossplane call, and none of its providers, set in a
  DeploymentRuntimeConfig:
    args: [--tls-client-names=crossplane.crossplane-system]

Metrics are at http://<metrics-address>/metrics, probes at /livez and /readyz. Logs are JSON
lines on stderr; RUST_LOG chooses what is logged.";

/// Serves Crossplane the composition function that turns short self-service
/// claims into complete, encrypted provider resources.
#[derive(Clone, Debug, Parser)]
#[command(name = "function-self-service", version, after_help = EXAMPLES)]
pub struct Args {
    /// Where to listen for Crossplane's calls; `:9443` means every interface.
    #[arg(long, value_name = "HOST:PORT", default_value = ":9443")]
    address: ListenAddress,

    /// Where to answer metrics and probes over HTTP; empty for nowhere.
    #[arg(long, value_name = "HOST:PORT", default_value = ":8080")]
    #[arg(value_parser = optional_address)]
    metrics_address: OptionalAddress,

    /// Directory with tls.crt, tls.key and ca.crt, as Crossplane mounts it. Callers need a
    /// certificate of that authority. Changed files are used within seconds.
    #[arg(long, env = "TLS_SERVER_CERTS_DIR", value_name = "DIR")]
    tls_certs_dir: Option<String>,

    /// Names of which a caller's certificate must carry one; any certificate of the
    /// authority will do without. Crossplane's own is `<service account>.<namespace>`.
    #[arg(long, env = "TLS_CLIENT_NAMES", value_name = "NAME", value_delimiter = ',')]
    tls_client_names: Vec<String>,

    /// Serve without TLS, to anyone who can connect. Wins over certificates.
    #[arg(long, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[arg(num_args = 0..=1, require_equals = true, value_name = "true|false")]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    insecure: bool,

    /// The largest request to accept, in MB. Requests carry all observed resources of a claim.
    #[arg(long, env = "MAX_RECV_MESSAGE_SIZE", value_name = "MB", default_value_t = DEFAULT_MEGABYTES)]
    #[arg(value_parser = megabytes)]
    max_recv_message_size: u16,

    /// How long a claim may rest, in seconds, up to an hour: Crossplane looks at it again then
    /// although nothing changed. A claim that is in the making rests a minute at most.
    #[arg(long, value_name = "SECONDS", default_value_t = SETTLED.as_secs())]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=SETTLED.as_secs()))]
    ttl: u64,

    /// Log every call and connection.
    #[arg(short, long, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    #[arg(num_args = 0..=1, require_equals = true, value_name = "true|false")]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    debug: bool,

    /// Accepted because other functions have it.
    #[arg(long, value_enum, default_value_t = Network::Tcp, hide = true)]
    network: Network,

    /// How often to look for new certificates, in milliseconds: for tests.
    #[arg(long, value_name = "MS", default_value_t = 2000, hide = true)]
    tls_reload_interval: u32,
}

const DEFAULT_MEGABYTES: u16 = 4;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Network {
    Tcp,
}

/// A name of its own, because clap gives a literal `Option` another meaning.
type OptionalAddress = Option<ListenAddress>;

fn optional_address(text: &str) -> Result<OptionalAddress, ParseAddressError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

#[derive(Debug, thiserror::Error)]
enum ParseMegabytesError {
    #[error("not a number")]
    ParseNumber(#[source] ParseIntError),
    #[error("not from 1 to 1024")]
    FitRange,
}

/// An empty variable in a manifest means the same as none.
fn megabytes(text: &str) -> Result<u16, ParseMegabytesError> {
    if text.is_empty() {
        return Ok(DEFAULT_MEGABYTES);
    }
    match text.parse().map_err(ParseMegabytesError::ParseNumber)? {
        megabytes @ 1..=1024 => Ok(megabytes),
        _ => Err(ParseMegabytesError::FitRange),
    }
}

impl Args {
    /// How much to log.
    pub fn verbosity(&self) -> Verbosity {
        if self.debug { Verbosity::Debug } else { Verbosity::Normal }
    }

    /// How long a claim may rest: see [`rest_at_most`](crate::function::rest_at_most).
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(self.ttl)
    }

    /// What to serve, or a usage error.
    pub fn settings(self) -> Result<Settings, clap::Error> {
        let Self {
            address,
            metrics_address,
            tls_certs_dir,
            tls_client_names,
            insecure,
            max_recv_message_size,
            ttl: _,
            debug: _,
            network: Network::Tcp,
            tls_reload_interval,
        } = self;
        // An empty variable in a manifest means the same as none.
        let directory = tls_certs_dir.filter(|directory| !directory.is_empty());
        let client_names = tls_client_names.into_iter().filter(|name| !name.is_empty()).collect();
        let transport = match (insecure, directory) {
            (true, directory) => {
                if let Some(directory) = directory {
                    warn!(directory, "Serving without TLS: --insecure wins over the certificates");
                }
                Transport::Plaintext
            }
            (false, Some(directory)) => Transport::MutualTls {
                directory: PathBuf::from(directory),
                client_names,
                reload_interval: Duration::from_millis(tls_reload_interval.into()),
            },
            (false, None) => return Err(no_transport()),
        };
        let max_request_bytes = usize::from(max_recv_message_size) * 1024 * 1024;
        Ok(Settings { address, metrics_address, transport, max_request_bytes })
    }
}

fn no_transport() -> clap::Error {
    Args::command().error(
        ErrorKind::MissingRequiredArgument,
        "cannot serve without certificates: name their directory with --tls-certs-dir or \
         TLS_SERVER_CERTS_DIR, or pass --insecure to serve anyone without encryption",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(args: &[&str]) -> Settings {
        let args = [&["function-self-service"], args].concat();
        Args::try_parse_from(args).expect("valid flags").settings().expect("valid settings")
    }

    #[test]
    fn defaults_are_those_of_every_function() {
        let settings = settings(&["--tls-certs-dir=/tls/server"]);
        assert_eq!(settings.address.to_string(), ":9443");
        assert_eq!(settings.metrics_address.expect("on").to_string(), ":8080");
        assert_eq!(settings.max_request_bytes, 4 * 1024 * 1024);
        let Transport::MutualTls { directory, client_names, .. } = settings.transport else {
            unreachable!("TLS")
        };
        assert_eq!(directory, PathBuf::from("/tls/server"));
        assert!(client_names.is_empty());
    }

    #[test]
    fn insecure_wins_over_certificates() {
        let settings = settings(&["--tls-certs-dir=/tls/server", "--insecure"]);
        assert!(matches!(settings.transport, Transport::Plaintext));
    }

    /// Kong, which Go functions use, takes these forms.
    #[test]
    fn switches_may_be_given_a_value() {
        for (flag, on) in [("--debug", true), ("--debug=true", true), ("--debug=false", false)] {
            let args = ["function-self-service", "--insecure=true", flag];
            let args = Args::try_parse_from(args).expect(flag);
            assert_eq!((args.debug, args.insecure), (on, true), "{flag}");
        }
        let args = Args::try_parse_from(["function-self-service", "-d", "--insecure=false"]);
        let args = args.expect("valid flags");
        assert!(args.debug && !args.insecure);
        Args::try_parse_from(["function-self-service", "--debug", "false"]).expect_err("a word");
    }

    #[test]
    fn the_largest_request_is_bounded() {
        assert_eq!(megabytes("").expect("the default"), 4);
        assert_eq!(megabytes("1024").expect("the most"), 1024);
        for text in ["0", "1025", "-1", "4MB", "99999"] {
            megabytes(text).expect_err(text);
        }
    }

    #[test]
    fn claims_rest_for_an_hour_at_most() {
        for (flag, seconds) in [("--ttl=1", 1), ("--ttl=3600", 3600), ("--insecure", 3600)] {
            let args = Args::try_parse_from(["function-self-service", flag]).expect(flag);
            assert_eq!(args.ttl(), Duration::from_secs(seconds), "{flag}");
        }
        for flag in ["--ttl=0", "--ttl=3601", "--ttl=1h", "--ttl=-1"] {
            Args::try_parse_from(["function-self-service", flag]).expect_err(flag);
        }
    }

    #[test]
    fn an_empty_metrics_address_is_none() {
        assert_eq!(settings(&["--insecure", "--metrics-address="]).metrics_address, None);
    }

    #[test]
    fn client_names_may_be_repeated_or_listed() {
        let names = ["--tls-client-names=a.x,b.x", "--tls-client-names=c.x"];
        let Transport::MutualTls { client_names, .. } =
            settings(&[&["--tls-certs-dir=/tls"], names.as_slice()].concat()).transport
        else {
            unreachable!("TLS")
        };
        assert_eq!(client_names, ["a.x", "b.x", "c.x"]);
    }

    #[test]
    fn flags_are_consistent() {
        Args::command().debug_assert();
    }
}
