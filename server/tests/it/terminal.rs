//! `tolmach chat`, `leads` and `replay`: dialogs without a network.

use crate::support::Home;

#[test]
fn a_russian_dialog_ends_in_a_lead() {
    let home = Home::new();
    home.write(
        "dialog.txt",
        "# what a client writes\n/start\nнужен перфоратор до 20 тысяч\nпозовите менеджера\nАнна, 8 999 123-45-67\n",
    );
    let ran = home.tolmach(&["chat", "--chat", "anna", "--script", "dialog.txt"]).run().ok();
    for word in
        ["Здравствуйте", "> нужен перфоратор", "ерфоратор", "Спасибо, Анна", "lead stored", "+79991234567"]
    {
        assert!(ran.stdout.contains(word), "«{word}» is not in: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("what a client writes"), "{}", ran.stdout);

    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads.as_array().map(Vec::len), Some(1), "{leads}");
    assert_eq!(leads[0]["chat"], "terminal:anna");
    assert_eq!(leads[0]["lead"]["contact"]["phone"], "+79991234567");
    assert_eq!(leads[0]["lead"]["contact"]["name"], "Анна");
    assert!(home.tolmach(&["leads"]).run().ok().stdout.contains("Анна, +79991234567"));

    let replayed = home.tolmach(&["replay", "terminal:anna"]).run().ok().stdout;
    assert!(replayed.contains("4 turns replayed, 0 differ"), "{replayed}");
    home.tolmach(&["replay", "terminal:nobody"]).run().fails_with(&["terminal:nobody"]);
}

#[test]
fn an_english_dialog_ends_in_a_lead() {
    let home = Home::ready();
    let ran = home
        .tolmach(&["chat", "--lang", "en"])
        .stdin("/start\nI need a rotary hammer\nTalk to a manager\nJohn, john@example.com\n")
        .run()
        .ok();
    for word in ["Hello! This is the consultant of Osnadar", "otary hammer", "Thank you, John", "lead stored"]
    {
        assert!(ran.stdout.contains(word), "«{word}» is not in: {}", ran.stdout);
    }
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads[0]["lead"]["contact"]["email"], "john@example.com");
}

/// `--trace` says under each answer what was understood, in 100 columns, and a stored chat shows the same lines.
#[test]
fn a_dialog_with_its_trace_says_why() {
    let home = Home::ready();
    let dialog = "/start\nнужен перфоратор до 20 тысяч\nа второй сколько?\nподешевле\nпозовите менеджера\n\
                  а доставка в Тулу есть?\nАнна, 8 999 123-45-67\n";
    home.write("dialog.txt", dialog);
    let ran = home.tolmach(&["chat", "--chat", "anna", "--trace", "--script", "dialog.txt"]).run().ok();
    for part in [
        "│ find             search           → ",
        "│     filters: price <= 20000",
        "│     of the rows ",
        "│     the last search, changed: ",
        "is needed",
        "│     interrupted by the intent services: ",
    ] {
        assert!(ran.stdout.contains(part), "«{part}» is not in: {}", ran.stdout);
    }
    let lines: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("  │ ")).collect();
    let wide: Vec<_> = lines.iter().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:?}");
    assert!(!lines.iter().any(|line| line.contains("999")), "no personal values: {lines:?}");

    let replayed = home.tolmach(&["replay", "terminal:anna", "--trace"]).run().ok().stdout;
    for line in lines {
        let line = line.trim_start_matches("  │ ");
        assert!(replayed.contains(line), "«{line}» is not in: {replayed}");
    }
    let plain = home.tolmach(&["chat", "--chat", "otto", "--script", "dialog.txt"]).run().ok();
    assert!(!plain.stdout.contains('│'), "{}", plain.stdout);
}

/// The cases of a branch are shown with the values that they saw, by the chat as by the replay.
#[test]
fn a_trace_shows_the_values_that_a_branch_saw() {
    let home = Home::new();
    let flow = "flow: own\nstart: ask\nslots: { nights: { type: number } }\nnodes:\n  ask:\n    ask: { text: Сколько ночей?, into: nights }\n    next: { done: long, cancelled: wait, gave_up: wait }\n  long:\n    branch: [{ when: slots.nights > 7, to: yes }, { else: no }]\n  yes: { say: { text: Долго } }\n  no: { say: { text: Недолго } }\n";
    home.write("own/own.yaml", flow);
    home.write("dialog.txt", "/start\n3\n");
    let chat = ["chat", "--flows", "own", "--chat", "anna", "--trace", "--script", "dialog.txt"];
    for shown in [
        home.tolmach(&chat).run().ok().stdout,
        home.tolmach(&["replay", "terminal:anna", "--trace"]).run().ok().stdout,
    ] {
        assert!(shown.contains("(slots.nights is 3)"), "{shown}");
    }
}

/// A number presses a button, and the last lead has the product that was looked at.
#[test]
fn buttons_are_pressed_by_number() {
    let home = Home::ready();
    let ran = home.tolmach(&["chat", "--lang", "ru"]).stdin("/start\n2\n/catalog\n4\n").run().ok();
    assert!(ran.stdout.contains("[3] Связаться с менеджером"), "{}", ran.stdout);
    assert!(ran.stdout.contains("оставк"), "the second button asks about delivery: {}", ran.stdout);
    let (_, pumps) = ran.stdout.rsplit_once("> 4").expect("the last line is echoed");
    assert!(pumps.to_lowercase().contains("насос"), "{pumps}");
}

/// Under a question of a number stands only the way out, and «1» is an answer; the saved test says the same.
#[test]
fn a_number_answers_a_question_of_a_number() {
    let home = Home::ready();
    let script = "нужен перфоратор\nЗапросить предложение\n1\nОтмена\n";
    let ran =
        home.tolmach(&["chat", "--lang", "ru", "--save-test", "one.test.yaml"]).stdin(script).run().ok();
    let (_, after) = ran.stdout.split_once("> 1\n").expect("the line is echoed");
    assert!(after.starts_with("В какой город доставить?\n  [Отмена]\n"), "{}", ran.stdout);
    assert!(after.contains("Если передумаете"), "the label presses: {}", ran.stdout);
    let saved = std::fs::read_to_string(home.path("one.test.yaml")).expect("saved");
    assert!(saved.contains("client: \"1\"") && saved.contains("press: Отмена"), "{saved}");
}

#[test]
fn scripts_of_every_editor_are_read() {
    let home = Home::ready();
    let script = "\u{feff}/start\r\n\r\n# note\r\n/help\r\n";
    let windows = home.write("windows.txt", script);
    let ran = home.tolmach(&["chat", "--lang", "en", "--script", &windows.to_string_lossy()]).run().ok();
    assert!(ran.stdout.contains("Hello!") && ran.stdout.contains("What I can do"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\r') && !ran.stdout.contains('\u{feff}'), "{:?}", ran.stdout);
    let piped = home.tolmach(&["chat", "--lang", "en", "--script", "-"]).stdin(script).run().ok();
    assert_eq!(piped.stdout, ran.stdout);
}

#[test]
fn an_invalid_script_is_an_error() {
    let home = Home::new();
    home.write("empty.txt", "\n# only a note\n\n");
    home.write("binary.txt", [0xff, 0xfe, 0x00]);
    home.tolmach(&["chat", "--script", "empty.txt"]).run().fails_with(&["the script has no lines"]);
    home.tolmach(&["chat", "--script", "binary.txt"]).run().fails_with(&["binary.txt", "UTF-8"]);
    home.tolmach(&["chat", "--script", "none.txt"]).run().fails_with(&["none.txt", "cannot be read"]);
    home.tolmach(&["chat"]).run().fails_with(&["no lines"]);
    home.tolmach(&["chat"]).stdin([0xd0]).run().fails_with(&["UTF-8"]);
    home.tolmach(&["leads"]).run().fails_with(&["tolmach-data", "no database yet"]);
    home.tolmach(&["replay", "terminal:me"]).run().fails_with(&["no database yet"]);
    assert_eq!(home.names(), ["binary.txt", "empty.txt"], "nothing was made");
}

/// The contact form and the given phone number survive a restart of the process.
#[test]
fn a_dialog_continues_in_the_next_process() {
    let home = Home::ready();
    let say =
        |line: &str| home.tolmach(&["chat", "--chat", "me", "--lang", "ru"]).stdin(line).run().ok().stdout;
    assert!(say("/contact").contains("имя и телефон"));
    assert!(say("8 999 123-45-67").contains("Как к вам обращаться"));
    let said = say("Пётр");
    assert!(said.contains("Спасибо, Пётр") && said.contains("+79991234567"), "{said}");
    let replayed = home.tolmach(&["replay", "terminal:me"]).run().ok().stdout;
    assert!(replayed.contains("3 turns replayed, 0 differ"), "{replayed}");
}

/// `tolmach … | head` closes the pipe early.
#[test]
fn a_closed_pipe_is_no_failure() {
    let home = Home::ready();
    let said = home.tolmach(&["catalog", "search", "дрель", "--limit", "100"]).run_unread().stderr;
    assert_eq!(said, "");
}
