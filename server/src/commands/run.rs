//! `tolmach run`: the web chat page, the Telegram bot, and whatever an earlier process left undone.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tolmach_adapters::{
    email::{self, EmailChannel},
    telegram::{self, Bot, MenuCommand, TelegramChannel},
    widget::{self, WebChannel},
};
use tolmach_engine::catalog::Localized;
use tolmach_runtime::{
    Burst, Runtime, Staff, Tasks,
    ports::{Channel, Intake},
};

use crate::{
    assemble::{Assembled, Serving},
    config::Config,
    health::{self, Health},
    releases::follow,
};

/// How long turns in hand may take when the server stops.
const GRACE: Duration = Duration::from_secs(20);

/// How often the bot's menu is compared with the release.
const MENU: Duration = Duration::from_millis(500);

/// Serve the web chat page, and the Telegram bot when a token is configured.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// The address to listen on, e.g. 0.0.0.0:8080 [default: the first free port from 127.0.0.1:8080 on]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Serve the flows folder as it is, and take up what is saved in it at once, without publishing it
    #[arg(long)]
    dev: bool,
}

impl Run {
    pub async fn execute(self, config: Config) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        println!("Tolmach {}", env!("CARGO_PKG_VERSION"));
        // A token that was copied wrong is told before anything is made.
        let bot = telegram_bot(&config)?;
        let email = config.email()?.map(Arc::new);
        let serving = if self.dev { Serving::Draft } else { Serving::Published };
        let assembled = Assembled::open(&config, serving).await?;
        for (name, note) in &assembled.notes {
            println!("  {name:<10} {note}");
        }
        let listener = listen(self.listen.or(config.listen)).await?;
        let address = listener.local_addr()?;

        let options = widget::Options {
            title: assembled.company.clone(),
            hosts: config.web_hosts.clone(),
            sockets: config.web_sockets,
            ..Default::default()
        };
        let web = Arc::new(WebChannel::new(Arc::clone(&assembled.store), options));
        let mut channels: Vec<Arc<dyn Channel>> = vec![Arc::clone(&web) as Arc<dyn Channel>];
        channels.extend(
            bot.iter().map(|bot| Arc::new(TelegramChannel::new(Arc::clone(bot))) as Arc<dyn Channel>),
        );
        channels.extend(email.iter().map(|email| Arc::clone(email) as Arc<dyn Channel>));
        let staff = config.staff();
        println!("  {:<10} {}", "staff", told(&staff, &channels));
        let burst = Burst { window: Duration::from_millis(config.burst_ms), wait: true };
        let runtime = assembled.runtime(channels, burst, staff).await?;

        let (stop, stopped) = watch::channel(false);
        let polling = TelegramState::default();
        let mut tasks = Vec::new();
        if let Some(bot) = &bot {
            tasks.push(tokio::spawn(poll(
                Arc::clone(bot),
                Arc::clone(&runtime),
                polling.clone(),
                stopped.clone(),
            )));
        }
        println!(
            "  {:<10} {}",
            "telegram",
            if bot.is_some() { "polling" } else { "not configured (set TOLMACH_TELEGRAM_TOKEN)" }
        );
        if let Some(note) = mail_note(email.as_deref(), &config.staff()) {
            println!("  {:<10} {note}", "email");
        }
        tasks.push(tokio::spawn(Arc::clone(&runtime).tend(Tasks::Here)));
        match &assembled.folder {
            Some((folder, bundle)) if self.dev => {
                println!("  {:<10} {} is watched; nothing of it is published", "dev", folder.display());
                let watching = follow::folder(Arc::clone(&runtime), folder.clone(), bundle.clone());
                tasks.push(tokio::spawn(watching));
            }
            _ => tasks.push(tokio::spawn(follow::publications(Arc::clone(&runtime)))),
        }
        let left = runtime.recover().await?;
        if left > 0 {
            println!("  {:<10} {left} chats taken up where the last run left them", "recovered");
        }
        // Listened for from before anybody can know that the server is there: what asks it to end must not just kill it.
        let asked_to_stop = asked_to_stop();
        println!(
            "\n  chat page  http://{address}/\n  health     http://{address}/health\n\nCtrl-C stops the server."
        );

        let state = Health {
            runtime: Arc::clone(&runtime),
            catalog: Arc::clone(&assembled.catalog),
            model: assembled.model.clone(),
            web: Arc::clone(&web),
            email,
            telegram: Arc::new(move || polling.show()),
            started,
        };
        let intake = Arc::clone(&runtime) as Arc<dyn Intake>;
        let app = widget::router(intake, web).merge(health::router(Arc::new(state)));
        tokio::select! {
            served = async { axum::serve(listener, app).await } => served.context("the web server ended")?,
            () = asked_to_stop => {}
        }

        println!("stopping: finishing turns in hand");
        let _ = stop.send(true);
        if !runtime.close(GRACE).await {
            tracing::warn!("turns were cut off; the next start takes them up");
        }
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        assembled.store.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Who gets notices, by group; by their number, because addresses are personal data.
fn told(staff: &Staff, channels: &[Arc<dyn Channel>]) -> String {
    let mut groups = Vec::new();
    for (name, people) in staff.iter().filter(|(_, people)| !people.is_empty()) {
        let mut by_channel: BTreeMap<&str, usize> = BTreeMap::new();
        for address in people {
            *by_channel.entry(&address.channel).or_default() += 1;
        }
        let parts = by_channel.iter().map(|(channel, count)| {
            let there = channels.iter().any(|known| known.name() == *channel);
            let kept = if there { "" } else { " (not configured: their notices are kept)" };
            format!("{count} by {channel}{kept}")
        });
        groups.push(format!("{name}: {}", parts.collect::<Vec<_>>().join(", ")));
    }
    if groups.is_empty() {
        return "nobody gets notices (set TOLMACH_STAFF_TELEGRAM)".to_owned();
    }
    groups.join("; ")
}

/// Where mail goes out, or that it cannot though somebody waits for it.
fn mail_note(email: Option<&EmailChannel>, staff: &Staff) -> Option<String> {
    let people = staff.values().flatten().filter(|address| address.channel == email::NAME).count();
    match (email, people) {
        (Some(email), _) => Some(format!("by {}", email.server())),
        (None, 0) => None,
        (None, people) => {
            let addresses = if people == 1 { "address" } else { "addresses" };
            Some(format!(
                "mail to {people} {addresses} of the staff cannot go out and is kept until it can (set TOLMACH_SMTP_HOST)"
            ))
        }
    }
}

/// Without an address, the first free port of ten: a first start must not fail because 8080 is taken.
async fn listen(wanted: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    if let Some(address) = wanted {
        return TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be listened on; set another with --listen or TOLMACH_LISTEN")
        });
    }
    for port in 8080..8090 {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return Ok(listener);
        }
    }
    bail!("the ports 8080 to 8089 of this machine are taken; name another with --listen 127.0.0.1:PORT")
}

fn telegram_bot(config: &Config) -> anyhow::Result<Option<Arc<Bot>>> {
    if config.telegram.token.is_empty() {
        return Ok(None);
    }
    let mut options = telegram::Options::new(config.telegram.token.clone());
    if let Some(url) = &config.telegram.api_url {
        options.api_url.clone_from(url);
    }
    let staff = config.staff();
    let chats = staff.values().flatten().filter(|address| address.channel == telegram::NAME);
    options.staff = chats.filter_map(|address| address.id.parse().ok()).collect();
    Ok(Some(Arc::new(Bot::new(options)?)))
}

/// What /health says of the bot.
#[derive(Clone, Default)]
struct TelegramState(Arc<Mutex<Option<Polling>>>);

struct Polling {
    bot: Arc<Bot>,
    state: String,
}

impl TelegramState {
    fn set(&self, bot: &Arc<Bot>, state: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Polling { bot: Arc::clone(bot), state: state.into() });
    }

    fn show(&self) -> Value {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Value::Null,
            Some(Polling { bot, state }) => json!({ "state": state, "trouble": bot.trouble() }),
        }
    }
}

/// Polls until asked to stop; a failure that polling itself cannot mend is shown and does not stop the web chat.
async fn poll(bot: Arc<Bot>, runtime: Arc<Runtime>, state: TelegramState, stopped: watch::Receiver<bool>) {
    state.set(&bot, "starting");
    let mut names = commands(&runtime).await;
    set_menu(&bot, &names).await;
    let (menu_bot, menu_runtime) = (Arc::clone(&bot), Arc::clone(&runtime));
    let keep_menu = async move {
        // Another release may have other commands.
        let mut release = menu_runtime.shelf().current_id();
        loop {
            tokio::time::sleep(MENU).await;
            let current = menu_runtime.shelf().current_id();
            if current == release {
                continue;
            }
            release = current;
            let now = commands(&menu_runtime).await;
            if now != names {
                set_menu(&menu_bot, &now).await;
                names = now;
            }
        }
    };
    match bot.username().await {
        Ok(name) => tracing::info!("the bot is @{name}"),
        Err(error) => tracing::warn!(%error, "telegram does not answer yet"),
    }
    state.set(&bot, "polling");
    let polled = tokio::select! {
        polled = telegram::poll(Arc::clone(&bot), runtime as Arc<dyn Intake>, stopped) => polled,
        () = keep_menu => return,
    };
    match polled {
        Ok(()) => state.set(&bot, "stopped"),
        Err(error) => {
            tracing::error!(%error, "the telegram bot is off");
            state.set(&bot, format!("off: {error}"));
        }
    }
}

async fn set_menu(bot: &Bot, names: &[String]) {
    let menu: Vec<MenuCommand> = names.iter().cloned().map(described).collect();
    if let Err(error) = bot.set_commands(&menu).await {
        tracing::warn!(%error, "the bot's menu could not be set");
    }
}

/// The commands of the flow in which chats begin.
async fn commands(runtime: &Runtime) -> Vec<String> {
    let Some(id) = runtime.shelf().current_id() else { return Vec::new() };
    let names = runtime.shelf().with_release(&id, |release| {
        let flow = release.flow(&release.entry);
        flow.map(|flow| flow.header.on.command.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    });
    names.await.ok().flatten().unwrap_or_default()
}

fn described(name: String) -> MenuCommand {
    let (ru, en) = match name.as_str() {
        "start" => ("Начать сначала", "Start over"),
        "help" => ("Что я умею", "What I can do"),
        "contact" => ("Связаться с менеджером", "Talk to a manager"),
        other => (other, other),
    };
    let description = Localized { ru: ru.to_owned(), en: en.to_owned() };
    MenuCommand { name, description }
}

/// Listens from the call on, not only once it is waited for.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return tokio::signal::ctrl_c().await.unwrap_or_default();
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}
