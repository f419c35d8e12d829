//! The flags of `function-self-service` and their environment variables.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory as _, Parser, ValueEnum};

use super::logging::Verbosity;
use super::{ListenAddress, ParseAddressError, Settings, Transport};

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
    #[arg(long, env = "ADDRESS", value_name = "HOST:PORT", default_value = ":9443")]
    address: ListenAddress,

    /// Where to answer metrics and probes over HTTP; empty for nowhere.
    #[arg(long, env = "METRICS_ADDRESS", value_name = "HOST:PORT", default_value = ":8080")]
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
    #[arg(long, env = "INSECURE", action = ArgAction::SetTrue)]
    #[arg(value_parser = BoolishValueParser::new())]
    insecure: bool,

    /// The largest request to accept, in MB. Requests carry all observed resources of a claim.
    #[arg(long, env = "MAX_RECV_MESSAGE_SIZE", value_name = "MB", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_recv_message_size: u32,

    /// Log every call and connection.
    #[arg(short, long, env = "DEBUG", action = ArgAction::SetTrue)]
    #[arg(value_parser = BoolishValueParser::new())]
    debug: bool,

    /// Accepted because other functions have it.
    #[arg(long, value_enum, default_value_t = Network::Tcp, hide = true)]
    network: Network,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Network {
    Tcp,
}

/// A name of its own, because clap gives a literal `Option` another meaning.
type OptionalAddress = Option<ListenAddress>;

fn optional_address(text: &str) -> Result<OptionalAddress, ParseAddressError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

impl Args {
    /// How much to log.
    pub fn verbosity(&self) -> Verbosity {
        if self.debug { Verbosity::Debug } else { Verbosity::Normal }
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
            debug: _,
            network: Network::Tcp,
        } = self;
        // An empty variable in a manifest means the same as none.
        let directory = tls_certs_dir.filter(|directory| !directory.is_empty());
        let client_names = tls_client_names.into_iter().filter(|name| !name.is_empty()).collect();
        let transport = match (insecure, directory) {
            (true, _) => Transport::Plaintext,
            (false, Some(directory)) => {
                Transport::MutualTls { directory: PathBuf::from(directory), client_names }
            }
            (false, None) => return Err(no_transport()),
        };
        let max_request_bytes = max_recv_message_size as usize * 1024 * 1024;
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
        let Transport::MutualTls { directory, client_names } = settings.transport else {
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
