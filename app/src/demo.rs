//! A month of dialogs that nobody had: the demo's data, made by the real turn loop under a clock that is moved.
//!
//! Clients, what they want, when they come and what staff do follow from a seed. Nothing leaves the process: channels record.

mod people;
mod script;
mod staff;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use fastrand::Rng;
use jiff::{Timestamp, tz::TimeZone};
use tolmach_engine::{
    effect::{Action, Outgoing},
    event::EventKind,
    language::Language,
};
use tolmach_runtime::{
    Runtime, Staff,
    ports::{self, Address, ChatKey, Clock, Inbound, Intake, ModelCall, ModelCallRow, Purpose},
    testing::{ManualClock, Recorder},
};
use uuid::Uuid;

use people::Person;
use script::{Script, Step};
pub use staff::{PEOPLE, StaffMember};

use crate::{
    accounts, handoff,
    spending::{Decimal, Price, Prices},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Dialogs of an ordinary weekday.
const DIALOGS: f64 = 26.0;
/// How much of that a day of the week has, from Monday.
const WEEK: [f64; 7] = [1.1, 1.0, 1.0, 0.95, 0.9, 0.5, 0.35];
/// Where dialogs lie in the hours of a day.
const HOURS: [u32; 24] = [1, 0, 0, 0, 0, 0, 1, 3, 8, 16, 20, 18, 14, 12, 15, 17, 14, 11, 8, 6, 5, 4, 3, 2];
/// Steps of different clients within this time are one batch.
const BATCH: i64 = MINUTE;
/// Timers that may fire between two steps.
const TIMERS: usize = 2_000;
/// The model of the made-up rows of the meter.
const MODEL: &str = "demo/no-model";

/// How much is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Days until now.
    pub days: u32,
    /// What everything follows from.
    pub seed: u64,
    /// The end, milliseconds since the Unix epoch.
    pub now: i64,
}

/// Where it is made. The runtime's clock is `clock`, which begins at [`Options::begin`], and its channels are `channels`.
pub struct Stage<'s> {
    /// The runtime.
    pub runtime: &'s Arc<Runtime>,
    /// Its clock.
    pub clock: &'s Arc<ManualClock>,
    /// Its channels.
    pub channels: &'s [Arc<Recorder>],
}

/// The channels: two that clients come by, and the one by which staff are told.
pub const CHANNELS: [&str; 3] = ["web", "telegram", "email"];

/// What the demo's model would cost: about the price of a small one.
///
/// # Errors
/// None: the numbers stand here.
pub fn prices() -> Result<Prices, String> {
    let (input, output) = (Decimal::parse("0.15")?, Decimal::parse("0.6")?);
    let currency = "USD".to_owned();
    let price = Price { model: MODEL.to_owned(), input, cached: None, output, currency, from: None };
    Prices::new(vec![price])
}

/// Whom the demo tells of leads.
pub fn told() -> Staff {
    Staff::from([("default".to_owned(), vec![Address::new("email", "sales@example.com")])])
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Dialogs of clients.
    pub dialogs: usize,
    /// Events: messages, presses, and what staff did.
    pub events: usize,
}

impl Options {
    /// When the first day begins, about; milliseconds since the Unix epoch.
    pub fn begin(&self) -> i64 {
        self.now - i64::from(self.days.max(1)) * DAY
    }
}

/// Makes the dialogs, day by day. `progress` is told how many days are done.
///
/// # Errors
/// When the database fails.
pub async fn fill(
    stage: &Stage<'_>,
    options: &Options,
    mut progress: impl FnMut(u32),
) -> ports::Result<Made> {
    let zone = stage.runtime.releases().time_zone();
    let mut demo = Demo {
        stage,
        random: Rng::with_seed(options.seed),
        queue: BTreeMap::new(),
        buttons: HashMap::new(),
        chats: Vec::new(),
        made: Made::default(),
        zone,
        until: options.now,
    };
    for day in 0..options.days.max(1) {
        let from = options.begin() + i64::from(day) * DAY;
        let until = (from + DAY).min(options.now);
        let comes = demo.clients(from, until);
        if until == options.now {
            demo.waiting(until);
        }
        let calls = demo.model_calls(&comes);
        demo.run(until).await?;
        stage.runtime.store().record_model_calls(calls).await?;
        staff::work_on_leads(&mut demo.random, &**stage.runtime.store(), stage.clock.now()).await?;
        progress(day + 1);
    }
    demo.pass(options.now).await?;
    Ok(demo.made)
}

/// Something that happens at a time.
enum Happening {
    /// The next step of a client's dialog.
    Client(Box<Talk>),
    /// Somebody of the staff does something in a chat.
    Staff { chat: ChatKey, who: usize, tasks: VecDeque<staff::Task> },
}

/// A client in the middle of a dialog.
struct Talk {
    person: Person,
    steps: VecDeque<Step>,
    wants_person: bool,
}

struct Demo<'s> {
    stage: &'s Stage<'s>,
    random: Rng,
    /// By time and number, so that the order is always the same.
    queue: BTreeMap<(i64, usize), Happening>,
    /// The buttons that each chat shows: labels and ids.
    buttons: HashMap<ChatKey, Vec<(String, String)>>,
    /// Clients who may come back.
    chats: Vec<Person>,
    made: Made,
    zone: TimeZone,
    /// The end.
    until: i64,
}

impl Demo<'_> {
    fn add(&mut self, at: i64, what: Happening) {
        let number = self.queue.len() + self.made.events * 2 + self.made.dialogs;
        let mut key = (at, number);
        while self.queue.contains_key(&key) {
            key.1 += 1;
        }
        self.queue.insert(key, what);
    }

    /// The clients who come between two moments. Returns when they come and to which chats.
    fn clients(&mut self, from: i64, until: i64) -> Vec<(i64, ChatKey)> {
        let mut comes = Vec::new();
        let mut hour = from;
        while hour < until {
            let local = Timestamp::from_millisecond(hour).unwrap_or(Timestamp::UNIX_EPOCH);
            let local = local.to_zoned(self.zone.clone());
            let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
            let of_day = usize::try_from(local.hour()).unwrap_or_default();
            let share = f64::from(HOURS.get(of_day).copied().unwrap_or_default())
                / f64::from(HOURS.iter().sum::<u32>());
            let expected = DIALOGS * WEEK.get(weekday).copied().unwrap_or(1.0) * share;
            // As many as expected on average: each of a few may come.
            let most = (expected * 2.0).ceil().max(1.0);
            for _ in 0..most as usize {
                let at = hour + self.random.i64(0..HOUR);
                if self.random.f64() < expected / most && at < until {
                    comes.push(at);
                }
            }
            hour += HOUR;
        }
        let mut chats = Vec::new();
        for at in comes {
            let known = self.chats.len();
            let person = match self.random.u8(..10) {
                0 if known > 20 => self.chats.get(self.random.usize(..known)).cloned(),
                _ => None,
            };
            let person = person.unwrap_or_else(|| {
                let person = Person::new(known, &mut self.random);
                self.chats.push(person.clone());
                person
            });
            let Script { steps, wants_person } = script::script(&person, &mut self.random);
            chats.push((at, person.address.to_string()));
            self.made.dialogs += 1;
            self.add(at, Happening::Client(Box::new(Talk { person, steps: steps.into(), wants_person })));
        }
        chats
    }

    /// Clients who have the last word in a chat that somebody of the staff has: they wait when the demo is looked at.
    fn waiting(&mut self, until: i64) {
        for minutes in [21, 13, 8] {
            let person = Person::new(self.chats.len(), &mut self.random);
            let call = if person.language == Language::Ru {
                "позовите менеджера"
            } else {
                "I want to talk to a human"
            };
            self.chats.push(person.clone());
            self.made.dialogs += 1;
            let talk =
                Talk { person, steps: VecDeque::from([Step::Say(call.to_owned())]), wants_person: true };
            self.add(until - minutes * MINUTE, Happening::Client(Box::new(talk)));
        }
    }

    /// Rows of the meter as a model would have left them; the model's name says that there was none.
    fn model_calls(&mut self, comes: &[(i64, ChatKey)]) -> Vec<ModelCallRow> {
        let release = self.stage.runtime.releases().current_id().unwrap_or_default();
        let mut rows = Vec::new();
        for (at, chat) in comes {
            for number in 0..self.random.i64(1..5) {
                let purpose = if number == 0 { Purpose::Classify } else { Purpose::Generate };
                let failed = self.random.u8(..60) == 0;
                let (read, written) = (self.random.u32(300..1600), self.random.u32(10..200));
                let usage = serde_json::json!({
                    "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written,
                });
                rows.push(ModelCallRow {
                    seq: 0,
                    id: Uuid::now_v7(),
                    at: at + number * 4_000,
                    call: ModelCall {
                        chat: chat.clone(),
                        turn: Uuid::now_v7(),
                        release: release.clone(),
                        flow: "consultant".to_owned(),
                        node: if number == 0 { "route" } else { "offer" }.to_owned(),
                        purpose,
                        role: "default".to_owned(),
                    },
                    model: MODEL.to_owned(),
                    attempt: 1,
                    millis: self.random.u64(350..2_400),
                    failure: failed.then(|| "timed out".to_owned()),
                    usage: (!failed).then_some(usage),
                });
            }
        }
        rows
    }

    /// Runs everything that happens before a moment.
    async fn run(&mut self, until: i64) -> ports::Result<()> {
        while let Some(first) = self.queue.first_entry()
            && first.key().0 < until
        {
            let at = first.key().0;
            let mut clients: Vec<Box<Talk>> = Vec::new();
            let mut acts = Vec::new();
            while let Some(next) = self.queue.first_entry()
                && next.key().0 <= at + BATCH
                && next.key().0 < until
            {
                // One client has one step in a batch: the next depends on what this one is answered.
                let known =
                    |talk: &Talk| clients.iter().any(|other| other.person.address == talk.person.address);
                if matches!(next.get(), Happening::Client(talk) if known(talk)) {
                    break;
                }
                match next.remove() {
                    Happening::Client(talk) => clients.push(talk),
                    Happening::Staff { chat, who, tasks } => acts.push((chat, who, tasks)),
                }
            }
            self.pass(at).await?;
            self.speak(&mut clients).await?;
            for talk in clients {
                self.after(*talk).await?;
            }
            for (chat, who, tasks) in acts {
                self.act(chat, who, tasks).await?;
            }
        }
        self.pass(until).await
    }

    /// The next steps of these clients, at once.
    async fn speak(&mut self, clients: &mut [Box<Talk>]) -> ports::Result<()> {
        let mut inbound = Vec::new();
        for talk in clients {
            let Some(step) = talk.steps.pop_front() else { continue };
            let address = talk.person.address.clone();
            let (kind, button) = match step {
                Step::Say(text) => (EventKind::from_text(&text), None),
                Step::Press(wanted) => {
                    let shown = self.buttons.get(&address.to_string());
                    let found =
                        shown.and_then(|shown| shown.iter().find(|(label, _)| label.starts_with(wanted)));
                    let Some((label, id)) = found.cloned() else {
                        // The dialog went another way; what would have followed makes no sense.
                        talk.steps.clear();
                        continue;
                    };
                    (EventKind::Press { label, press: None }, Some(id))
                }
            };
            self.made.events += 1;
            inbound.push(Inbound {
                key: format!("demo{}", self.made.events),
                client: talk.person.client.clone(),
                origin: None,
                sent: None,
                address,
                kind,
                button,
            });
        }
        self.stage.runtime.receive(inbound).await?;
        self.settle().await;
        Ok(())
    }

    /// Waits for the turns and remembers the buttons that they have shown.
    async fn settle(&mut self) {
        self.stage.runtime.settle().await;
        for channel in self.stage.channels {
            for (to, _, message) in channel.take() {
                let buttons = pressable(&message);
                if !buttons.is_empty() {
                    self.buttons.insert(to.to_string(), buttons);
                }
            }
        }
    }

    /// What follows a step: the next one after a while, or somebody of the staff.
    async fn after(&mut self, talk: Talk) -> ports::Result<()> {
        let now = self.stage.clock.now();
        let chat = talk.person.address.to_string();
        if !talk.steps.is_empty() {
            let at = now + self.random.i64(12_000..75_000);
            self.add(at, Happening::Client(Box::new(talk)));
            return Ok(());
        }
        let lead = self.stage.runtime.store().dialog(&chat).await?.is_some_and(|row| row.has_lead);
        if talk.wants_person || lead && self.random.u8(..10) < 3 {
            let waits = now > self.until - HOUR;
            let (who, tasks) = staff::answers(&mut self.random, talk.person.language, waits);
            let soon = now + self.random.i64(20_000..60_000);
            let at = if waits { soon } else { staff::answers_at(&mut self.random, &self.zone, now) };
            self.add(at, Happening::Staff { chat, who, tasks });
        }
        Ok(())
    }

    /// The next thing that somebody of the staff does in a chat.
    async fn act(
        &mut self,
        chat: ChatKey,
        who: usize,
        mut tasks: VecDeque<staff::Task>,
    ) -> ports::Result<()> {
        let Some(task) = tasks.pop_front() else { return Ok(()) };
        let now = self.stage.clock.now();
        let member = staff::member(who);
        self.made.events += 1;
        let store = self.stage.runtime.store();
        match task {
            staff::Task::Note(text) => {
                // A chat that was erased meanwhile has no notes; there is none here.
                drop(crate::inbox::note(&**store, &member.actor(), now, &chat, text).await);
            }
            staff::Task::Act(action) => {
                let Some(person) = self.chats.iter().find(|person| person.address.to_string() == chat) else {
                    return Ok(());
                };
                let inbound = Inbound {
                    address: person.address.clone(),
                    key: format!("demo{}", self.made.events),
                    client: Default::default(),
                    origin: None,
                    kind: EventKind::Staff { action, by: Some(member.name.to_owned()) },
                    button: None,
                    sent: None,
                };
                let clock = Arc::clone(self.stage.clock) as Arc<dyn Clock>;
                let runtime = Arc::clone(self.stage.runtime) as Arc<dyn Intake>;
                let intake =
                    handoff::AuditedIntake::new(runtime, Arc::clone(store), clock, accounts::CHANNEL);
                intake.receive(vec![inbound]).await?;
                self.settle().await;
            }
            staff::Task::Client(text) => {
                let Some(person) = self.chats.iter().find(|person| person.address.to_string() == chat) else {
                    return Ok(());
                };
                let talk = Talk {
                    person: person.clone(),
                    steps: VecDeque::from([Step::Say(text.to_owned())]),
                    wants_person: false,
                };
                self.speak(&mut [Box::new(talk)]).await?;
            }
        }
        if !tasks.is_empty() {
            // Within the last hour everything is over before the demo is looked at.
            let most = if now > self.until - HOUR { 60_000 } else { 240_000 };
            let at = now + self.random.i64(30_000..most);
            self.add(at, Happening::Staff { chat, who, tasks });
        }
        Ok(())
    }

    /// Moves the clock. Each timer that becomes due fires at its own time.
    async fn pass(&mut self, until: i64) -> ports::Result<()> {
        let channels: Vec<String> = CHANNELS.map(str::to_owned).into();
        let Stage { runtime, clock, .. } = self.stage;
        for _ in 0..TIMERS {
            match runtime.store().next_timer(&channels).await? {
                Some(due) if due <= until => {
                    clock.advance((due - clock.now()).max(0));
                    runtime.fire_due_timers().await?;
                    self.settle().await;
                }
                _ => break,
            }
        }
        clock.advance((until - clock.now()).max(0));
        Ok(())
    }
}

fn pressable(message: &Outgoing) -> Vec<(String, String)> {
    let buttons = message.buttons.iter().filter_map(|button| match &button.action {
        Action::Press { id, .. } => Some((button.label.clone(), id.clone())),
        Action::Open { .. } => None,
    });
    buttons.collect()
}
