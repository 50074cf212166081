//! The guide is tested: its files are written, its commands run, and their output is compared.

use crate::support::Home;

/// A code block of the guide: the info string, and its lines.
struct Block<'a> {
    form: &'a str,
    file: &'a str,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(head), None) => {
                let (form, file) = head.split_once(' ').unwrap_or((head, ""));
                open = Some(Block { form, file, text: String::new() });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of the guide is not closed");
    blocks
}

#[test]
fn an_analyst_can_follow_the_guide() {
    follow(include_str!("../../../docs/guide.md"));
}

#[test]
fn a_service_business_can_follow_its_guide() {
    follow(include_str!("../../../docs/guide-service.md"));
}

fn follow(guide: &str) {
    let home = Home::new();
    let mut commands = 0;
    for block in blocks(guide) {
        match block.form {
            "yaml" | "text" | "toml" => {
                home.write(block.file, &block.text);
            }
            // Configurations of other programs: only what the server needs of them is checked.
            "nginx" => {
                for needed in ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "Upgrade", "Connection"] {
                    assert!(block.text.contains(&format!("proxy_set_header {needed} ")), "{needed}");
                }
                assert_eq!(block.text.matches('{').count(), block.text.matches('}').count());
            }
            "caddy" => assert_eq!(block.text.matches('{').count(), block.text.matches('}').count()),
            // Two lines: the text to replace, and the replacement.
            "sed" => {
                let (old, new) = block.text.trim_end().split_once('\n').expect("two lines");
                let path = home.path(block.file);
                let before = std::fs::read_to_string(&path).expect("the file is there");
                assert!(before.contains(old), "{} holds no «{old}»", block.file);
                home.write(block.file, before.replace(old, new));
            }
            // A line that is there, and lines to put before it.
            "before" => {
                let (line, added) = block.text.split_once('\n').expect("a line and more");
                let path = home.path(block.file);
                let before = std::fs::read_to_string(&path).expect("the file is there");
                let line = format!("\n{line}\n");
                assert_eq!(before.matches(&line).count(), 1, "{} holds «{line}» once", block.file);
                home.write(block.file, before.replace(&line, &format!("\n{}{line}", added.trim_end())));
            }
            "console" => commands += console(&home, &block.text),
            other => panic!("the guide has a block of the form {other}"),
        }
    }
    assert!(commands > 7, "only {commands} commands of the guide were run");
}

/// Runs the commands of a block. The lines below each must occur in the output in order; `…` matches anything.
fn console(home: &Home, text: &str) -> usize {
    let commands: Vec<&str> = text.split("$ tolmach ").skip(1).collect();
    for command in &commands {
        let (line, shown) = command.split_once('\n').unwrap_or((command, ""));
        let ran = home.tolmach(&words(line).iter().map(String::as_str).collect::<Vec<_>>()).run();
        let out = format!("{}{}", ran.stdout, ran.stderr).replace('\u{a0}', " ");
        let mut rest = out.as_str();
        for shown in shown.lines().filter(|line| !line.trim().is_empty() && *line != "…") {
            for part in shown.split('…').map(str::trim).filter(|part| !part.is_empty()) {
                let at = rest.find(part);
                let at = at.unwrap_or_else(|| {
                    panic!("$ tolmach {line}\n«{part}» does not come out; what does:\n{out}")
                });
                rest = &rest[at + part.len()..];
            }
        }
    }
    commands.len()
}

/// Splits a command line into words; quoted words stay whole.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words
}
