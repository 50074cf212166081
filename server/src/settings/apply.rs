//! What a running process makes of changed settings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use tolmach_adapters::{
    email::{self, EmailChannel},
    http::HttpClient,
};
use tolmach_app::{files::FileFolder, price_list::ReaderProcess, spending::Prices};
use tolmach_catalog::EmbeddedCatalog;
use tolmach_channels::{
    telegram::Bot,
    web::{Guard, WebChannel},
};
use tolmach_engine::Platform;
use tolmach_llm::{
    fallback::FallbackLlm,
    masked::MaskedLlm,
    offline::OfflineLlm,
    openai::{self, OpenAiLlm},
};
use tolmach_nodes::contact;
use tolmach_runtime::{
    Coalescing, Models, NoticeLimits, Shared, Staff,
    ports::{Channel, Llm, Meter},
    secret::Secret,
};

use crate::{config::Config, log, reader};

/// What a process reads of its settings and may be given anew.
#[derive(Clone)]
pub struct Live {
    pub config: Shared<Config>,
    pub models: Shared<Models>,
    /// The model without a role, if there is one.
    pub model: Shared<Option<Arc<FallbackLlm>>>,
    pub prices: Shared<Prices>,
    pub staff: Shared<Staff>,
    pub notices: Shared<NoticeLimits>,
    pub coalescing: Shared<Coalescing>,
    pub channels: Shared<Vec<Arc<dyn Channel>>>,
    pub email: Shared<Option<Arc<EmailChannel>>>,
    pub platform: Shared<Platform>,
    pub web: Arc<WebChannel>,
    pub guard: Arc<Guard>,
    /// The Telegram bot, if there is one.
    pub bot: Option<Arc<Bot>>,
    pub http: Arc<HttpClient>,
    pub catalog: Arc<EmbeddedCatalog>,
    /// How price lists are read.
    pub readers: Shared<ReaderProcess>,
    pub files: FileFolder,
}

impl Live {
    /// Makes a configuration hold. Everything that may fail is made first, so that all of it holds or nothing.
    ///
    /// # Errors
    /// When something cannot be made of it.
    pub fn apply(&self, before: &Config, config: Config, meter: &Arc<dyn Meter>) -> anyhow::Result<()> {
        let email = (before.smtp != config.smtp).then(|| config.email()).transpose()?;
        let models = (before.llm != config.llm).then(|| language_models(&config, meter)).transpose()?;
        let prices = config.llm.prices()?;
        let hosts = config.web_hosts()?;
        let readers = reader::process(&config)?;
        self.http.set_hosts(config.http_hosts()).context("the settings of http.hosts cannot be used")?;
        if before.log != config.log {
            log::set(&config.log)?;
        }

        if let Some(email) = email {
            let email = email.map(Arc::new);
            let others = self.channels.get();
            let others = others.iter().filter(|channel| channel.name() != email::NAME).cloned();
            self.channels.set(others.chain(mail_channels(email.as_ref())).collect());
            self.email.set(email);
        }
        if let Some(ServedModels { default, roles }) = models {
            self.models.set(Models { default: or_offline(default.as_ref()), roles });
            self.model.set(default);
        }
        if before.llm != config.llm {
            self.prices.set(prices);
        }
        let staff = config.staff();
        if let Some(bot) = &self.bot {
            bot.set_staff(config.telegram_staff());
        }
        self.staff.set(staff);
        self.notices.set(config.limits.notices());
        let limits = |config: &Config| config.limits.limits(config.web_sockets);
        if limits(before) != limits(&config) {
            self.guard.set_limits(limits(&config));
        }
        self.coalescing.set(Coalescing { window: config.debounce(), ..*self.coalescing.get() });
        self.platform.set(config.platform());
        self.readers.set(readers);
        self.catalog.set_limits(config.import.build());
        self.files.set_quota(config.files_mib << 20);
        let sites = config.sites.iter().map(|(name, site)| (name.clone(), site.site())).collect();
        self.web.set_sites(hosts, sites);
        self.config.set(config);
        Ok(())
    }
}

/// The mail as a channel, where there is one.
pub fn mail_channels(email: Option<&Arc<EmailChannel>>) -> Option<Arc<dyn Channel>> {
    email.map(|email| Arc::clone(email) as Arc<dyn Channel>)
}

/// A model, or what answers where there is none.
pub fn or_offline(model: Option<&Arc<FallbackLlm>>) -> Arc<dyn Llm> {
    match model {
        Some(model) => Arc::clone(model) as Arc<dyn Llm>,
        None => Arc::new(OfflineLlm),
    }
}

/// The configured language models: the default one and those of further roles, each with its fallback.
#[derive(Default)]
pub struct ServedModels {
    pub default: Option<Arc<FallbackLlm>>,
    pub roles: BTreeMap<String, Arc<dyn Llm>>,
}

/// The client options of the model of a role, or of the one without a role.
///
/// # Errors
/// When there is no such role.
pub fn model_options(config: &Config, role: Option<&str>) -> anyhow::Result<openai::Options> {
    let llm = &config.llm;
    let with = |base_url: &str, api_key: &Secret, model: &str, seconds: u64| {
        let mut options = openai::Options::new(base_url, api_key.clone(), model);
        options.deadline = Duration::from_secs(seconds);
        options
    };
    let Some(name) = role else {
        return Ok(with(&llm.base_url, &llm.api_key, &llm.model, llm.timeout_seconds));
    };
    let role = llm.roles.get(name).with_context(|| format!("llm.roles.{name} is not set"))?;
    let url = role.base_url.as_deref().unwrap_or(&llm.base_url);
    // Never send the key of one provider to another.
    let own = role.api_key.is_empty() && role.base_url.is_none();
    let key = if own { &llm.api_key } else { &role.api_key };
    Ok(with(url, key, &role.model, role.timeout_seconds.unwrap_or(llm.timeout_seconds)))
}

/// Builds the model clients. Sends no request.
///
/// # Errors
/// When the settings are incomplete or invalid.
pub fn language_models(config: &Config, meter: &Arc<dyn Meter>) -> anyhow::Result<ServedModels> {
    let llm = &config.llm;
    if llm.model.is_empty() {
        if !llm.api_key.is_empty() {
            bail!(
                "llm.api_key is set but llm.model is not; name the model, e.g. TOLMACH_LLM_MODEL=gpt-4o-mini"
            );
        }
        if let Some(role) = llm.roles.keys().next() {
            bail!("llm.roles.{role} is set but llm.model is not; name the model that answers without a role");
        }
        return Ok(ServedModels::default());
    }
    let build = |role: Option<&str>| -> anyhow::Result<FallbackLlm> {
        let remote = OpenAiLlm::new(model_options(config, role)?, Arc::clone(meter))?;
        let first = MaskedLlm::new(Arc::new(remote), contact::masked);
        Ok(FallbackLlm::new(Arc::new(first), Arc::new(OfflineLlm)))
    };
    let default = build(None)?;
    let mut roles = BTreeMap::new();
    for name in llm.roles.keys() {
        let model = build(Some(name)).with_context(|| format!("llm.roles.{name}"))?;
        roles.insert(name.clone(), Arc::new(model) as Arc<dyn Llm>);
    }
    Ok(ServedModels { default: Some(Arc::new(default)), roles })
}
