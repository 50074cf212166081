//! A browser as far as HTTP: cookies, form tokens, and the headers by which a browser says where a request comes from.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode, header};

/// What a server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub headers: header::HeaderMap,
    pub body: String,
}

pub struct Client {
    http: reqwest::Client,
    pub address: String,
    pub cookies: BTreeMap<String, String>,
    /// The form token of the last page.
    pub token: String,
    /// Sent with every request: a test of foreign requests takes it away.
    pub site: Option<&'static str>,
}

impl Client {
    pub fn new(address: &str) -> Client {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Client {
            http,
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            token: String::new(),
            site: Some("same-origin"),
        }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form with the token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form: Vec<(&str, &str)> = vec![("csrf", &self.token)];
        form.extend(fields);
        let body = encoded(&form);
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Reply {
        let body = form.map(|form| ("application/x-www-form-urlencoded", form.into_bytes()));
        self.send_typed(method, path, body).await
    }

    pub async fn send_typed(&mut self, method: Method, path: &str, form: Option<(&str, Vec<u8>)>) -> Reply {
        let url = format!("http://{}{path}", self.address);
        let mut request = self
            .http
            .request(method, url)
            .header("sec-fetch-mode", "navigate")
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "en");
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if let Some((kind, body)) = form {
            request = request.header(header::CONTENT_TYPE, kind).body(body);
        }
        let response = request.send().await.expect("answered");
        let headers = response.headers().clone();
        for cookie in headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("text");
            let (pair, rest) = text.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status: StatusCode = response.status();
        let location = headers.get(header::LOCATION).map(|value| value.to_str().expect("text").to_owned());
        let body = response.text().await.expect("a body");
        if let Some(token) = field(&body, "csrf") {
            self.token = token;
        }
        Reply { status: status.as_u16(), location, headers, body }
    }

    /// Sends JSON as a script of a page does; returns the status and the answer.
    pub async fn json(&mut self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .http
            .post(format!("http://{}{path}", self.address))
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-site", "same-origin")
            .header("x-csrf", &self.token)
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, cookies.join("; "))
            .json(body);
        let response = request.send().await.expect("answered");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// Uploads files as a browser without scripts does: the token is in the first field. Files are (name, content).
    pub async fn upload(&mut self, supplier: &str, files: &[(&str, &[u8])]) -> Reply {
        let token = self.token.clone();
        self.upload_with(&token, supplier, files).await
    }

    pub async fn upload_with(&mut self, token: &str, supplier: &str, files: &[(&str, &[u8])]) -> Reply {
        let fields = [("csrf", token), ("supplier", supplier)];
        self.send_parts("/admin/catalogue/uploads", &fields, files).await
    }

    /// Sends a form with files, as a browser without scripts does.
    pub async fn send_parts(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Reply {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        for (name, content) in files {
            let head = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.bytes());
            body.extend_from_slice(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--edge--\r\n");
        self.send_typed(Method::POST, path, Some(("multipart/form-data; boundary=edge", body))).await
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Reply {
        self.get("/admin/login").await;
        self.post("/admin/login", &[("name", name), ("password", password), ("next", "")]).await
    }
}

/// The value of a hidden field.
pub fn field(html: &str, name: &str) -> Option<String> {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&start)?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// A form as browsers send it.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut escaped, byte| {
            if byte.is_ascii_alphanumeric() {
                escaped.push(char::from(byte));
            } else {
                escaped.push_str(&format!("%{byte:02X}"));
            }
            escaped
        })
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&")
}
