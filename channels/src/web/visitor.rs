//! Who sent a request: the client's address and whether the request came over HTTPS, behind a reverse proxy too.
//!
//! Pure: the headers of a proxy are believed only when the peer is a trusted one, because any client can send them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// Headers by which proxies say for whom they ask.
const FORWARDING: [&str; 3] = ["x-forwarded-for", "x-real-ip", "forwarded"];

/// The reverse proxies in front of this server.
#[derive(Clone, Debug)]
pub struct Proxies {
    /// The header with the client's address; `None` when there is no proxy.
    pub header: Option<ProxyHeader>,
    /// The addresses of proxies whose headers are believed.
    pub trusted: Vec<IpNet>,
    /// Whether the proxies serve HTTPS only, for those that send no `X-Forwarded-Proto`.
    pub https: bool,
}

impl Default for Proxies {
    /// No proxy; headers are believed from the loopback.
    fn default() -> Proxies {
        let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut trusted: Vec<IpNet> = loopback.into_iter().map(IpNet::from).collect();
        if let Ok(network) = "127.0.0.0/8".parse() {
            trusted.push(network);
        }
        Proxies { header: None, trusted, https: false }
    }
}

/// A header in which a proxy gives the client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: each proxy appends the address of its own peer. The last address that is not a trusted
    /// proxy's is the client's; what stands before it may be the client's invention.
    XForwardedFor,
    /// `X-Real-IP`: one address, which the proxy replaces.
    XRealIp,
}

impl ProxyHeader {
    /// The header of this name, in any case; `None` for any other name.
    pub fn from_name(name: &str) -> Option<ProxyHeader> {
        [ProxyHeader::XForwardedFor, ProxyHeader::XRealIp]
            .into_iter()
            .find(|header| header.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::XRealIp => "x-real-ip",
        }
    }
}

/// The sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The client's address. IPv4 addresses that are written as IPv6 are IPv4 here.
    pub address: IpAddr,
    /// Whether the client's connection is HTTPS; `None` where it cannot be known, because a proxy in front of this
    /// server may have ended the encryption without saying so.
    pub https: Option<bool>,
    /// Whether the request comes from this machine and no proxy has forwarded it.
    pub local: bool,
}

impl Visitor {
    /// The sender of a request with these headers from this peer.
    pub fn of(peer: SocketAddr, headers: &HeaderMap, proxies: &Proxies) -> Visitor {
        let peer = peer.ip().to_canonical();
        let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
        let local = peer.is_loopback() && !forwarded;
        if !proxies.trusts(peer) {
            return Visitor { address: peer, https: None, local };
        }
        let address = match proxies.header {
            None => None,
            Some(header @ ProxyHeader::XRealIp) => {
                values(headers, header.name()).last().and_then(|value| address(value))
            }
            Some(header @ ProxyHeader::XForwardedFor) => {
                let hops = values(headers, header.name());
                // An address that cannot be read ends the chain: nobody vouches for what stands before it.
                let known = hops.iter().rev().map_while(|hop| address(hop));
                let mut nearest = None;
                for hop in known {
                    nearest = Some(hop);
                    if !proxies.trusts(hop) {
                        break;
                    }
                }
                nearest
            }
        };
        let https = match values(headers, "x-forwarded-proto").last() {
            Some(scheme) => Some(scheme.eq_ignore_ascii_case("https")),
            None => proxies.https.then_some(true).filter(|_| !local),
        };
        Visitor { address: address.unwrap_or(peer), https, local }
    }
}

impl Proxies {
    /// Whether the headers of this peer are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&peer.to_canonical()))
    }

    /// Whether connections from this peer belong to many clients.
    pub(super) fn forwards(&self, peer: IpAddr) -> bool {
        self.header.is_some() && self.trusts(peer)
    }
}

/// The comma-separated values of a header, of all its lines in order.
fn values(headers: &HeaderMap, name: &'static str) -> Vec<String> {
    let lines = headers.get_all(HeaderName::from_static(name)).iter();
    let texts = lines.map(|line| line.to_str().unwrap_or("?"));
    texts.flat_map(|line| line.split(',')).map(|value| value.trim().to_owned()).collect()
}

/// Reads `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1` or `[2001:db8::1]:8080`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address =
        bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))?;
    Some(address.to_canonical())
}

/// What limits by address are counted by: an IPv4 address, or the /64 of an IPv6 address, which is the smallest network
/// that a provider gives to one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(address) => Network(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let prefix = address.to_bits() & !u128::from(u64::MAX);
                Network(IpAddr::V6(Ipv6Addr::from_bits(prefix)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn proxies(header: Option<ProxyHeader>) -> Proxies {
        let mut proxies = Proxies { header, ..Proxies::default() };
        proxies.trusted.push("10.0.0.0/8".parse().unwrap());
        proxies
    }

    #[track_caller]
    fn check(header: Option<ProxyHeader>, peer: &str, of: &[(&'static str, &str)], address: &str) {
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        // `HeaderMap::from_iter` replaces repeated names, so lines are appended one by one.
        let mut all = HeaderMap::new();
        for (name, value) in of {
            all.append(*name, value.parse().unwrap());
        }
        let visitor = Visitor::of(peer, &all, &proxies(header));
        assert_eq!(visitor.address.to_string(), address);
    }

    #[test]
    fn the_address_is_the_peers_unless_a_trusted_proxy_gives_another() {
        let forwarded = Some(ProxyHeader::XForwardedFor);
        let real = Some(ProxyHeader::XRealIp);
        let name = "x-forwarded-for";
        check(None, "198.51.100.1", &[], "198.51.100.1");
        check(None, "127.0.0.1", &[(name, "192.0.2.1")], "127.0.0.1");
        check(forwarded, "198.51.100.1", &[(name, "192.0.2.1")], "198.51.100.1");
        check(forwarded, "127.0.0.1", &[(name, "192.0.2.1")], "192.0.2.1");
        check(forwarded, "::ffff:127.0.0.1", &[(name, "192.0.2.1")], "192.0.2.1");
        check(forwarded, "127.0.0.1", &[], "127.0.0.1");
        // The client wrote the first address itself.
        check(forwarded, "127.0.0.1", &[(name, "203.0.113.9, 192.0.2.1")], "192.0.2.1");
        check(forwarded, "127.0.0.1", &[(name, "203.0.113.9"), (name, "192.0.2.1")], "192.0.2.1");
        check(forwarded, "127.0.0.1", &[(name, "203.0.113.9, 192.0.2.1, 10.1.2.3")], "192.0.2.1");
        check(forwarded, "127.0.0.1", &[(name, "10.9.9.9, 10.1.2.3")], "10.9.9.9");
        check(forwarded, "127.0.0.1", &[(name, "192.0.2.1, unknown, 10.1.2.3")], "10.1.2.3");
        check(forwarded, "127.0.0.1", &[(name, "192.0.2.1, nonsense")], "127.0.0.1");
        check(forwarded, "127.0.0.1", &[(name, "192.0.2.1:4711")], "192.0.2.1");
        check(forwarded, "127.0.0.1", &[(name, "[2001:db8::1]:4711")], "2001:db8::1");
        check(forwarded, "127.0.0.1", &[("x-real-ip", "192.0.2.1")], "127.0.0.1");
        check(real, "127.0.0.1", &[("x-real-ip", "192.0.2.1"), (name, "203.0.113.9")], "192.0.2.1");
        check(real, "127.0.0.1", &[("x-real-ip", "nonsense")], "127.0.0.1");
        check(real, "198.51.100.1", &[("x-real-ip", "192.0.2.1")], "198.51.100.1");
    }

    #[test]
    fn https_is_known_only_from_a_trusted_proxy() {
        let of = |peer: &str, of: &[(&'static str, &str)], https| {
            let peer = SocketAddr::new(peer.parse().unwrap(), 1);
            Visitor::of(peer, &headers(of), &Proxies { https, ..proxies(None) }).https
        };
        let proto = "x-forwarded-proto";
        assert_eq!(of("127.0.0.1", &[(proto, "https")], false), Some(true));
        assert_eq!(of("127.0.0.1", &[(proto, "http")], true), Some(false));
        assert_eq!(of("198.51.100.1", &[(proto, "https")], true), None);
        assert_eq!(of("127.0.0.1", &[], false), None);
        assert_eq!(of("10.0.0.1", &[], true), Some(true));
        assert_eq!(of("127.0.0.1", &[], true), None, "a request of this machine itself");
    }

    #[test]
    fn a_forwarded_request_is_not_local() {
        let local = |peer: &str, of: &[(&'static str, &str)]| {
            Visitor::of(SocketAddr::new(peer.parse().unwrap(), 1), &headers(of), &Proxies::default()).local
        };
        assert!(local("127.0.0.1", &[]) && local("::1", &[]) && local("::ffff:127.0.0.1", &[]));
        assert!(!local("10.0.0.1", &[]));
        for name in FORWARDING {
            assert!(!local("127.0.0.1", &[(name, "")]), "{name}");
        }
    }

    #[test]
    fn ipv6_addresses_are_counted_by_64_bits() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8:1:2:3::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn a_header_is_named_in_any_case() {
        assert_eq!(ProxyHeader::from_name("X-Forwarded-For"), Some(ProxyHeader::XForwardedFor));
        assert_eq!(ProxyHeader::from_name(" x-real-ip"), Some(ProxyHeader::XRealIp));
        assert_eq!(ProxyHeader::from_name("forwarded"), None);
    }
}
