//! The Telegram bot of a running server. One process polls at a time, and the bot's menu follows the release.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::watch;
use tolmach_app::handoff::AuditedIntake;
use tolmach_channels::telegram::{self, Bot, MenuCommand};
use tolmach_engine::catalog::Localized;
use tolmach_runtime::{Runtime, ports::SystemClock};

use crate::config::Config;

/// How often the menu is compared with the release.
const MENU: Duration = Duration::from_millis(500);

/// How often the polling lease is requested or renewed; a lease lasts ten seconds.
const KEEP: Duration = Duration::from_secs(2);

/// The number of consecutive failed renewals after which this process stops polling.
const MISSED: u32 = 4;

/// The configured bot; `None` without a token.
///
/// # Errors
/// When the token or the API URL is malformed.
pub fn bot(config: &Config) -> anyhow::Result<Option<Arc<Bot>>> {
    if config.telegram.token.is_empty() {
        return Ok(None);
    }
    let mut options = telegram::Options::new(config.telegram.token.clone());
    if let Some(url) = &config.telegram.api_url {
        options.api_url.clone_from(url);
    }
    options.staff = config.telegram_staff();
    Ok(Some(Arc::new(Bot::new(options)?)))
}

/// The bot's state for /health.
#[derive(Clone, Default)]
pub(super) struct State(Arc<Mutex<Option<Polling>>>);

struct Polling {
    bot: Arc<Bot>,
    state: String,
}

impl State {
    fn set(&self, bot: &Arc<Bot>, state: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Polling { bot: Arc::clone(bot), state: state.into() });
    }

    pub(super) fn show(&self) -> Value {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Value::Null,
            Some(Polling { bot, state }) => {
                json!({ "state": state, "error": bot.polling_error(), "unreadable": bot.unreadable() })
            }
        }
    }
}

/// Polls while this process holds the polling lease, until told to stop.
pub(super) async fn take_turns(
    bot: Arc<Bot>,
    runtime: Arc<Runtime>,
    state: State,
    mut stopped: watch::Receiver<bool>,
) {
    // The lease's key. It has the form of a chat's key, with a channel that does not exist.
    let place = format!("poller:{}", bot.id());
    let mine = || async {
        let leased = runtime.store().lease(vec![place.clone()]).await;
        leased.is_ok_and(|leased| !leased.is_empty())
    };
    while !*stopped.borrow() {
        if !mine().await {
            state.set(&bot, "another process polls");
            if ended_within(&mut stopped, KEEP).await {
                return;
            }
            continue;
        }
        let (stop, stop_polling) = watch::channel(false);
        let polling = tokio::spawn(poll(Arc::clone(&bot), Arc::clone(&runtime), state.clone(), stop_polling));
        let mut failures = 0;
        while !polling.is_finished() && failures < MISSED {
            if ended_within(&mut stopped, KEEP).await {
                break;
            }
            failures = if mine().await { 0 } else { failures + 1 };
        }
        let over = polling.is_finished();
        let _ = stop.send(true);
        let _ = polling.await;
        if over {
            // Polling failed for good, such as for a wrong token; the state has the error.
            return;
        }
    }
    let _ = runtime.store().release_lease(vec![place]).await;
}

/// Waits for `pause`; returns `true` early when told to stop.
async fn ended_within(stopped: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    tokio::time::timeout(pause, stopped.wait_for(|stopped| *stopped)).await.is_ok()
}

/// Polls until told to stop. An error that polling cannot recover from is put into the state and does not stop the web
/// chat.
async fn poll(bot: Arc<Bot>, runtime: Arc<Runtime>, state: State, stopped: watch::Receiver<bool>) {
    state.set(&bot, "starting");
    let mut names = commands(&runtime).await;
    set_menu(&bot, &names).await;
    let (menu_bot, menu_runtime) = (Arc::clone(&bot), Arc::clone(&runtime));
    let keep_menu = async move {
        // A new release may have other commands.
        let mut release = menu_runtime.releases().current_id();
        loop {
            tokio::time::sleep(MENU).await;
            let current = menu_runtime.releases().current_id();
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
    let (store, clock) = (Arc::clone(runtime.store()), Arc::new(SystemClock));
    let intake = Arc::new(AuditedIntake::new(runtime, store, clock, telegram::NAME));
    let polled = tokio::select! {
        polled = telegram::poll(Arc::clone(&bot), intake, stopped) => polled,
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

/// The commands of the entry flow.
async fn commands(runtime: &Runtime) -> Vec<String> {
    let Some(id) = runtime.releases().current_id() else { return Vec::new() };
    let names = runtime.releases().with_release(&id, |release| {
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
