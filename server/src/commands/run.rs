//! `tolmach run`: serves the web chat and the Telegram bot, runs tasks, and resumes what an earlier process did not
//! finish.

pub mod telegram;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use tokio::{net::TcpListener, sync::watch};
use tolmach_adapters::email::{self, EmailChannel};
use tolmach_admin::{Options, Process};
use tolmach_app::{catalog_drafts::Drafts, demo, images::KeptImages, settings::Tuning};
use tolmach_catalog::PhotoFolder;
use tolmach_channels::{
    telegram::TelegramChannel,
    web::{self, Guard, WebChannel},
};
use tolmach_runtime::{
    Coalescing, Shared, Staff, Tasks,
    ports::{Catalog, Channel, Greeter, SystemClock},
};

use crate::{
    assemble::{Assembled, Outside, Serving},
    clock::now,
    config::{Config, Role},
    database::Database,
    files, follow,
    health::{self, Health},
    http_server, images, instance_lock,
    jobs::Jobs,
    log, open_files, panel, photos, reader,
    settings::{Live, Settings, mail_channels},
};

/// How long running turns may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(20);

/// How long the pages may take to be told that the server stops.
const PAGES: Duration = Duration::from_secs(1);

/// How long the task worker and the Telegram polling may take to stop after that.
const LAST: Duration = Duration::from_secs(5);

/// Serve the web chat page, and the Telegram bot when a token is configured.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// The address to listen on, e.g. 0.0.0.0:8080 [default: the first free port from 127.0.0.1:8080 to 8089]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// What this process does: everything, or one part while other processes on the same PostgreSQL database do the
    /// rest
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Serve the flows folder as a draft and reload it when a file is saved; nothing is published
    #[arg(long)]
    dev: bool,
    /// Whether what is served is a demo.
    #[arg(skip)]
    demo: bool,
}

impl Run {
    /// Serves what `tolmach demo` has made.
    pub(super) fn demo(listen: Option<SocketAddr>) -> Run {
        Run { listen, demo: true, ..Run::default() }
    }

    pub async fn execute(self, config: Config) -> anyhow::Result<ExitCode> {
        let (started, began) = (Instant::now(), now());
        println!("Tolmach {}", env!("CARGO_PKG_VERSION"));
        // Report a malformed token before anything is created.
        let bot = telegram::bot(&config)?;
        let email = config.email()?.map(Arc::new);
        let serving = if self.dev { Serving::Draft } else { Serving::Published };
        let role = self.role.unwrap_or(config.role);
        let database = Database::of(&config)?;
        if role != Role::All && !database.is_server() {
            bail!(
                "--role {}: several processes share one PostgreSQL, and this one keeps its data in a file; name the \
                 database with TOLMACH_DATABASE_URL=postgres://…",
                role.name()
            );
        }
        let assembled = Assembled::open(&config, serving).await?;
        let _sole = database.file().map(instance_lock::take).transpose()?;
        for (name, note) in &assembled.notes {
            println!("  {name:<10} {note}");
        }
        let listener = listen(self.listen.or(config.listen)).await?;
        let address = listener.local_addr()?;

        let guard = Arc::new(Guard::new(config.limits.limits(config.web_sockets), config.proxy.proxies()?));
        if let Some(files) = open_files::raise_limit().filter(|files| (*files as usize) < config.web_sockets)
        {
            tracing::warn!(
                files,
                config.web_sockets,
                "fewer files may be open than sockets; raise ulimit -n"
            );
        }
        let options = web::Options {
            title: assembled.company.clone(),
            hosts: config.web_hosts()?,
            sites: config.sites.iter().map(|(name, site)| (name.clone(), site.site())).collect(),
            sockets: config.web_sockets,
            ..Default::default()
        };
        let web = Arc::new(WebChannel::new(Arc::clone(&assembled.store), options));
        let (files, readers) = (config.files(), Shared::new(reader::process(&config)?));
        let kept_images = KeptImages::new(Arc::clone(&assembled.store));
        let mut channels: Vec<Arc<dyn Channel>> = vec![Arc::clone(&web) as Arc<dyn Channel>];
        channels.extend(bot.iter().map(|bot| {
            let channel = TelegramChannel::new(Arc::clone(bot)).with_files(Arc::new(files.clone()));
            let channel = channel.with_photos(Arc::new(PhotoFolder::of(assembled.catalog.folder())));
            Arc::new(channel.with_images(Arc::new(kept_images.clone()))) as Arc<dyn Channel>
        }));
        channels.extend(mail_channels(email.as_ref()));
        let staff = config.staff();
        println!("  {:<10} {}", "staff", told(&staff, &channels));
        let live = Live {
            config: config.clone().into(),
            models: assembled.queries.models.clone(),
            model: assembled.model.clone().into(),
            prices: match self.demo {
                true => demo::prices().map_err(anyhow::Error::msg)?,
                false => config.llm.prices()?,
            }
            .into(),
            staff: staff.into(),
            notices: config.limits.notices().into(),
            coalescing: Coalescing { window: config.debounce(), wait: true }.into(),
            channels: channels.into(),
            email: email.clone().into(),
            platform: config.platform().into(),
            web: Arc::clone(&web),
            guard: Arc::clone(&guard),
            bot: bot.clone(),
            http: Arc::clone(&assembled.http),
            catalog: Arc::clone(&assembled.catalog),
            readers: readers.clone(),
            files: files.clone(),
        };
        let outside = Outside {
            channels: live.channels.clone(),
            coalescing: live.coalescing.clone(),
            staff: live.staff.clone(),
            notices: live.notices.clone(),
        };
        let runtime = assembled.live_runtime(outside).await?;
        let (store, meter) = (Arc::clone(&assembled.store), Arc::clone(&assembled.meter));
        let settings = Settings::new(&config, store, meter, live.clone()).await?;

        let (stop, stopped) = watch::channel(false);
        let polling = telegram::State::default();
        let mut tasks = Vec::new();
        let mut ending = Vec::new();
        let polls = bot.as_ref().filter(|_| role.has_clients());
        if let Some(bot) = polls {
            let (bot, runtime) = (Arc::clone(bot), Arc::clone(&runtime));
            ending.push(tokio::spawn(telegram::take_turns(bot, runtime, polling.clone(), stopped.clone())));
        }
        println!(
            "  {:<10} {}",
            "telegram",
            match (&bot, polls) {
                (_, Some(_)) => "polling",
                (Some(_), None) => "polled by a process of another role",
                (None, _) => "not configured (set TOLMACH_TELEGRAM_TOKEN)",
            }
        );
        if role != Role::All {
            println!("  {:<10} {}", "role", role.name());
        }
        if let Some(note) = mail_note(email.as_deref(), &config.staff()) {
            println!("  {:<10} {note}", "email");
        }
        if role.has_turns() {
            tasks.push(tokio::spawn(Arc::clone(&runtime).listen()));
            tasks.push(tokio::spawn(Arc::clone(&runtime).run_maintenance(Tasks::ByWorkers)));
        }
        if let Some(mirror) = &assembled.mirror {
            let mirror = Arc::clone(mirror);
            tasks.push(tokio::spawn(async move { mirror.run().await }));
        }
        if role.has_clients() {
            let web = Arc::clone(&web);
            tasks.push(tokio::spawn(async move { web.watch_store().await }));
        }
        let jobs = role
            .has_tasks()
            .then(|| Jobs::new(live.config.clone(), Arc::clone(&runtime), Arc::clone(&assembled.catalog)));
        if let Some(jobs) = &jobs {
            ending.push(tokio::spawn(Arc::clone(jobs).supervise(assembled.jobs.clone(), stopped.clone())));
        }
        match &assembled.folder {
            Some((folder, bundle)) if self.dev => {
                println!("  {:<10} {} is watched; nothing of it is published", "dev", folder.display());
                let watching =
                    follow::folder(Arc::clone(&runtime), config.platform(), folder.clone(), bundle.clone());
                tasks.push(tokio::spawn(watching));
            }
            _ => tasks.push(tokio::spawn(follow::publications(Arc::clone(&runtime)))),
        }
        tasks.push(tokio::spawn(Arc::clone(&settings).follow()));
        let left = if role.has_turns() { runtime.recover().await? } else { 0 };
        if left > 0 {
            println!("  {:<10} {left} chats taken up where the last run left them", "recovered");
        }
        // Install the signal handlers before the address is announced, so that an early SIGTERM still shuts down
        // cleanly.
        let asked_to_stop = asked_to_stop();
        let pages = if role.has_clients() { pages(address, config.sites.keys()) } else { String::new() };
        let panel_note = match role.has_panel() {
            true => format!("  panel      {}\n", panel::announced(&*assembled.store, address).await?),
            false => String::new(),
        };
        println!("\n{pages}{panel_note}  health     http://{address}/health\n\nCtrl-C stops the server.");

        let state = Health {
            runtime: Arc::clone(&runtime),
            catalog: Arc::clone(&assembled.catalog),
            mirror: assembled.mirror.clone(),
            cached: Arc::clone(&assembled.cached),
            model: live.model.clone(),
            web: Arc::clone(&web),
            email: live.email.clone(),
            telegram: Arc::new(move || polling.show()),
            role,
            jobs,
            started,
            config: live.config.clone(),
        };
        let intake = Arc::clone(&runtime) as Arc<dyn Greeter>;
        let state = Arc::new(state);
        let parts = Arc::clone(&state);
        let mut app = health::router(Arc::clone(&state));
        if role.has_panel() {
            app = app.merge(panel::router(Options {
                runtime: Arc::clone(&runtime),
                catalog: Arc::clone(&assembled.cached) as Arc<dyn Catalog>,
                drafts: Arc::new(Drafts::of(
                    &config.data_dir,
                    Arc::clone(&assembled.store),
                    Arc::clone(&assembled.catalog),
                    Arc::new(SystemClock),
                    readers,
                )),
                files: files.clone(),
                clock: Arc::new(SystemClock),
                company: assembled.company.clone(),
                system: Arc::new(move || state.system()),
                health: Arc::new(move || parts.parts()),
                platform: live.platform.clone(),
                process: Process { version: env!("CARGO_PKG_VERSION"), role: role.name(), started: began },
                log: log::ring(),
                prices: live.prices.clone(),
                models: {
                    let model = live.model.clone();
                    Arc::new(move || model.get().is_some())
                },
                settings: settings as Arc<dyn Tuning>,
                demo: self.demo,
            })?);
        }
        if role.has_clients() {
            app = app.merge(web::router(intake, Arc::clone(&web), Arc::clone(&guard)));
            app = app.merge(photos::router(PhotoFolder::of(assembled.catalog.folder())));
        }
        // The panel shows them as well as the web chat.
        app = app.merge(files::router(files)).merge(images::router(kept_images));
        let app = web::protected(app, Arc::clone(&guard));
        let serving =
            http_server::serve(listener, app, guard, http_server::Timeouts::default(), stopped.clone());
        let mut serving = tokio::spawn(serving);
        tokio::select! {
            ended = &mut serving => ended.context("the web server ended")?,
            () = asked_to_stop => {}
        }

        println!("stopping: finishing turns in hand");
        let _ = stop.send(true);
        if !runtime.close(GRACE).await {
            tracing::warn!("turns were cut off; the next start takes them up");
        }
        // After the turns: their replies are shown to the pages that are open.
        web.close(PAGES).await;
        ending.push(serving);
        // Wait for the tasks that were told to stop, but not forever.
        let _ = tokio::time::timeout(LAST, futures_util::future::join_all(&mut ending)).await;
        tasks.iter().chain(&ending).for_each(tokio::task::JoinHandle::abort);
        assembled.store.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The addresses of the chat pages: the default one and the sites'.
fn pages<'a>(address: SocketAddr, sites: impl Iterator<Item = &'a String>) -> String {
    let sites = sites.map(|name| format!("  {:<10} http://{address}/s/{name}/\n", ""));
    std::iter::once(format!("  chat page  http://{address}/\n")).chain(sites).collect()
}

/// The number of staff addresses per group and channel. The addresses are personal data and are not printed.
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

/// The mail server, or a warning that mail to staff cannot be sent because none is configured.
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

/// Binds the given address, or the first free port from 8080 to 8089: a first start must not fail because 8080 is in
/// use.
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

/// Resolves on SIGTERM or SIGINT. The handlers are installed by the call, not by the first poll.
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
