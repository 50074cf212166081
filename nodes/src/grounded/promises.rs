//! Promises: what a generated sentence commits the company to.
//!
//! Whether a sentence agrees to a discount is read from stems of words, not understood. That errs on the side of
//! dropping: a sentence on such a subject stays only when a sentence of the knowledge says nearly the same.

use super::sentences;

/// A subject on which the company commits itself, with the beginnings of the words that tell it.
struct Subject {
    stems: &'static [&'static str],
    /// Whether the client may be referred to a manager about it.
    referable: bool,
}

/// The subjects. Stems are compared with the beginnings of words; those with a blank are looked for in the text.
const SUBJECTS: &[Subject] = &[
    // Discounts and gifts.
    Subject {
        stems: &[
            "скидк",
            "скидо",
            "скидон",
            "дешевл",
            "уступ",
            "уступк",
            "промокод",
            "купон",
            "бонус",
            "кэшб",
            "кешб",
            "подар",
            "бесплат",
            "даром",
            "акци",
            "распродаж",
            "сбав",
            "полцены",
            "discount",
            "cheaper",
            "rebate",
            "promo",
            "coupon",
            "voucher",
            "cashback",
            "bonus",
            "gift",
            "free",
            "complimentary",
            "sale",
            "half price",
            "lower price",
            "price cut",
            "knock off",
            "off the price",
        ],
        referable: false,
    },
    // Refunds and compensation.
    Subject {
        stems: &[
            "верн",
            "возврат",
            "возврач",
            "возмест",
            "возмещ",
            "компенс",
            "refund",
            "reimburs",
            "compensat",
            "money back",
            "return",
        ],
        referable: false,
    },
    // Payment links and details.
    Subject {
        stems: &[
            "ссылк",
            "реквизит",
            "перевед",
            "перевод",
            "предоплат",
            "link",
            "transfer",
            "prepay",
            "wire",
            "crypto",
            "биткойн",
            "биткоин",
            "bitcoin",
        ],
        referable: false,
    },
    // Agreement.
    Subject {
        stems: &[
            "подтвержд",
            "подтвержу",
            "подтверд",
            "соглас",
            "договорил",
            "обеща",
            "гарантиру",
            "обязу",
            "забронир",
            "резервир",
            "зарезервир",
            "отложу",
            "отложим",
            "зафиксир",
            "фиксиру",
            "confirm",
            "agree",
            "promis",
            "deal",
            "guarantee",
            "commit",
            "reserv",
            "i hold",
            "we hold",
            "put aside",
            "locked in",
        ],
        referable: false,
    },
    // Delivery.
    Subject {
        stems: &[
            "достав",
            "приед",
            "успее",
            "привез",
            "привоз",
            "отправ",
            "отгру",
            "курьер",
            "самовывоз",
            "deliver",
            "arriv",
            "ship",
            "dispatch",
            "courier",
        ],
        referable: true,
    },
    // Terms and payment.
    Subject {
        stems: &[
            "гаранти",
            "рассроч",
            "кредит",
            "лизинг",
            "отсроч",
            "оплат",
            "оплач",
            "плат",
            "услови",
            "срок",
            "warrant",
            "instal",
            "credit",
            "lease",
            "leasing",
            "defer",
            "pay",
            "paid",
            "terms",
            "invoice",
        ],
        referable: true,
    },
];

/// Words that, among the first of a sentence, agree to what was asked.
const AGREEMENT: &[&str] = &[
    "да",
    "ага",
    "угу",
    "конечно",
    "разумеется",
    "хорошо",
    "ладно",
    "ок",
    "окей",
    "верно",
    "точно",
    "именно",
    "правильно",
    "безусловно",
    "обязательно",
    "принято",
    "идет",
    "проблем",
    "рукам",
    "правы",
    "yes",
    "yeah",
    "yep",
    "sure",
    "certainly",
    "absolutely",
    "ok",
    "okay",
    "right",
    "correct",
    "indeed",
    "course",
    "fine",
    "done",
    "understood",
    "exactly",
    "true",
    "problem",
];

/// Beginnings of words that, anywhere in a sentence, agree to do what was asked.
const COMMITMENT: &[&str] =
    &["сдела", "оформ", "устро", "организу", "учт", "arrang", "apply", "applied", "process"];

/// How many words of a sentence its agreement stands in.
const FIRST: usize = 3;

/// Words that say nothing of their own.
const EMPTY: &[&str] = &[
    "и",
    "а",
    "но",
    "же",
    "ли",
    "бы",
    "в",
    "во",
    "на",
    "с",
    "со",
    "по",
    "за",
    "из",
    "от",
    "до",
    "для",
    "к",
    "ко",
    "о",
    "об",
    "при",
    "у",
    "вы",
    "вас",
    "вам",
    "вами",
    "ваш",
    "ваша",
    "ваше",
    "ваши",
    "вашу",
    "вашего",
    "мы",
    "нас",
    "нам",
    "наш",
    "наша",
    "наше",
    "наши",
    "я",
    "мне",
    "это",
    "этот",
    "эта",
    "эти",
    "так",
    "также",
    "есть",
    "быть",
    "будет",
    "все",
    "всё",
    "если",
    "или",
    "что",
    "как",
    "то",
    "the",
    "a",
    "an",
    "and",
    "or",
    "of",
    "to",
    "in",
    "on",
    "at",
    "for",
    "with",
    "from",
    "by",
    "you",
    "your",
    "we",
    "our",
    "us",
    "i",
    "it",
    "its",
    "is",
    "are",
    "be",
    "will",
    "can",
    "this",
    "that",
    "these",
    "there",
    "as",
    "if",
    "so",
    "also",
];

/// Words that turn a statement into its opposite.
const NEGATION: &[&str] =
    &["не", "нет", "нельзя", "без", "ни", "no", "not", "never", "none", "without", "cannot", "t", "nor"];

/// Words that refer the client to a person or offer to tell more.
const REFERRAL: &[&str] = &[
    "менеджер",
    "расска",
    "подска",
    "уточн",
    "специалист",
    "manager",
    "tell",
    "ask",
    "clarify",
    "let you know",
];

/// A sentence of a source, prepared for comparison.
#[derive(Clone)]
pub(super) struct Statement {
    words: Vec<String>,
    subjects: Vec<usize>,
    negated: bool,
}

impl Statement {
    fn of(text: &str) -> Statement {
        let words = words(text);
        let subjects = subjects(text, &words);
        let negated = words.iter().any(|word| NEGATION.contains(&word.as_str()));
        Statement { words, subjects, negated }
    }

    /// Whether this says nearly what `other` says: a sentence on all of its subjects, for or against them alike, with
    /// most of its words.
    fn says(&self, other: &Statement) -> bool {
        let content = other.words.iter().filter(|word| !is_empty(word));
        let (mut all, mut found) = (0, 0);
        for word in content {
            all += 1;
            found += usize::from(self.words.iter().any(|own| alike(own, word)));
        }
        self.negated == other.negated
            && other.subjects.iter().all(|subject| self.subjects.contains(subject))
            && all > 0
            && found * 3 >= all * 2
    }
}

/// The sentences of a source. A heading is one by itself.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    sentences(text).map(Statement::of).filter(|statement| !statement.words.is_empty()).collect()
}

/// Whether a client's message asks for a promise or holds a number or a link that an obedient model would agree to.
pub(super) fn leads(question: &str) -> bool {
    let words = words(question);
    !subjects(question, &words).is_empty()
        || question.chars().any(char::is_numeric)
        || !super::addresses(question).is_empty()
        || super::spelled_numbers(question).next().is_some()
}

/// Whether a sentence promises nothing that no source says. `sources` are read and `leads` is asked only where that decides;
/// `about_a_row` says that the sentence names a catalogue row.
pub(super) fn allowed<'s>(
    sentence: &str,
    mut sources: impl Iterator<Item = &'s Statement>,
    leads: impl FnOnce() -> bool,
    about_a_row: bool,
) -> bool {
    let said = Statement::of(sentence);
    let agrees = (said.words.iter().take(FIRST).any(|word| AGREEMENT.contains(&word.as_str()))
        || said.words.iter().any(|word| COMMITMENT.iter().any(|stem| word.starts_with(stem))))
        && leads();
    if said.subjects.is_empty() && (!agrees || about_a_row) {
        return true;
    }
    let referable = said.subjects.iter().all(|at| SUBJECTS.get(*at).is_some_and(|subject| subject.referable));
    let refers = said.words.iter().any(|word| REFERRAL.iter().any(|stem| word.starts_with(stem)))
        || REFERRAL.iter().any(|phrase| phrase.contains(' ') && sentence.to_lowercase().contains(phrase));
    (referable && refers && !agrees) || sources.any(|source| source.says(&said))
}

/// The words of a text in lower case, «ё» as «е».
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn subjects(text: &str, words: &[String]) -> Vec<usize> {
    let lower = text.to_lowercase();
    let tells = |subject: &Subject| {
        subject.stems.iter().any(|stem| match stem.contains(' ') {
            true => lower.contains(stem),
            false => words.iter().any(|word| word.starts_with(stem)),
        })
    };
    SUBJECTS.iter().enumerate().filter(|(_, subject)| tells(subject)).map(|(at, _)| at).collect()
}

fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word) || AGREEMENT.contains(&word) || NEGATION.contains(&word)
}

/// Whether two words are forms of one, as far as their beginnings tell.
fn alike(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    common == longest || common >= 4 && common * 5 >= longest * 3
}
