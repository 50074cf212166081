//! The table of routes and roles: every route is walked as everybody.

use reqwest::Method;
use tolmach_app::accounts::{Permission, Role};

use super::{Client, Panel};

/// An address of a route with something in its places. What does not exist is a 404 after the gate, never before.
pub fn filled(path: &str) -> String {
    path.replace("{*name}", "base.css")
        .replace("{token}", "none")
        .replace("{chat}", "web:none")
        .replace("{turn}", "1")
        .replace("{message}", "1")
        .replace("{id}", "none")
        .replace("{article}", "none")
        .replace("{table}", "none")
}

async fn walk(client: &mut Client, role: Option<Role>) {
    for (method, path, needs) in tolmach_admin::routes() {
        // It would end the login in the middle of the walk.
        if path == "/admin/logout" || path == "/admin/account/sessions/end" {
            continue;
        }
        let address = filled(&path);
        let reply = match method {
            Method::GET => client.get(&address).await,
            _ => client.post(&address, &[("text", "x")]).await,
        };
        let said = format!("{method} {path} as {role:?}: {} {:?}", reply.status, reply.location);
        match (needs, role) {
            (None, _) => assert!(![401, 403].contains(&reply.status), "{said}"),
            (Some(_), None) if method == Method::GET => {
                let location = reply.location.unwrap_or_default();
                assert!(reply.status == 303 && location.starts_with("/admin/login?next="), "{said}");
            }
            (Some(_), None) => assert_eq!(reply.status, 401, "{said}"),
            (Some(what), Some(role)) if role.may(what) => {
                assert!(![401, 403].contains(&reply.status) && reply.status < 500, "{said}\n{}", reply.body);
            }
            (Some(_), Some(_)) => {
                assert_eq!(reply.status, 403, "{said}");
                assert!(reply.body.contains("Your role is"), "{said}\n{}", reply.body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_denied_unless_the_role_allows_it() {
    let panel = Panel::start().await;
    walk(&mut panel.client(), None).await;
    for (name, role) in [
        ("Olga", Role::Owner),
        ("Adam", Role::Administrator),
        ("Mila", Role::Manager),
        ("Anton", Role::Analyst),
    ] {
        walk(&mut panel.logged_in(name).await, Some(role)).await;
    }
}

#[test]
fn analysts_do_not_see_contacts_and_nobody_is_forgotten() {
    for what in
        [Permission::Answer, Permission::SeeLeads, Permission::ChangeLeads, Permission::ChangeCatalogue]
    {
        assert!(!Role::Analyst.may(what) && Role::Manager.may(what), "{what:?}");
    }
    assert!(Role::ALL.iter().all(|role| role.may(Permission::OwnAccount)));
    let routes = tolmach_admin::routes();
    assert!(routes.len() > 20, "{}", routes.len());
    let open: Vec<_> =
        routes.iter().filter(|(_, _, needs)| needs.is_none()).map(|(_, path, _)| path).collect();
    let expected = [
        "/admin/assets/{*name}",
        "/admin/login",
        "/admin/login",
        "/admin/setup/{token}",
        "/admin/setup/{token}",
    ];
    assert_eq!(open, expected, "whoever opens another route to everybody says so here");
}
