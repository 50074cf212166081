//! People of two processes over one PostgreSQL in one draft: who is there and what they type is seen across, and a process that is killed
//! leaves nobody behind.

use std::time::{Duration, Instant};

use tolmach_testkit::postgres::Cluster;

use super::{
    Panel,
    editor_browser::{ROOT, draft, home},
};
use crate::{browser::Browser, support::Home};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editors_at_two_processes_see_each_other_and_what_they_type() {
    let Some(cluster) = Cluster::shared().expect("PostgreSQL") else { return };
    let (Some(mut anton), Some(mut olga)) = (Browser::start().await, Browser::start().await) else { return };
    let home = home();
    home.write(
        "tolmach.toml",
        format!("[database]\nurl = \"{}\"\n", cluster.database().expect("a database")),
    );
    let first = Panel::in_home(home, &[]).await;
    let server = first.home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let address = server.address.clone();
    let second = Panel { server, home: Home::ready(), address };
    let draft = draft(&first, "Anton").await;
    for (browser, panel, name) in [(&mut anton, &first, "Anton"), (&mut olga, &second, "Olga")] {
        browser.screen(1440, 900).await;
        browser.enter(panel, name).await;
        browser.edit(panel, &draft, "shop.yaml").await;
    }
    let here = format!("{ROOT}.querySelector('.person')?.textContent");
    anton.until(&format!("{here} === 'Olga is here'")).await;
    olga.until(&format!("{here} === 'Anton is here'")).await;

    // What one types comes to the other, both ways, with nobody loading a page.
    anton.at_line_of("start: hello").await;
    anton.type_in(" # Anton").await;
    olga.has_text("start: hello # Anton\n").await;
    olga.at_line_of("command:").await;
    olga.type_in(" # Olga").await;
    anton.has_text("} } # Olga\n").await;
    anton.is_saved().await;
    olga.is_saved().await;

    // Another file is told across as well.
    anton.edit(&first, &draft, "prompts/offer.en.md").await;
    let people = "document.querySelector('[data-people]').textContent";
    olga.until(&format!("{people}.includes('Anton') && {people}.includes('offer.en.md')")).await;

    // A row a person and draft, however often their pages ask.
    let rows = first.home.tolmach(&["data", "rows", "draft_people"]).run().ok().stdout;
    assert_eq!(rows.lines().count(), 2, "{rows}");

    first.server.kill();
    let killed = Instant::now();
    while olga.run(&format!("{people}.includes('Anton')")).await == true {
        assert!(killed.elapsed() < Duration::from_secs(32), "Anton's process is gone");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    olga.is_content("presence");
}
