//! By which names clients reach the server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use tokio_rustls::rustls::pki_types::ServerName;

/// A name, or an address, that clients reach the server by.
pub(super) struct Hostname(ServerName<'static>);

impl Hostname {
    /// None for a text that is neither a DNS name nor an address that a client can connect to.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let name = ServerName::try_from(text.to_owned()).ok().map(Self)?;
        match name.0 {
            ServerName::IpAddress(address) if IpAddr::from(address).is_unspecified() => None,
            _ => Some(name),
        }
    }

    /// As it stands in a certificate.
    pub(super) fn text(&self) -> String {
        self.0.to_str().into_owned()
    }

    /// With this port, as it stands in a URL.
    pub(super) fn with_port(&self, port: u16) -> String {
        match self.0 {
            ServerName::IpAddress(address) => SocketAddr::new(address.into(), port).to_string(),
            _ => format!("{}:{port}", self.text()),
        }
    }
}

/// The name of this computer, where it has one that can stand in a certificate.
pub(super) fn of_this_computer() -> Option<Hostname> {
    hostname::get().ok()?.to_str().and_then(Hostname::parse)
}

/// Where clients reach a server that listens on this address. For one that means all addresses, that is the address which
/// this computer has in its network, or else the loopback address.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let unspecified = address.ip();
    if !unspecified.is_unspecified() {
        return address;
    }
    // Addresses for documentation. The system says by which of its own addresses it would send; nothing is sent.
    let (elsewhere, loopback) = match unspecified {
        IpAddr::V4(_) => (IpAddr::from([192, 0, 2, 1]), IpAddr::V4(Ipv4Addr::LOCALHOST)),
        IpAddr::V6(_) => (IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), IpAddr::V6(Ipv6Addr::LOCALHOST)),
    };
    let own = UdpSocket::bind(SocketAddr::new(unspecified, 0))
        .and_then(|socket| socket.connect(SocketAddr::new(elsewhere, 9)).and_then(|()| socket.local_addr()));
    let own = own.map(|own| own.ip()).ok().filter(|own| !own.is_unspecified());
    SocketAddr::new(own.unwrap_or(loopback), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostname_is_a_dns_name_or_an_address() {
        let in_url = |text: &str| Hostname::parse(text).map(|name| name.with_port(6443));
        assert_eq!(in_url("dev.example.com").as_deref(), Some("dev.example.com:6443"));
        assert_eq!(in_url("10.0.0.1").as_deref(), Some("10.0.0.1:6443"));
        assert_eq!(in_url("fd00::1").as_deref(), Some("[fd00::1]:6443"));
        for bad in ["", "a b", "https://a", "a/b", "0.0.0.0", "::", "a:6443", "[fd00::1]"] {
            assert_eq!(in_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_that_means_all_is_replaced_by_one_that_can_be_connected_to() {
        for text in ["0.0.0.0:1", "[::]:1"] {
            let found = reachable(text.parse().unwrap());
            assert!(!found.ip().is_unspecified() && found.port() == 1, "{found}");
        }
        let address = "10.0.0.1:1".parse().unwrap();
        assert_eq!(reachable(address), address);
    }
}
