//! The two cookies of the panel: the login, and before it a random value to which the token of a form belongs.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// A cookie of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The token of a login.
    Login,
    /// The value of a browser that has not logged in.
    Visit,
}

/// Characters of a value: hexadecimal digits of 256 bits.
const LENGTH: usize = 64;

impl Cookie {
    /// The name. With the prefix `__Host-` browsers take the cookie over HTTPS only, and from this host only.
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Cookie::Login, true) => "__Host-tolmach",
            (Cookie::Login, false) => "tolmach-panel",
            (Cookie::Visit, true) => "__Host-tolmach-visit",
            (Cookie::Visit, false) => "tolmach-visit",
        }
    }

    /// The value that a request brings; `None` for one that we cannot have given.
    pub(crate) fn of(self, headers: &HeaderMap, https: bool) -> Option<String> {
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == self.name(https))?;
        let fits = value.len() == LENGTH && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| value.to_owned())
    }

    /// The header that sets it, or removes it. Without an age: the browser forgets it when it is closed, unless it restores its
    /// session; how long a login lasts is decided by the store.
    pub(crate) fn set(self, value: Option<&str>, https: bool) -> Option<HeaderValue> {
        let (secure, path) = if https { ("; Secure", "/") } else { ("", "/admin") };
        let ended = if value.is_none() { "; Max-Age=0" } else { "" };
        let name = self.name(https);
        let value = value.unwrap_or_default();
        HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{ended}"))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_of_ours_is_read() {
        let mut headers = HeaderMap::new();
        let value = "a".repeat(64);
        headers.insert(COOKIE, format!("other=1; tolmach-panel={value}").parse().unwrap());
        assert_eq!(Cookie::Login.of(&headers, false), Some(value));
        assert_eq!(Cookie::Login.of(&headers, true), None, "over HTTPS another name counts");
        assert_eq!(Cookie::Visit.of(&headers, false), None);
        headers.insert(COOKIE, "tolmach-panel=short".parse().unwrap());
        assert_eq!(Cookie::Login.of(&headers, false), None);
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_other_sites() {
        let set = |https| Cookie::Login.set(Some("ab"), https).unwrap().to_str().unwrap().to_owned();
        assert_eq!(set(true), "__Host-tolmach=ab; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set(false), "tolmach-panel=ab; Path=/admin; HttpOnly; SameSite=Lax");
    }
}
