//! Invalid settings and files: one clear error, and nothing is left half-written.

use std::fs;

use crate::support::Home;

#[test]
fn wrong_settings_are_named() {
    let home = Home::new();
    let run = || home.tolmach(&["run", "--listen", "127.0.0.1:0"]);
    for (text, words) in [
        ("colour = 1", &["tolmach.toml", "colour", "data_dir"][..]),
        ("[telegram]\ntokn = \"x\"", &["tolmach.toml", "tokn", "token"]),
        ("data_dir = 5", &["tolmach.toml", "data_dir", "string"]),
        ("[llm]\ntimeout_seconds = \"soon\"", &["tolmach.toml", "llm.timeout_seconds"]),
        ("[llm]\ntimeout_seconds = 0", &["llm.timeout_seconds", "1 to 600"]),
        ("[[llm.prices]]\nmodel = \"m\"\ninput = 1", &["tolmach.toml", "output"]),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = 1e-9\noutput = 1\ncurrency = \"USD\"",
            &["llm.prices, entry 1 (m)", "input", "0.15"],
        ),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = -1\noutput = 1\ncurrency = \"USD\"",
            &["entry 1 (m)", "input"],
        ),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = \"0,15\"\noutput = 1\ncurrency = \"USD\"",
            &["entry 1 (m)", "0,15"],
        ),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = 1\noutput = 1\ncurrency = \"dollar\"",
            &["llm.prices", "dollar", "USD"],
        ),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = 1\noutput = 1\ncurrency = \"USD\"\nfrom = \"May\"",
            &["entry 1 (m)", "from", "May", "2026-11-01"],
        ),
        (
            "[[llm.prices]]\nmodel = \"m\"\ninput = 1\noutput = 1\ncurrency = \"USD\"\n[[llm.prices]]\nmodel = \"m\"\ninput = 2\n\
             output = 2\ncurrency = \"USD\"",
            &["llm.prices", "m has two prices", "from"],
        ),
        ("debounce_ms = 60000", &["debounce_ms", "0 to 10000"]),
        ("burst_ms = 60000", &["burst_ms", "0 to 10000"]),
        ("web_sockets = 0", &["web_sockets", "1 to 1000000"]),
        ("files_mib = 0", &["files_mib is 0", "1 to 1000000"]),
        ("[staff.default]\nphone = [\"1\"]", &["tolmach.toml", "phone", "telegram"]),
        ("[staff.night]\ntelegram = [\"@shop\"]", &["staff.night.telegram", "entry 1", "numeric id"]),
        ("[staff.default]\nemail = [\"a@example.com\", \"b\"]", &["staff.default.email", "entry 2"]),
        (
            "[database]\nurl = \"mysql://shop:hunter2@db/talk\"",
            &["database.url", "postgres://", "sqlite:PATH"],
        ),
        ("[database]\nurl = \"sqlite:\"", &["database.url", "no file"]),
        ("[database]\nurl = \"tolmach.db\"", &["database.url", "sqlite:PATH"]),
        ("[database]\nurl = \"postgres://shop:hunter2@db:port/talk\"", &["database.url", "HOST:5432"]),
        (
            "[database]\nurl = \"postgres://shop:hunter2@127.0.0.1:1/talk\"",
            &["shop@127.0.0.1:1", "nobody answers"],
        ),
        ("listen = \"nowhere\"", &["tolmach.toml", "listen", "address"]),
        ("web_hosts = \"one\"", &["tolmach.toml", "web_hosts"]),
        ("[sites.Shop]", &["sites.Shop", "lower-case"]),
        ("[sites.shop]\ncolours.accent = \"red\"", &["sites.shop.colours.accent", "red", "#1f5fd0"]),
        ("[sites.shop]\nlanguages = [\"de\"]", &["tolmach.toml", "sites.shop.languages"]),
        ("[sites.shop]\ntitle = 5", &["tolmach.toml", "sites.shop.title"]),
        (
            "[sites.shop]\nhosts = [\"https://a/b\"]",
            &["sites.shop.hosts", "https://a/b", "https://chat.example.com"],
        ),
        ("web_hosts = [\"ftp://a\"]", &["web_hosts", "ftp://a"]),
        ("[proxy]\nheader = \"forwarded\"", &["proxy.header", "x-forwarded-for"]),
        ("[proxy]\ntrusted = [\"localhost\"]", &["proxy.trusted", "localhost", "10.0.0.0/8"]),
        ("[limits.address]\nsockets = 0", &["limits.address.sockets", "1 or more"]),
        ("[limits.notices]\nat_once = 0\nan_hour = 5", &["limits.notices.at_once", "1 or more"]),
        ("[limits.relayed]\nat_once = 5", &["limits.relayed", "an_hour"]),
        ("[limits.chat]\nmesages = 5", &["tolmach.toml", "mesages", "messages"]),
        ("health_token = \"hunter2\"", &["health_token", "16"]),
        ("no toml at all", &["tolmach.toml"]),
    ] {
        home.write("tolmach.toml", text);
        let ran = run().run().fails_with(words);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    fs::remove_file(home.path("tolmach.toml")).expect("removed");
    for (name, value, words) in [
        ("TOLMACH_DATADIR", "x", &["TOLMACH_DATADIR", "TOLMACH_DATA_DIR"][..]),
        ("TOLMACH_LISTEN", "here", &["TOLMACH_LISTEN", "address"]),
        ("TOLMACH_LLM_TIMEOUT_SECONDS", "soon", &["TOLMACH_LLM_TIMEOUT_SECONDS", "whole number"]),
        ("TOLMACH_DEBOUNCE_MS", "soon", &["TOLMACH_DEBOUNCE_MS", "whole number of milliseconds"]),
        ("TOLMACH_WEB_SOCKETS", "many", &["TOLMACH_WEB_SOCKETS", "whole number"]),
        ("TOLMACH_PROXY_HEADER", "via", &["proxy.header", "via"]),
        ("TOLMACH_TRUSTED_PROXIES", "10.0.0.0/8, nowhere", &["proxy.trusted", "nowhere"]),
        ("TOLMACH_PROXY_HTTPS", "yes", &["TOLMACH_PROXY_HTTPS", "true or false"]),
        ("TOLMACH_STAFF_TELEGRAM", "-100,@shop", &["staff.default.telegram", "entry 2"]),
        ("TOLMACH_LOG", "info,=,=loud", &["log", "info,=,=loud"]),
        ("TOLMACH_LLM_API_KEY", "sk-secret", &["TOLMACH_LLM_MODEL"]),
    ] {
        let ran = home.tolmach(&["run"]).env(name, value).run().fails_with(words);
        assert!(!ran.stderr.contains("sk-secret"), "{}", ran.stderr);
    }
    home.tolmach(&["run", "--config", "other.toml"]).run().fails_with(&["other.toml"]);
    assert!(home.names().is_empty(), "nothing was made: {:?}", home.names());
    let usage = home.tolmach(&["run", "--listen", "nowhere"]).run();
    assert!(usage.code == Some(2) && usage.stderr.contains("--listen"), "{usage:?}");
}

#[test]
fn wrong_secrets_are_named_but_not_shown() {
    let home = Home::new();
    let run = |name: &str, value: &str| home.tolmach(&["run"]).env(name, value);
    let ran = run("TOLMACH_TELEGRAM_TOKEN", "hunter2").run().fails_with(&["BotFather"]);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    let ran = run("TOLMACH_LLM_API_KEY", "hunter2\u{1}")
        .env("TOLMACH_LLM_MODEL", "m")
        .run()
        .fails_with(&["API key"]);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    run("TOLMACH_LLM_BASE_URL", "nowhere").env("TOLMACH_LLM_MODEL", "m").run().fails_with(&["base URL"]);
    assert!(home.names().is_empty(), "nothing was made: {:?}", home.names());
}

#[test]
fn settings_come_from_files_and_variables_in_order() {
    let home = Home::new();
    home.write("price.csv", "Article,Name,Price\nA-1,Hand winch,72.50\n");
    home.write("tolmach.toml", "data_dir = \"from-toml\"\n");
    let import = || home.tolmach(&["catalog", "import", "price.csv"]);
    import().run().ok();
    assert!(home.path("from-toml/catalog").is_dir());
    home.write(".env", "# settings\nTOLMACH_DATA_DIR=from-dotenv\nOTHER=1\n");
    import().run().ok();
    assert!(home.path("from-dotenv/catalog").is_dir());
    import().env("TOLMACH_DATA_DIR", "from-variable").run().ok();
    assert!(home.path("from-variable/catalog").is_dir());
    home.tolmach(&["catalog", "import", "price.csv", "--data", "from-option"])
        .env("TOLMACH_DATA_DIR", "from-variable")
        .run()
        .ok();
    assert!(home.path("from-option/catalog").is_dir());
    // An empty variable counts as unset; compose files pass unset variables as empty.
    home.tolmach(&["catalog", "search", "winch"]).env("TOLMACH_LISTEN", "").run().ok();

    home.write(".env", "TOLMACH_TELEGRAM_TOKEN='12345:never closed\n");
    let ran = import().run().fails_with(&[".env", "NAME=value"]);
    assert!(!ran.stderr.contains("never closed"), "{}", ran.stderr);
    home.write(".env", "TOLMACH_TOKEN=1\n");
    import().run().fails_with(&["TOLMACH_TOKEN"]);
}

#[test]
fn a_data_path_that_cannot_be_a_folder_is_an_error() {
    let home = Home::new();
    home.write("file", "mine");
    for args in [&["run"][..], &["chat"], &["catalog", "search", "дрель"]] {
        home.tolmach(args)
            .env("TOLMACH_DATA_DIR", "file")
            .stdin("/start")
            .run()
            .fails_with(&["file", "--data"]);
    }
    assert_eq!(fs::read(home.path("file")).expect("read"), b"mine");
    assert_eq!(home.names(), ["file"]);
}

#[test]
fn a_damaged_database_is_left_alone() {
    let home = Home::ready();
    let noise: Vec<u8> = (0..8192u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    home.write("tolmach-data/tolmach.db", &noise);
    for args in [&["run", "--listen", "127.0.0.1:0"][..], &["chat"], &["leads"], &["replay", "terminal:me"]] {
        home.tolmach(args).stdin("/start").run().fails_with(&["tolmach.db", "not an SQLite database"]);
    }
    assert_eq!(fs::read(home.path("tolmach-data/tolmach.db")).expect("read"), noise);
}

#[test]
fn a_torn_database_is_left_alone() {
    let home = Home::ready();
    home.tolmach(&["chat"]).stdin("/start").run().ok();
    let path = home.path("tolmach-data/tolmach.db");
    let whole = fs::read(&path).expect("read");
    assert!(whole.len() > 8192);
    // The first page is intact, so the file looks like a database; the other pages are missing.
    let torn = &whole[..4096];
    fs::write(&path, torn).expect("written");
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run().fails_with(&["tolmach.db", "damaged"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_database_is_an_error() {
    let home = Home::ready();
    home.tolmach(&["chat"]).stdin("/start").run().ok();
    let path = home.path("tolmach-data/tolmach.db");
    let mut rights = fs::metadata(&path).expect("there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&path, rights.clone()).expect("set");
    #[cfg(unix)]
    {
        // The other user has to get into the folder.
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(home.path("tolmach-data"), fs::Permissions::from_mode(0o755)).expect("set");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("set");
    }
    let serve = home.tolmach(&["run", "--listen", "127.0.0.1:0"]);
    // Root may write read-only files, so the test runs the command as another user.
    let serve = if fs::OpenOptions::new().append(true).open(&path).is_ok() {
        serve.without_rights(&home)
    } else {
        serve
    };
    serve.run().fails_with(&["tolmach.db", "may not be written"]);
}

#[test]
fn the_start_output_names_the_notified_staff() {
    let home = Home::ready();
    let serve = || home.tolmach(&["run", "--listen", "127.0.0.1:0"]);
    assert!(serve().serve().printed().contains("nobody gets notices"));
    home.write("tolmach.toml", "[staff.night]\ntelegram = [\"42\"]\n");
    let server = serve().env("TOLMACH_STAFF_EMAIL", "a@example.com, b@example.com").serve();
    let said = server.printed();
    assert!(
        said.contains("default: 2 by email (not configured: their notices are kept); night: 1 by tele"),
        "{said}"
    );
    assert!(!said.contains("a@example.com"), "addresses are personal data: {said}");
}
