//! Settings of the HTTP server: the proxies in front of it, and the limits by address and by chat. Also how many messages
//! a chat may send to the staff.

use anyhow::bail;
use ipnet::IpNet;
use serde::Deserialize;
use tolmach_channels::web::{self, AllowedHost, ProxyHeader};
use tolmach_runtime::{NoticeLimits, Rate};

/// The reverse proxies in front of the server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// The header in which a trusted proxy gives the client's address: `x-forwarded-for` or `x-real-ip`; empty when there
    /// is no proxy.
    pub header: String,
    /// Addresses or networks of the proxies whose headers are believed; if unset, the loopback.
    pub trusted: Option<Vec<String>>,
    /// Whether the proxies serve HTTPS only. Needed for proxies that send no `X-Forwarded-Proto`.
    pub https: bool,
}

impl Proxy {
    /// The settings as the web chat takes them.
    ///
    /// # Errors
    /// When the header is another one, or an address is none.
    pub fn proxies(&self) -> anyhow::Result<web::Proxies> {
        let header = match self.header.trim() {
            "" => None,
            name => match ProxyHeader::from_name(name) {
                Some(header) => Some(header),
                None => bail!("proxy.header is `{name}`; it is x-forwarded-for or x-real-ip"),
            },
        };
        let mut proxies = web::Proxies { header, https: self.https, ..web::Proxies::default() };
        if let Some(trusted) = &self.trusted {
            proxies.trusted = trusted.iter().map(|text| network(text)).collect::<anyhow::Result<_>>()?;
        }
        Ok(proxies)
    }
}

/// Reads `192.0.2.1`, `192.0.2.0/24`, or the same in IPv6.
fn network(text: &str) -> anyhow::Result<IpNet> {
    let text = text.trim();
    let network = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    match network {
        Ok(network) => Ok(network),
        Err(_) => bail!("proxy.trusted: `{text}` is no address; write 192.0.2.1 or 10.0.0.0/8"),
    }
}

/// Reads the hosts of a setting.
///
/// # Errors
/// When one is no host.
pub fn hosts(setting: &str, texts: &[String]) -> anyhow::Result<Vec<AllowedHost>> {
    let host = |text: &String| text.parse().map_err(|why| anyhow::anyhow!("{setting}: {why}"));
    texts.iter().map(host).collect()
}

/// What one address and one chat may do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections that are open at a time; if unset, `web_sockets` and 512.
    pub connections: Option<usize>,
    /// Limits for each address; an IPv6 address stands for its /64.
    pub address: web::AddressLimits,
    /// Limits for each chat.
    pub chat: web::ChatLimits,
    /// Notices that a chat sends to each group of the staff.
    pub notices: Option<Rate>,
    /// Messages of a client that are passed on to the staff who have the chat.
    pub relayed: Option<Rate>,
}

/// Connections besides those of the web chat's sockets: pages, photos, /health.
const OTHERS: usize = 512;

impl Limits {
    /// The settings as the web chat takes them.
    pub fn limits(&self, sockets: usize) -> web::Limits {
        let connections = self.connections.unwrap_or(sockets.saturating_add(OTHERS));
        web::Limits { connections, address: self.address, chat: self.chat }
    }

    /// The limits of messages to the staff as the runtime takes them.
    pub fn notices(&self) -> NoticeLimits {
        let NoticeLimits { notices, relayed } = NoticeLimits::default();
        NoticeLimits { notices: self.notices.unwrap_or(notices), relayed: self.relayed.unwrap_or(relayed) }
    }

    /// Checks that no limit is 0, which would let nobody in.
    ///
    /// # Errors
    /// When one is.
    pub fn check(&self) -> anyhow::Result<()> {
        let (address, chat) = (&self.address, &self.chat);
        let NoticeLimits { notices, relayed } = self.notices();
        let set = [
            ("connections", self.connections.unwrap_or(OTHERS)),
            ("address.connections", address.connections),
            ("address.requests", address.requests as usize),
            ("address.sockets", address.sockets as usize),
            ("address.chats", address.chats as usize),
            ("address.messages", address.messages as usize),
            ("address.frames", address.frames as usize),
            ("address.kib", address.kib as usize),
            ("address.older", address.older as usize),
            ("chat.sockets", chat.sockets as usize),
            ("chat.messages", chat.messages as usize),
            ("chat.frames", chat.frames as usize),
            ("chat.kib", chat.kib as usize),
            ("chat.older", chat.older as usize),
            ("notices.at_once", notices.at_once as usize),
            ("notices.an_hour", notices.an_hour as usize),
            ("relayed.at_once", relayed.at_once as usize),
            ("relayed.an_hour", relayed.an_hour as usize),
        ];
        if let Some((name, _)) = set.iter().find(|(_, value)| *value == 0) {
            bail!("limits.{name} is 0; it is 1 or more");
        }
        Ok(())
    }
}
