//! Which pages may open a socket (protection against cross-site WebSocket hijacking). Pure.
//!
//! Browsers always send `Origin`, and a page cannot change it. A request without it is not from a browser and is allowed.
//! An origin is a scheme, a host and a port; it is allowed if it is the one that the request was sent to, or if the
//! configuration names it. Where the scheme of the request cannot be known (see [`Visitor::https`]) that of the origin
//! is taken for it: the host must then be the same, and so must the port, a missing one being the default port of the
//! scheme.

use std::{fmt, str::FromStr};

use axum::http::{HeaderMap, Uri, header};

use super::visitor::Visitor;

/// A host of the configuration whose pages may open sockets: `chat.example.com` for both schemes, or with a port, or
/// `https://chat.example.com` for one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    /// `None` for both.
    scheme: Option<Scheme>,
    /// In lower case.
    host: String,
    /// `None` for the default port of the scheme.
    port: Option<u16>,
}

/// Why a text names no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoHost(String);

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoHost(text) = self;
        write!(
            f,
            "`{text}` is no host; write chat.example.com or https://chat.example.com, with the port if there is one"
        )
    }
}

impl std::error::Error for NoHost {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn from_name(name: &str) -> Option<Scheme> {
        match name {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ => None,
        }
    }

    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl FromStr for AllowedHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<AllowedHost, NoHost> {
        let no_host = || NoHost(text.to_owned());
        let (scheme, rest) = match text.trim().split_once("://") {
            Some((scheme, rest)) => {
                (Some(Scheme::from_name(&scheme.to_ascii_lowercase()).ok_or_else(no_host)?), rest)
            }
            None => (None, text.trim()),
        };
        let (host, port) = host_and_port(rest.strip_suffix('/').unwrap_or(rest)).ok_or_else(no_host)?;
        Ok(AllowedHost { scheme, host, port })
    }
}

impl AllowedHost {
    fn is(&self, origin: &PageOrigin) -> bool {
        self.scheme.is_none_or(|scheme| scheme == origin.scheme)
            && self.host == origin.host
            && self.port.unwrap_or_else(|| origin.scheme.port()) == origin.port
    }
}

/// The origin of a page.
struct PageOrigin {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl PageOrigin {
    /// Reads the header's value; `None` for an opaque origin (`null`) and for other schemes.
    fn parse(text: &str) -> Option<PageOrigin> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = Scheme::from_name(&scheme.to_ascii_lowercase())?;
        let (host, port) = host_and_port(rest)?;
        Some(PageOrigin { scheme, host, port: port.unwrap_or_else(|| scheme.port()) })
    }
}

/// Whether the page that sent this request may open a socket.
pub(super) fn is_allowed<'a>(
    headers: &HeaderMap,
    visitor: &Visitor,
    mut hosts: impl Iterator<Item = &'a AllowedHost>,
) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(PageOrigin::parse) else { return false };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_and_port);
    let same = own.is_some_and(|(host, port)| {
        let scheme = match visitor.https {
            Some(true) => Scheme::Https,
            Some(false) => Scheme::Http,
            None => origin.scheme,
        };
        scheme == origin.scheme && host == origin.host && port.unwrap_or_else(|| scheme.port()) == origin.port
    });
    same || hosts.any(|known| known.is(&origin))
}

/// Reads `host` or `host:port`; the host in lower case. `None` for anything else, such as a path or a user name.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    if text.contains(['/', '@', '?', '#']) {
        return None;
    }
    let uri: Uri = format!("http://{text}/").parse().ok()?;
    let authority = uri.authority()?;
    let host = authority.host().to_ascii_lowercase();
    // A port that is no number is not seen as one by `Uri`.
    let port = authority.port_u16();
    let spelled = authority.as_str().len() > host.len();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '[' | ':' | ']');
    (!host.is_empty() && host.chars().all(plain) && spelled == port.is_some()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[track_caller]
    fn check(origin: &str, host: &str, https: Option<bool>, allowed: bool) {
        let headers: HeaderMap = [(header::ORIGIN, origin), (header::HOST, host)]
            .into_iter()
            .map(|(name, value)| (name, value.parse().unwrap()))
            .collect();
        let visitor = Visitor { address: IpAddr::V4(Ipv4Addr::LOCALHOST), https, local: false };
        let hosts: Vec<AllowedHost> = ["shop.example", "other.example:8443", "https://safe.example"]
            .iter()
            .map(|host| host.parse().unwrap())
            .collect();
        assert_eq!(is_allowed(&headers, &visitor, hosts.iter()), allowed, "{origin} at {host}, {https:?}");
    }

    #[test]
    fn the_page_of_the_server_itself_is_allowed() {
        for https in [None, Some(true)] {
            check("https://chat.example", "chat.example", https, true);
            check("https://chat.example:443", "Chat.Example", https, true);
            check("https://chat.example", "chat.example:443", https, true);
            check("https://chat.example:8443", "chat.example:8443", https, true);
            check("https://chat.example", "chat.example:8443", https, false);
            check("https://chat.example:8443", "chat.example", https, false);
            check("https://evil.example", "chat.example", https, false);
            check("https://chat.example.evil.example", "chat.example", https, false);
        }
        check("http://127.0.0.1:8080", "127.0.0.1:8080", None, true);
        check("http://[::1]:8080", "[::1]:8080", None, true);
        check("http://chat.example", "chat.example:443", None, false);
    }

    #[test]
    fn schemes_are_compared_where_that_of_the_request_is_known() {
        check("http://chat.example", "chat.example", Some(true), false);
        check("https://chat.example", "chat.example", Some(false), false);
        check("http://chat.example", "chat.example", Some(false), true);
        check("http://chat.example", "chat.example", None, true);
    }

    #[test]
    fn hosts_of_the_configuration_are_allowed() {
        for (origin, allowed) in [
            ("http://shop.example", true),
            ("https://shop.example", true),
            ("https://SHOP.example:443", true),
            ("https://shop.example:444", false),
            ("https://other.example:8443", true),
            ("https://other.example", false),
            ("https://safe.example", true),
            ("http://safe.example", false),
            ("https://safe.example:8443", false),
        ] {
            check(origin, "chat.example", Some(true), allowed);
        }
    }

    #[test]
    fn other_origins_are_refused() {
        for origin in [
            "null",
            "",
            "https://",
            "file://",
            "ftp://chat.example",
            "chat.example",
            "https://a@chat.example",
        ] {
            check(origin, "chat.example", None, false);
        }
    }

    #[test]
    fn a_host_is_a_name_with_or_without_scheme_and_port() {
        for good in
            ["shop.example", "shop.example:8080", "https://shop.example/", "http://[::1]:80", "localhost"]
        {
            assert!(good.parse::<AllowedHost>().is_ok(), "{good}");
        }
        for bad in
            ["", "https://", "ftp://a", "https://a/path", "a b", "user@a", "a:port", "a:99999", "*.example"]
        {
            assert!(bad.parse::<AllowedHost>().is_err(), "{bad}");
        }
    }
}
