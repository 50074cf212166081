//! HTTPS client for `http` nodes: allowed hosts only, no private addresses, no redirects, one deadline and a response
//! size limit.
//!
//! Requests contain client text, so this is a target for SSRF. Addresses are checked in the DNS lookup that the
//! connection itself uses, which leaves no gap for DNS rebinding between the check and the connection.

mod public;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{
    Client, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::Value;
use tolmach_engine::{
    effect::{HttpReply, HttpRequest, Method},
    visible::make_json_visible,
};
use tolmach_runtime::{
    Shared,
    ports::{Error, Http, Result},
    secret::Secret,
};

const WHAT: &str = "http";

/// Settings of an allowed host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Value of the `Authorization` header; empty for none.
    pub authorization: Secret,
}

/// An [`Http`] client for the allowed hosts; see the [module docs](self).
pub struct HttpClient {
    client: Client,
    hosts: Shared<BTreeMap<String, Host>>,
    /// Allows private addresses and plain HTTP. For tests only.
    allow_private: bool,
}

/// Hosts by their names as addresses have them.
fn known(hosts: BTreeMap<String, Host>, ports: bool) -> Result<BTreeMap<String, Host>> {
    let mut known = BTreeMap::new();
    for (name, host) in hosts {
        let name = name.trim().to_lowercase();
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '.' || ports && c == ':';
        if name.is_empty() || !name.chars().all(fits) {
            let why =
                format!("`{name}` is no host name; write it like api.example.com, without https:// and path");
            return Err(Error::refused(WHAT, why));
        }
        if HeaderValue::from_str(host.authorization.expose()).is_err() {
            let why = format!("the authorization of {name} holds characters that no header can have");
            return Err(Error::refused(WHAT, why));
        }
        known.insert(name, host);
    }
    Ok(known)
}

impl HttpClient {
    /// A client for these hosts. Host names are compared case-insensitively.
    ///
    /// # Errors
    /// [`Error::Refused`] for an invalid host name, credentials that a header cannot hold, or if no HTTP client can be
    /// built.
    pub fn new(hosts: BTreeMap<String, Host>) -> Result<HttpClient> {
        HttpClient::build(hosts, false)
    }

    fn build(hosts: BTreeMap<String, Host>, allow_private: bool) -> Result<HttpClient> {
        let hosts = known(hosts, allow_private)?;
        let client = Client::builder()
            .redirect(Policy::none())
            // A proxy would resolve names itself, without the address check.
            .no_proxy()
            .https_only(!allow_private)
            .dns_resolver(Arc::new(PublicOnly { allow_private }))
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("tolmach/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| Error::refused(WHAT, why.without_url()))?;
        Ok(HttpClient { client, hosts: hosts.into(), allow_private })
    }

    /// Replaces the hosts that may be asked. Requests that are running go on.
    ///
    /// # Errors
    /// As those of [`HttpClient::new`]; nothing is replaced then.
    pub fn set_hosts(&self, hosts: BTreeMap<String, Host>) -> Result<()> {
        self.hosts.set(known(hosts, self.allow_private)?);
        Ok(())
    }

    /// The parsed URL and the settings of its host.
    ///
    /// # Errors
    /// [`Error::Refused`] if the request is not allowed.
    fn allowed(&self, url: &str) -> Result<(Url, Host)> {
        let refused = |why: String| Error::refused(WHAT, why);
        let url = Url::parse(url).map_err(|_| refused("the address does not parse".to_owned()))?;
        let name = url.host_str().unwrap_or_default().to_lowercase();
        if url.scheme() != "https" && !self.allow_private {
            return Err(refused(format!("{name}: only https:// addresses are asked")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(format!(
                "{name}: credentials belong into the configuration, not into an address"
            )));
        }
        let hosts = self.hosts.get();
        let host = hosts.get(&name).cloned().ok_or_else(|| {
            refused(format!("{name} is not among the hosts that may be asked; add it to [http.hosts]"))
        })?;
        // An IP literal is not resolved, so it is checked here. The URL parser has normalised every notation
        // (0x7f000001, 127.1).
        let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok();
        if address.is_some_and(|address| !self.allow_private && !public::is_public(address)) {
            return Err(refused(format!("{name} is an address of a private network")));
        }
        Ok((url, host))
    }

    async fn exchange(&self, request: &HttpRequest) -> Result<HttpReply> {
        let (url, host) = self.allowed(&request.url)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &request.headers {
            let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
            let (name, value) =
                header.ok_or_else(|| Error::refused(WHAT, format!("the header {name} cannot be sent")))?;
            headers.insert(name, value);
        }
        if !host.authorization.is_empty()
            && let Ok(mut value) = HeaderValue::from_str(host.authorization.expose())
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let name = url.host_str().unwrap_or_default().to_owned();
        let sent = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
        };
        let sent = match &request.body {
            Some(body) => sent.json(body),
            None => sent,
        };
        let unavailable = |why: reqwest::Error| {
            // Only the innermost cause is used: the outer ones contain the URL, which may hold client text.
            let mut cause: &dyn std::error::Error = &why;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            Error::unavailable(WHAT, format!("{name}: {cause}"))
        };
        let response = sent.headers(headers).send().await.map_err(unavailable)?;
        let status = response.status().as_u16();
        let body = read(response, request.max_bytes, &name).await?;
        Ok(HttpReply { status, body: json(&body, status, &name)? })
    }
}

#[async_trait]
impl Http for HttpClient {
    async fn request(&self, request: &HttpRequest) -> Result<HttpReply> {
        let deadline = Duration::from_millis(request.deadline);
        match tokio::time::timeout(deadline, self.exchange(request)).await {
            Ok(reply) => reply,
            Err(_) => Err(Error::unavailable(WHAT, format!("no reply within {} ms", request.deadline))),
        }
    }
}

/// Reads a body of at most `most` bytes.
async fn read(mut response: Response, most: u64, name: &str) -> Result<Vec<u8>> {
    let too_long = || Error::refused(WHAT, format!("{name}: the reply is longer than {most} bytes (max_kb)"));
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    let broken = |why: reqwest::Error| Error::unavailable(WHAT, format!("{name}: {}", why.without_url()));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if (body.len() + chunk.len()) as u64 > most {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Parses the body, without invisible characters in its texts. That of a 2xx response must be JSON; any other body that is not JSON becomes null.
fn json(body: &[u8], status: u16, name: &str) -> Result<Value> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            make_json_visible(&mut value);
            Ok(value)
        }
        Err(_) if !(200..300).contains(&status) => Ok(Value::Null),
        Err(_) => Err(Error::refused(WHAT, format!("{name}: the reply is not JSON"))),
    }
}

/// A DNS resolver that leaves out every address that is not public.
struct PublicOnly {
    allow_private: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                found.filter(|address| allow_private || public::is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name stands for no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
