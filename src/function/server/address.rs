//! Where to listen, in the forms that Go programs take.
//!
//! Knows sockets and names; what is served on them is decided elsewhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

/// A `host:port` to listen on; without a host, every interface.
///
/// ```
/// use selfservice::function::server::ListenAddress;
///
/// for text in [":9443", "0.0.0.0:9443", "localhost:9443", "[::]:9443"] {
///     assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    host: String,
    port: u16,
}

/// Why a text names no address to listen on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAddressError {
    /// There is no colon that would separate a port.
    #[error("a port is missing: write `:9443` for every interface or `127.0.0.1:9443` for one")]
    FindPort,
    /// What follows the last colon is no port.
    #[error("`{0}` is no port: a port is a number from 0 to 65535")]
    ParsePort(String),
    /// An IPv6 host needs brackets, or its last group would be read as the port.
    #[error("an IPv6 address needs brackets, as in `[::1]:9443`")]
    FindBrackets,
}

impl ListenAddress {
    /// Binds the first of the host's addresses that can be bound.
    pub async fn bind(&self) -> io::Result<TcpListener> {
        let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
        for address in self.candidates().await? {
            outcome = TcpListener::bind(address).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn candidates(&self) -> io::Result<Vec<SocketAddr>> {
        let at = |ip: IpAddr| SocketAddr::new(ip, self.port);
        Ok(match self.host.as_str() {
            // A dual-stack socket serves both families; nodes without IPv6 have only the other.
            "" => vec![at(Ipv6Addr::UNSPECIFIED.into()), at(Ipv4Addr::UNSPECIFIED.into())],
            // Needs no resolver, which a static binary in an empty image may lack. IPv4 first, as in Go.
            "localhost" => vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())],
            host => tokio::net::lookup_host((host, self.port)).await?.collect(),
        })
    }
}

impl FromStr for ListenAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(ParseAddressError::FindPort)?;
        let port = port.parse().map_err(|_| ParseAddressError::ParsePort(port.to_owned()))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if bare.is_none() && host.contains(':') {
            return Err(ParseAddressError::FindBrackets);
        }
        Ok(Self { host: bare.unwrap_or(host).to_owned(), port })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<ListenAddress>().expect_err(text).to_string()
    }

    #[test]
    fn says_what_a_wrong_address_lacks() {
        assert_eq!(
            refusal("9443"),
            "a port is missing: write `:9443` for every interface or `127.0.0.1:9443` for one"
        );
        assert_eq!(
            refusal("localhost:https"),
            "`https` is no port: a port is a number from 0 to 65535"
        );
        assert_eq!(refusal(":70000"), "`70000` is no port: a port is a number from 0 to 65535");
        assert_eq!(refusal("::1:9443"), "an IPv6 address needs brackets, as in `[::1]:9443`");
    }

    #[tokio::test]
    async fn binds_every_form_that_go_accepts() {
        for text in [":0", "0.0.0.0:0", "127.0.0.1:0", "localhost:0"] {
            let address: ListenAddress = text.parse().expect(text);
            assert!(address.bind().await.is_ok(), "cannot bind {text}");
        }
    }

    #[tokio::test]
    async fn prefers_ipv4_for_localhost() {
        let address: ListenAddress = "localhost:0".parse().expect("a valid address");
        let bound = address.bind().await.expect("loopback").local_addr().expect("an address");
        assert!(bound.is_ipv4(), "bound {bound}");
    }
}
