//! Texts that a hostile client sends: whatever is repeated, reading takes time linear in the length.
//!
//! The measure is the processor time of the thread, because the readers count no steps and a busy machine must not decide:
//! the least of several runs, on texts so long that a reader of quadratic time is far beyond the bound and one of linear
//! time far below it.

use std::time::Duration;

use proptest::prelude::*;

use crate::reading::{HOSTILE, READERS, Reader};

/// Characters of the shorter text. The longer one has [`TIMES`] times as many.
const LENGTH: usize = 2_000;
const TIMES: usize = 4;
/// Linear time makes 4 of it, quadratic time 16.
const MOST: f64 = 9.0;
/// Readings of the longer text that are faster than this are not judged: their measurement is noise.
const NOISE: Duration = Duration::from_millis(10);

/// Pieces that texts are repeated from: what one of the readers looks around for.
const PIECES: &[&str] = &[
    "1",
    "8",
    "7",
    "0",
    "12",
    "999",
    "15 000",
    "111",
    "+7",
    "8 999 123-45-67",
    "1/2",
    "1,5",
    "2.5",
    "15.03",
    "10:30",
    " ",
    "  ",
    "\u{a0}",
    "\n",
    "-",
    "–",
    "—",
    ".",
    ",",
    "!",
    "?",
    ":",
    ";",
    "/",
    "(",
    ")",
    "[",
    "]",
    "{",
    "\"",
    "«",
    "'",
    "@",
    "#",
    "№",
    "=",
    "_",
    "*",
    "+",
    "$",
    "₽",
    "°",
    "%",
    "…",
    "²",
    "a",
    "x",
    "х",
    "of",
    "and",
    "ru",
    "б",
    "ё",
    "до",
    "от",
    "за",
    "не",
    "более",
    "между",
    "и",
    "около",
    "бюджет",
    "по",
    "цене",
    "чем",
    "в",
    "т",
    "р",
    "руб",
    "шт",
    "кг",
    "см",
    "м",
    "м2",
    "кВт",
    "л/мин",
    "тысяч",
    "миллион",
    "сотня",
    "десяток",
    "два",
    "двадцать",
    "сто",
    "hundred",
    "half",
    "a dozen",
    "пол",
    "метр",
    "с половиной",
    "через",
    "недели",
    "рабочих",
    "дней",
    "марта",
    "15-го",
    "пятницу",
    "следующей",
    "next",
    "ivan",
    "mail",
    "собака",
    "точка",
    "at",
    "dot",
    "ivan@mail.ru",
    "да",
    "нет",
    "конечно",
    "yes",
    "меня зовут",
    "тел",
    "инн",
    "доб. 1",
    "длина",
    "wide",
    "http://",
    "www.",
    "👍",
    "\u{202e}",
    "İ",
    "ß",
    "ﷺ",
];

fn repeated(motif: &str, length: usize) -> String {
    motif.chars().cycle().take(length).collect()
}

fn time((_, read): &Reader, text: &str) -> Duration {
    let started = processor_time();
    read(text);
    processor_time().saturating_sub(started)
}

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Checks every reader on a text that goes on as `head`, then `motif` again and again, then `tail`.
fn check(head: &str, motif: &str, tail: &str) -> Result<(), String> {
    let text = |length| format!("{head}{}{tail}", repeated(motif, length));
    let (short, long) = (text(LENGTH), text(LENGTH * TIMES));
    for reader in READERS {
        let (mut least_short, mut least_long) = (Duration::MAX, Duration::MAX);
        let mut grows = true;
        // Most readers pass at once; one that does not is measured again before it is called slow.
        for _ in 0..6 {
            least_long = least_long.min(time(reader, &long));
            if least_long < NOISE {
                grows = false;
                break;
            }
            least_short = least_short.min(time(reader, &short));
            grows = least_long.as_secs_f64() > MOST * least_short.as_secs_f64();
            if !grows {
                break;
            }
        }
        if grows {
            return Err(format!(
                "{}: {least_short:?} for {LENGTH} characters, {least_long:?} for {} of «{head}» «{motif}»… «{tail}»",
                reader.0,
                LENGTH * TIMES
            ));
        }
    }
    Ok(())
}

#[test]
fn known_hostile_texts_are_read_in_linear_time() {
    let wrong: Vec<String> = HOSTILE.iter().filter_map(|motif| check("", motif, "").err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A run of blanks or signs at one end, which a reader may trim again for each match.
#[test]
fn runs_of_blanks_and_signs_around_a_hostile_text_are_read_once() {
    let run = |sign: &str| sign.repeat(LENGTH);
    for sign in [" ", ".", "-", "(", "\n"] {
        for motif in ["1.1 ", "5 м ", "8 9 1 2 3 4 5 6 7 8 9 ", "до 5 тысяч ", "метр "] {
            check(&run(sign), motif, "").unwrap();
            check("", motif, &run(sign)).unwrap();
        }
    }
}

/// The text of the report: 4,000 characters took 34 seconds.
#[test]
fn the_reported_text_is_read() {
    let text = repeated("1 2 3 4 5 6 7 8 9 0 ", 4_000);
    let started = processor_time();
    crate::reading::read_all(&text);
    // Unoptimised code needs a twentieth of it.
    let took = processor_time().saturating_sub(started);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn any_repeated_text_is_read_in_linear_time(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..6),
        between in proptest::sample::select(vec!["", " "]),
        head in proptest::sample::select(PIECES),
        tail in proptest::sample::select(PIECES),
    ) {
        let motif = pieces.join(between);
        check(head, &motif, tail).map_err(TestCaseError::fail)?;
    }
}
