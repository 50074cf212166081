//! How long pages of the panel take with a busy shop's data: 100,000 messages in 5,000 chats, one more chat of 2,000 messages, 10,000
//! leads and a catalogue of 54,667 items, on SQLite and, where a PostgreSQL can be started, there too. The real binary over loopback.
//!
//! Whoever looks at the numbers on a machine that does something else looks at that as well.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command as Process, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tolmach_engine::{
    effect::{Author, Command, Effect, Lead, Outgoing},
    event::{Client, EventKind},
};
use tolmach_runtime::{
    leads::{LeadChange, LeadStatus},
    ports::{
        Actor, Address, ChatOverview, Commit, DialogFact, Inbound, LeadQuery, MessageRow, ModelCall,
        ModelCallRow, Purpose, Store, TurnFigures,
    },
};
use tolmach_store::{
    postgres::{self, PostgresStore},
    sqlite::{self, SqliteStore},
};
use uuid::Uuid;

const CHATS: usize = 5_000;
/// Turns of a chat, of two messages each.
const TURNS: usize = 10;
/// Turns of the chat that never ends.
const LONG: usize = 1_000;
/// Items of the catalogue.
const ITEMS: usize = 54_667;
const ROUNDS: usize = 200;
const TARGET: f64 = 50.0;
const PASSWORD: &str = "a bench, not a secret";
/// All requests come from one address.
const UNLIMITED: &str = "[limits.address]\nrequests = 1000000\n\n[[llm.prices]]\nmodel = \"bench\"\ninput = 0.15\noutput = 0.6\ncurrency = \"USD\"\n";
const DAY: i64 = 86_400_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let messages = (CHATS * TURNS + LONG) * 2;
    println!(
        "{CHATS} chats, {messages} messages, {} leads, {ITEMS} items; {ROUNDS} requests a page",
        CHATS * 2
    );
    println!(
        "{:<10} {:<26} {:>9} {:>9} {:>9}   target p99 under {TARGET} ms",
        "store", "page", "p50 ms", "p99 ms", "KB"
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tolmach-data/tolmach.db");
    fs::create_dir_all(folder.path().join("tolmach-data"))?;
    fs::write(folder.path().join("tolmach.toml"), UNLIMITED)?;
    // The first start lays the folder out, and imports the samples.
    drop(Server::start(folder.path(), None));
    price_list(folder.path(), None)?;
    let store = SqliteStore::open(sqlite::Options::new(&file)).await?;
    let chat = fill(Arc::new(store)).await?;
    measure("sqlite", folder.path(), None, &chat).await?;

    let options = tolmach_testkit::postgres::Options { fsync: false };
    let Some(cluster) = tolmach_testkit::postgres::Cluster::start(options)? else {
        println!("postgres   skipped: no PostgreSQL on this machine");
        return Ok(());
    };
    let url = cluster.database()?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("tolmach.toml"), UNLIMITED)?;
    drop(Server::start(folder.path(), Some(&url)));
    price_list(folder.path(), Some(&url))?;
    let store = PostgresStore::open(postgres::Options::parse(&url)?).await?;
    let chat = fill(Arc::new(store)).await?;
    measure("postgres", folder.path(), Some(&url), &chat).await
}

/// Fills a store; returns the key of a chat.
async fn fill(store: Arc<dyn Store>) -> Result<String, Failure> {
    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_millis())?;
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..32 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for number in (worker..CHATS).step_by(32) {
                chat(&*store, number, now, TURNS).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    chat(&*store, CHATS, now, LONG).await?;
    store.close().await?;
    Ok(key(17))
}

/// Imports a list of made-up goods: words of a trade, put together, with numbers that no two share.
fn price_list(folder: &Path, url: Option<&str>) -> Result<(), Failure> {
    const THINGS: [&str; 24] = [
        "Насос скважинный",
        "Насос дренажный",
        "Кран шаровой",
        "Клапан обратный",
        "Редуктор давления",
        "Фильтр сетчатый",
        "Муфта переходная",
        "Труба полипропиленовая",
        "Тройник латунный",
        "Перфоратор",
        "Дрель ударная",
        "Шуруповёрт",
        "Болгарка",
        "Генератор бензиновый",
        "Компрессор поршневой",
        "Сварочный инвертор",
        "Кабель силовой",
        "Выключатель",
        "Светильник подвесной",
        "Анкер клиновой",
        "Саморез кровельный",
        "Перчатки рабочие",
        "Уровень лазерный",
        "Тепловая пушка",
    ];
    const MAKERS: [&str; 17] = [
        "Ладога",
        "Вихрь",
        "Онега",
        "Зубр-М",
        "Альтаир",
        "Нордис",
        "Вега",
        "Темп",
        "Радон",
        "Сириус",
        "Полюс",
        "Импульс",
        "Кварц",
        "Горизонт",
        "Метеор",
        "Рубин",
        "Старт",
    ];
    const FINISHES: [&str; 7] =
        ["зелёный", "синий", "усиленный", "латунный", "с термозащитой", "компактный", "для улицы"];
    let mut list = String::from("Артикул;Наименование;Бренд;Раздел;Цена, руб.;Остаток;Мощность;Гарантия\n");
    for number in 0..ITEMS {
        let pick =
            |of: &[&'static str], step: usize| of.get(number / step % of.len()).copied().unwrap_or_default();
        let (thing, maker, finish) = (pick(&THINGS, 1), pick(&MAKERS, 24), pick(&FINISHES, 408));
        let (size, power) = (number / 2_856 + 1, number % 37 * 50 + 100);
        list.push_str(&format!(
            "BN-{number:05};{thing} {maker} {size}-{power} {finish};{maker};{thing};{};{};{power} Вт;{} мес\n",
            number % 900 * 10 + 90, number % 70, number % 3 * 12 + 12,
        ));
    }
    fs::write(folder.join("list.csv"), list)?;
    let mut import = command(folder, url);
    import
        .args(["catalog", "import", "list.csv", "--source", "Bench"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    assert!(import.status()?.success(), "the list is imported");
    // The history of a row is that of two generations.
    let list = fs::read_to_string(folder.join("list.csv"))?.replacen(";90;", ";95;", 1);
    fs::write(folder.join("list.csv"), list)?;
    let mut import = command(folder, url);
    import
        .args(["catalog", "import", "list.csv", "--source", "Bench"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    assert!(import.status()?.success(), "the list is imported again");
    Ok(())
}

fn key(number: usize) -> String {
    Address::new("web", format!("{:032x}", spread(number))).to_string()
}

fn spread(number: usize) -> u128 {
    (number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) | 1
}

async fn chat(store: &dyn Store, number: usize, now: i64, turns: usize) -> Result<(), Failure> {
    let chat = key(number);
    let address = Address::parse(&chat).ok_or("a key")?;
    let began = now - 30 * DAY + i64::try_from(number)? * (28 * DAY / i64::try_from(CHATS)?);
    let session =
        json!({ "chat": chat, "release": "bench", "language": "ru", "rest": "х".repeat(4_000) }).to_string();
    for turn in 0..turns {
        let at = began + i64::try_from(turn)? * 60_000;
        let inbound = Inbound {
            address: address.clone(),
            key: format!("{number}-{turn}"),
            client: Client { first_name: "Анна".to_owned(), ..Client::default() },
            kind: EventKind::Message { text: "нужен насос для скважины".to_owned() },
            button: None,
            origin: None,
            sent: None,
        };
        store.receive(at, vec![(Uuid::now_v7(), inbound)]).await?;
        let next = store.next(&chat).await?;
        let row = next.rows.into_iter().next().ok_or("the message is gone")?;
        let send =
            Outgoing { text: "Вот что есть из насосов.".repeat(8), ..Outgoing::default() };
        let visit = |node: &str| json!({ "flow": "consultant", "node": node, "kind": "say", "exit": "done", "notes": ["a note of the engine that says why"] });
        let trace = json!({
            "before": { "rest": "s".repeat(3_000) },
            "trace": { "visits": [visit("route"), visit("find"), visit("offer")], "outcomes": [] },
            "effects": [],
        });
        let last = turn + 1 == turns;
        let mut effects =
            vec![Effect { id: format!("{}.0", row.event.id), command: Command::Send(send.clone()) }];
        if turn == 3 || last {
            let contact =
                [("phone".to_owned(), format!("+7916{number:07}")), ("name".to_owned(), "Анна".to_owned())];
            let lead = Lead {
                source: "form".to_owned(),
                contact: contact.into(),
                summary: "насос".to_owned(),
                ..Lead::default()
            };
            effects.push(Effect { id: format!("{}.1", row.event.id), command: Command::Lead(lead) });
        }
        let waits = last && number.is_multiple_of(50);
        let holder = (last && number % 50 == 1).then(|| "Olga".to_owned());
        let overview = ChatOverview {
            said: Some(if number.is_multiple_of(9) { Author::Client } else { Author::Bot }),
            awaited_since: waits.then_some(at),
            holder: holder.clone(),
            language: if number.is_multiple_of(4) { "en" } else { "ru" }.to_owned(),
            client: "Анна".to_owned(),
        };
        let commit = Commit {
            chat: chat.clone(),
            inbox: vec![row.seq],
            version: next.chat.version,
            session: session.clone(),
            waits: None,
            taken_over_at: (waits || holder.is_some()).then_some(at),
            overview,
            figures: TurnFigures {
                day: at / DAY,
                facts: vec![DialogFact::Spoke],
                intent: Some("product".to_owned()),
                ..TurnFigures::default()
            },
            spoke: true,
            messages: vec![
                MessageRow {
                    seq: 0, who: Author::Client, body: "нужен насос для скважины".to_owned(), at
                },
                MessageRow { seq: 0, who: Author::Bot, body: serde_json::to_string(&send)?, at },
            ],
            effects,
            notices: vec![],
            staff: None,
            trace: trace.to_string(),
            release: "bench".to_owned(),
            event: row.event,
        };
        store.record_model_calls(vec![call(&commit, at)]).await?;
        let sent = format!("{}.0", commit.event.id);
        store.commit(commit).await?;
        store.delivered(vec![sent]).await?;
        if turn == 3 {
            let query = LeadQuery { chat: Some(chat.clone()), ..LeadQuery::newest(1) };
            let lead = store.leads(&query).await?.into_iter().next().ok_or("a lead")?;
            let change = LeadChange { status: Some(LeadStatus::Won), ..LeadChange::default() };
            store.change_lead(&lead.id, change, &Actor::cli("Olga"), at, None).await?;
        }
    }
    Ok(())
}

/// A call of a model that the turn has made.
fn call(commit: &Commit, at: i64) -> ModelCallRow {
    ModelCallRow {
        seq: 0,
        id: Uuid::now_v7(),
        at,
        call: ModelCall {
            chat: commit.chat.clone(),
            turn: commit.event.id,
            release: "bench".to_owned(),
            flow: "consultant".to_owned(),
            node: "offer".to_owned(),
            purpose: Purpose::Generate,
            role: "default".to_owned(),
        },
        model: "openai-compatible/bench".to_owned(),
        attempt: 1,
        millis: 700 + at.unsigned_abs() % 900,
        failure: None,
        usage: Some(json!({ "prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960 })),
    }
}

async fn measure(name: &str, folder: &Path, url: Option<&str>, chat: &str) -> Result<(), Failure> {
    let mut create = command(folder, url);
    create.args(["admin", "create", "Olga", "--password-stdin"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut create = create.spawn()?;
    create.stdin.take().ok_or("piped")?.write_all(PASSWORD.as_bytes())?;
    assert!(create.wait()?.success(), "an account is made");
    let server = Server::start(folder, url);
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let cookie = log_in(&http, &server.address).await?;
    let upload = upload(&http, &server.address, &cookie, folder).await?;
    let draft = draft(&http, &server.address, &cookie).await?;
    let (long, lead) = (key(CHATS), lead(&http, &server.address, &cookie).await?);
    let pages = [
        ("overview, a month", "/admin/?period=month".to_owned()),
        ("overview, a quarter", "/admin/?period=quarter".to_owned()),
        ("inbox", "/admin/inbox".to_owned()),
        ("inbox, english, a lead", "/admin/inbox?language=en&lead=yes".to_owned()),
        ("inbox, waiting", "/admin/inbox?queue=waiting".to_owned()),
        ("inbox, unanswered", "/admin/inbox?queue=unanswered".to_owned()),
        ("inbox, a text of all", "/admin/inbox?q=%D0%BD%D0%B0%D1%81%D0%BE%D1%81".to_owned()),
        ("inbox, a text of none", "/admin/inbox?q=zzzz".to_owned()),
        ("inbox, a beginning", "/admin/inbox?q=%D1%81%D0%BA%20%D0%BD%D0%B0".to_owned()),
        ("chat", format!("/admin/inbox/{chat}")),
        ("chat of 2,000 messages", format!("/admin/inbox/{long}")),
        ("its messages, earlier", format!("/admin/inbox/{long}/messages?before=101000")),
        ("lead", format!("/admin/leads/{lead}")),
        ("leads, board", "/admin/leads".to_owned()),
        ("leads, table", "/admin/leads?view=table".to_owned()),
        ("leads, a phone", "/admin/leads?q=9160000017".to_owned()),
        ("catalogue", "/admin/catalogue".to_owned()),
        ("catalogue, a search", "/admin/catalogue/search?q=%D0%BD%D0%B0%D1%81%D0%BE%D1%81".to_owned()),
        ("catalogue, an article", "/admin/catalogue/search?q=BN-00017".to_owned()),
        ("catalogue, a row", "/admin/catalogue/rows/BN-00017".to_owned()),
        ("catalogue, golden", "/admin/catalogue/golden".to_owned()),
        ("catalogue, an upload", upload),
        ("texts", "/admin/texts".to_owned()),
        ("flows", "/admin/flows".to_owned()),
        ("a draft in the editor", format!("{draft}?file=consultant.yaml")),
        ("what others did in it", format!("{draft}/state?file=consultant.yaml&revision=0")),
        ("before a publication", format!("{draft}/publish")),
        ("account", "/admin/account".to_owned()),
        ("people", "/admin/people".to_owned()),
        ("audit log", "/admin/audit".to_owned()),
        ("audit log, nobody's", "/admin/audit?actor=nobody".to_owned()),
        ("settings, models", "/admin/settings/models".to_owned()),
        ("system", "/admin/system".to_owned()),
        ("tasks", "/admin/jobs".to_owned()),
        ("log", "/admin/logs".to_owned()),
        ("experiments", "/admin/experiments".to_owned()),
        ("database", "/admin/data".to_owned()),
        ("database, rows", "/admin/data/messages".to_owned()),
        ("database, a chat's", format!("/admin/data/messages?column=chat&how=is&q={chat}")),
        ("database, a row", format!("/admin/data/chats/row?key=%5B%22{chat}%22%5D")),
    ];
    for (page, path) in pages {
        let url = format!("http://{}{path}", server.address);
        let mut times = Vec::with_capacity(ROUNDS);
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let request = http.get(&url).header("cookie", &cookie).header("accept", "text/html");
            let response = request.send().await?;
            assert_eq!(response.status(), 200, "{path}");
            bytes = response.bytes().await?.len();
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let at = |share: f64| {
            let at = ((times.len() - 1) as f64 * share) as usize;
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        println!("{name:<10} {page:<26} {:>9.1} {:>9.1} {:>9.1}", at(0.5), at(0.99), bytes as f64 / 1024.0);
    }
    Ok(())
}

/// Uploads the whole list and waits for its preview; returns its address.
async fn upload(
    http: &reqwest::Client,
    address: &str,
    cookie: &str,
    folder: &Path,
) -> Result<String, Failure> {
    let page = read(http, address, cookie, "/admin/catalogue").await?;
    let token = page
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("a token")?;
    let list = fs::read_to_string(folder.join("list.csv"))?;
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--edge\r\nContent-Disposition: form-data; \
         name=\"supplier\"\r\n\r\nBench\r\n--edge\r\nContent-Disposition: form-data; name=\"files\"; \
         filename=\"list.csv\"\r\n\r\n{list}\r\n--edge--\r\n"
    );
    let sent = http
        .post(format!("http://{address}/admin/catalogue/uploads"))
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body)
        .send()
        .await?;
    let draft = sent.headers().get("location").ok_or("a draft")?.to_str()?.to_owned();
    let started = Instant::now();
    while !read(http, address, cookie, &draft).await?.contains("data-state=\"preview\"") {
        assert!(started.elapsed() < Duration::from_secs(300), "the list is read");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(draft)
}

/// Begins a draft; returns its address.
async fn draft(http: &reqwest::Client, address: &str, cookie: &str) -> Result<String, Failure> {
    let page = read(http, address, cookie, "/admin/flows").await?;
    let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let sent = http
        .post(format!("http://{address}/admin/flows"))
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("csrf={}&title=Bench", token.ok_or("a token")?))
        .send()
        .await?;
    Ok(sent.headers().get("location").ok_or("a draft")?.to_str()?.to_owned())
}

/// The id of a lead of the board.
async fn lead(http: &reqwest::Client, address: &str, cookie: &str) -> Result<String, Failure> {
    let page = read(http, address, cookie, "/admin/leads").await?;
    Ok(page.split("data-lead=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("a lead")?.to_owned())
}

async fn read(http: &reqwest::Client, address: &str, cookie: &str, path: &str) -> Result<String, Failure> {
    Ok(http.get(format!("http://{address}{path}")).header("cookie", cookie).send().await?.text().await?)
}

async fn log_in(http: &reqwest::Client, address: &str) -> Result<String, Failure> {
    let page = http.get(format!("http://{address}/admin/login")).send().await?;
    let visit = cookie(&page)?;
    let html = page.text().await?;
    let token = html
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("a token")?;
    let form =
        format!("csrf={token}&name=Olga&password={}&next=", PASSWORD.replace(' ', "+").replace(',', "%2C"));
    let begun = http
        .post(format!("http://{address}/admin/login"))
        .header("cookie", visit)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    assert_eq!(begun.status(), 303, "the login is taken");
    cookie(&begun)
}

fn cookie(response: &reqwest::Response) -> Result<String, Failure> {
    let cookie = response.headers().get("set-cookie").ok_or("a cookie")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn command(folder: &Path, url: Option<&str>) -> Process {
    let mut command = Process::new(env!("CARGO_BIN_EXE_tolmach"));
    command.current_dir(folder).stderr(Stdio::null());
    if let Some(url) = url {
        command.env("TOLMACH_DATABASE_URL", url);
    }
    command
}

/// The server process, killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts the binary and waits until it prints its address.
    fn start(folder: &Path, url: Option<&str>) -> Server {
        let mut command = command(folder, url);
        command.args(["run", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|why| panic!("the server does not start: {why}"));
        let stdout = child.stdout.take().unwrap_or_else(|| panic!("its output is piped"));
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once("chat page  http://")?;
            Some(address.trim_end_matches('/').to_owned())
        });
        let address = address.unwrap_or_else(|| panic!("the server ended"));
        // Keep reading, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
