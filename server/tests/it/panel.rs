//! The admin panel over HTTP: logging in, who may do what, and what keeps strangers out.

mod api;
mod audit;
mod browser;
mod catalogue;
mod catalogue_browser;
mod client;
mod costs;
mod dashboard;
mod editor_browser;
mod editor_keys;
mod flows;
mod forms;
mod fuzz;
mod images;
mod inbox;
mod inbox_browser;
mod leads_browser;
mod manage;
mod manage_browser;
mod presence;
mod roles;
mod roles_browser;
mod security;
mod settings;
mod settings_browser;
mod tokens;
mod tour;

use serde_json::Value;

use crate::support::{Home, Server};

pub use client::{Client, Reply};

/// A server with a panel, and accounts of every role. Passwords are [`PASSWORD`].
pub struct Panel {
    pub server: Server,
    pub home: Home,
    pub address: String,
}

pub const PASSWORD: &str = "ключ от склада";

impl Panel {
    pub async fn start() -> Panel {
        Panel::with(&[]).await
    }

    /// With settings in the environment.
    pub async fn with(settings: &[(&str, &str)]) -> Panel {
        Panel::in_home(Home::ready(), settings).await
    }

    /// With a configuration file.
    pub async fn configured(config: &str) -> Panel {
        let home = Home::ready();
        home.write("tolmach.toml", config);
        Panel::in_home(home, &[]).await
    }

    /// In a folder that holds something already.
    pub async fn in_home(home: Home, settings: &[(&str, &str)]) -> Panel {
        for (name, role) in
            [("Olga", "owner"), ("Adam", "administrator"), ("Mila", "manager"), ("Anton", "analyst")]
        {
            create(&home, name, role);
        }
        let mut command = home.tolmach(&["run", "--listen", "127.0.0.1:0"]);
        for (name, value) in settings {
            command = command.env(name, value);
        }
        let server = command.serve();
        let address = server.address.clone();
        Panel { server, home, address }
    }

    /// A browser without cookies.
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// A browser in which somebody has logged in.
    pub async fn logged_in(&self, name: &str) -> Client {
        let mut client = self.client();
        let reply = client.log_in(name, PASSWORD).await;
        assert_eq!((reply.status, reply.location.as_deref()), (303, Some("/admin/")), "{}", reply.body);
        client
    }
}

/// Makes an account by the command.
pub fn create(home: &Home, name: &str, role: &str) {
    let arguments = ["admin", "create", name, "--role", role, "--password-stdin", "--json"];
    let ran = home.tolmach(&arguments).stdin(format!("{PASSWORD}\n")).run();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let made: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((made["name"].as_str(), made["role"].as_str()), (Some(name), Some(role)));
    assert!(made.get("password").is_none(), "it was given");
}
