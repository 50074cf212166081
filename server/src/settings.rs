//! The settings of a running process: what is stored goes before the file, is looked at every second, and is made to hold without a
//! restart where that is possible.

mod apply;
mod trial;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tolmach_app::settings::{ModelAnswer, Problem, Shown, TestMail, Tested, Tuning, schema::SECTIONS};
use tolmach_runtime::{
    Shared,
    ports::{self, Meter, Store, StoredSettings},
};

use crate::{
    commands::run::telegram,
    config::{self, Config, Layers, without},
    database::Database,
};

pub use apply::{Live, ServedModels, language_models, mail_channels, or_offline};

/// How often a process looks whether another one has stored settings.
const LOOK: Duration = Duration::from_secs(1);

/// The settings of a process.
pub struct Settings {
    layers: Arc<Layers>,
    store: Arc<dyn Store>,
    meter: Arc<dyn Meter>,
    config: Shared<Config>,
    /// `None` for a command, which serves nobody.
    live: Option<Live>,
    state: Mutex<State>,
    /// One looks and applies at a time.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    stored: StoredSettings,
    left_out: Vec<(String, Problem)>,
}

/// A configuration with what is stored.
pub struct Resolved {
    /// The configuration.
    pub config: Config,
    /// Stored sections that do not fit.
    pub left_out: Vec<(String, Problem)>,
}

/// Everything that is wrong with a configuration.
fn problems(config: &Config) -> Vec<Problem> {
    let telegram = || telegram::bot(config).map(drop);
    let models = || {
        let meter: Arc<dyn Meter> = Arc::new(ports::NoMeter);
        language_models(config, &meter).map(drop)
    };
    let (http, mirror) = (config.http_client().map(drop), config.mirror().map(drop));
    let built = [config.email().map(drop), models(), telegram(), http, mirror];
    let errors = config.checked().into_iter().chain(built.into_iter().filter_map(Result::err));
    errors.map(|error| config::problem(&format!("{error:#}"))).collect()
}

fn wrong_with(layers: &Layers, stored: &StoredSettings) -> Vec<Problem> {
    match layers.with(stored) {
        Ok(config) => problems(&config),
        Err(problem) => vec![problem],
    }
}

/// The configuration of a process with what is stored. Sections that do not fit what the file and the environment say by now are
/// left out, so that a program that ran starts.
pub fn resolve(config: &Config, stored: &StoredSettings) -> Resolved {
    let layers = &config.layers;
    let mut left_out = Vec::new();
    if !wrong_with(layers, stored).is_empty() {
        // From nothing on, each section that makes nothing worse.
        let all = SECTIONS.iter().map(|section| (section.name.to_owned(), config::problem("")));
        let mut out: Vec<(String, Problem)> = all.collect();
        let mut wrong = wrong_with(layers, &without(stored, &out));
        for section in SECTIONS {
            let place = out.iter().position(|(name, _)| name == section.name);
            let Some(tried) = place.map(|place| out.remove(place)) else { continue };
            let now = wrong_with(layers, &without(stored, &out));
            match now.iter().find(|problem| !wrong.contains(problem)) {
                Some(problem) => {
                    left_out.push((section.name.to_owned(), problem.clone()));
                    out.push((tried.0, problem.clone()));
                }
                None => wrong = now,
            }
        }
    }
    let config = match layers.with(&without(stored, &left_out)) {
        Ok(new) => config.retuned(new),
        Err(_) => config.clone(),
    };
    Resolved { config, left_out }
}

/// The configuration with what the configured database has stored, if there is one already.
///
/// # Errors
/// When the database cannot be read.
pub async fn stored(config: Config) -> anyhow::Result<Config> {
    let database = Database::of(&config)?;
    if !database.exists() {
        return Ok(config);
    }
    let store = database.open().await?;
    let stored = store.settings().await;
    store.close().await?;
    let Resolved { config, left_out } = resolve(&config, &stored?);
    tell(&left_out);
    Ok(config)
}

fn tell(left_out: &[(String, Problem)]) {
    for (section, problem) in left_out {
        eprintln!(
            "warning: the settings of the section `{section}` that were changed in the panel do not fit and are left out: {}",
            problem.text
        );
    }
}

impl Settings {
    /// The settings of a process that runs on `live`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn new(
        config: &Config,
        store: Arc<dyn Store>,
        meter: Arc<dyn Meter>,
        live: Live,
    ) -> ports::Result<Arc<Settings>> {
        Settings::make(config, store, meter, Some(live)).await
    }

    /// The settings as a command changes them.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn of_command(config: &Config, store: Arc<dyn Store>) -> ports::Result<Arc<Settings>> {
        Settings::make(config, store, Arc::new(ports::NoMeter), None).await
    }

    async fn make(
        config: &Config,
        store: Arc<dyn Store>,
        meter: Arc<dyn Meter>,
        live: Option<Live>,
    ) -> ports::Result<Arc<Settings>> {
        let layers = Arc::clone(&config.layers);
        let stored = store.settings().await?;
        let Resolved { left_out, .. } = resolve(config, &stored);
        let state = Mutex::new(State { stored, left_out });
        let looking = tokio::sync::Mutex::default();
        let config = live.as_ref().map_or_else(|| config.clone().into(), |live| live.config.clone());
        Ok(Arc::new(Settings { layers, store, meter, config, live, state, looking }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Replaced as a whole, so it is whole even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for changes of other processes. Never returns.
    pub async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            match self.store.setting_versions().await {
                Ok(versions) if versions != self.versions() => {
                    if let Err(error) = self.refresh().await {
                        tracing::warn!(%error, "changed settings could not be read");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "it could not be seen whether settings have changed"),
            }
        }
    }

    fn versions(&self) -> Vec<(String, i64)> {
        let state = self.state();
        state.stored.sections.iter().map(|section| (section.section.clone(), section.version)).collect()
    }
}

#[async_trait]
impl Tuning for Settings {
    fn shown(&self) -> Shown {
        let (stored, left_out) = {
            let state = self.state();
            (state.stored.clone(), state.left_out.clone())
        };
        self.layers.shown(stored, left_out)
    }

    fn problems(&self, candidate: &StoredSettings) -> Vec<Problem> {
        wrong_with(&self.layers, candidate)
    }

    async fn refresh(&self) -> ports::Result<()> {
        let _one = self.looking.lock().await;
        let stored = self.store.settings().await?;
        if stored == self.state().stored {
            return Ok(());
        }
        let before = self.config.get();
        let Resolved { config, left_out } = resolve(&before, &stored);
        for (section, problem) in &left_out {
            tracing::error!(section, problem.text, "stored settings do not fit and are left out");
        }
        match self.live.as_ref().map(|live| live.apply(&before, config, &self.meter)) {
            None => {}
            Some(Ok(())) => tracing::info!("settings that were changed hold now"),
            Some(Err(error)) => tracing::error!(
                error = format!("{error:#}"),
                "changed settings cannot be used; those before go on"
            ),
        }
        *self.state() = State { stored, left_out };
        Ok(())
    }

    async fn ask_model(&self, candidate: &StoredSettings, role: Option<&str>) -> Tested<ModelAnswer> {
        trial::ask_model(self.layers.with(candidate), role, &self.meter).await
    }

    async fn send_mail(&self, candidate: &StoredSettings, mail: TestMail<'_>) -> Tested<()> {
        trial::send_mail(self.layers.with(candidate), mail).await
    }
}
