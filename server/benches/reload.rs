//! Time from saving a flow to serving it, with the real binary in `run --dev` and a bundle of 200 nodes.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{
    fmt::Write,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tolmach_engine::{bundle::Bundle, compile};

const NODES: usize = 200;
const ROUNDS: usize = 20;
const TARGET: f64 = 1000.0;

/// The server process, killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap_or_else(|why| panic!("no temporary folder: {why}"));
    let flows = folder.path().join("flows");
    fs::create_dir(&flows).unwrap_or_else(|why| panic!("{why}"));
    save(&flows, 0);
    let (server, address) = serve(folder.path());
    let mut millis = Vec::with_capacity(ROUNDS);
    for round in 1..=ROUNDS {
        // Vary the delay, so that files are saved at different points of the polling interval.
        tokio::time::sleep(Duration::from_millis(211 + 7 * round as u64)).await;
        let started = Instant::now();
        let id = save(&flows, round);
        while !serves(&address, &id).await {
            assert!(started.elapsed() < Duration::from_secs(20), "release {id} is never served");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        millis.push(started.elapsed().as_secs_f64() * 1e3);
    }
    drop(server);
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis.get(((ROUNDS - 1) as f64 * share) as usize).copied().unwrap_or_default();
    println!("from saving to serving, {NODES} nodes, `run --dev`, {ROUNDS} rounds");
    println!("  p50 {:.0} ms   max {:.0} ms   target under {TARGET} ms", at(0.5), at(1.0));
    let bundle = bundle(0);
    let started = Instant::now();
    assert!(compile(&bundle, &tolmach_nodes::platform()).release.is_some(), "the bench's flow compiles");
    println!("  of which compiling: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
}

/// Writes the bundle; returns its release id.
fn save(flows: &Path, round: usize) -> String {
    let bundle = bundle(round);
    for (name, text) in &bundle.files {
        fs::write(flows.join(name), text).unwrap_or_else(|why| panic!("{why}"));
    }
    bundle.id()
}

/// A chain of `say`, `branch` and `set` nodes, like a long dialog.
fn bundle(round: usize) -> Bundle {
    let mut flow = String::from(
        "flow: bench\nstart: n0\nslots: { n: { type: number, default: 0 } }\non: { inactivity: { after: 30m, to: n0 } }\nnodes:\n",
    );
    for n in 0..NODES {
        let next = if n + 1 == NODES { "wait".to_owned() } else { format!("n{}", n + 1) };
        let _ = match n % 4 {
            0 => writeln!(
                flow,
                "  n{n}:\n    say: {{ text: {{ ru: 'Шаг {n}.{round}, {{{{client.first_name}}}}', en: 'Step {n}.{round}' }} }}\n    next: {next}"
            ),
            1 => writeln!(flow, "  n{n}:\n    set: {{ n: slots.n + {n} }}\n    next: {next}"),
            2 => writeln!(
                flow,
                "  n{n}:\n    branch: [{{ when: 'slots.n > {n} && slots.n < 1000', to: {next} }}, {{ else: {next} }}]"
            ),
            _ => writeln!(
                flow,
                "  n{n}:\n    say:\n      text: {{ ru: 'Итог {{{{slots.n}}}}', en: 'So far {{{{slots.n}}}}' }}\n      buttons: [{{ label: {{ ru: Сначала, en: Again }}, to: n0 }}]\n    next: {next}"
            ),
        };
    }
    Bundle { files: [("bench.yaml".to_owned(), flow)].into() }
}

/// Starts the binary and waits until it prints its address.
fn serve(folder: &Path) -> (Server, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tolmach"));
    command.args(["run", "--dev", "--listen", "127.0.0.1:0"]).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().unwrap_or_else(|why| panic!("the server does not start: {why}"));
    let mut server = Server(child);
    let stdout = server.0.stdout.take().unwrap_or_else(|| panic!("its output is piped"));
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let (_, address) = line.split_once("chat page  http://")?;
        Some(address.trim_end_matches('/').to_owned())
    });
    let address = address.unwrap_or_else(|| panic!("the server ended"));
    // Keep reading, so that the server never blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (server, address)
}

async fn serves(address: &str, id: &str) -> bool {
    let health = reqwest::get(format!("http://{address}/health")).await;
    let text = match health {
        Ok(health) => health.text().await.unwrap_or_default(),
        Err(_) => String::new(),
    };
    text.contains(id)
}
