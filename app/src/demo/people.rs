//! Clients that nobody is: first names of the table of names, phone numbers and addresses that are in nobody's use.

use fastrand::Rng;
use tolmach_engine::{event::Client, language::Language};
use tolmach_runtime::ports::Address;

/// First names, all of the table by which names are recognised.
const RUSSIAN: [&str; 32] = [
    "Александр",
    "Алексей",
    "Анастасия",
    "Андрей",
    "Анна",
    "Антон",
    "Валентина",
    "Василий",
    "Виктор",
    "Галина",
    "Дарья",
    "Денис",
    "Дмитрий",
    "Евгений",
    "Екатерина",
    "Иван",
    "Игорь",
    "Ирина",
    "Кирилл",
    "Константин",
    "Мария",
    "Михаил",
    "Наталья",
    "Николай",
    "Олег",
    "Ольга",
    "Павел",
    "Роман",
    "Сергей",
    "Татьяна",
    "Юлия",
    "Ярослав",
];
const ENGLISH: [&str; 10] =
    ["Alice", "Brian", "Daniel", "Emma", "George", "Henry", "Laura", "Martin", "Oliver", "Sophie"];

/// A client of the demo.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) address: Address,
    pub(super) language: Language,
    /// The name that they give when they are asked.
    pub(super) name: &'static str,
    pub(super) phone: String,
    pub(super) email: String,
    /// What the channel tells of them.
    pub(super) client: Client,
}

impl Person {
    pub(super) fn new(number: usize, random: &mut Rng) -> Person {
        let language = if random.u8(..10) < 2 { Language::En } else { Language::Ru };
        let names: &[&'static str] = if language == Language::En { &ENGLISH } else { &RUSSIAN };
        let name = random.choice(names.iter().copied()).unwrap_or("Анна");
        let telegram = random.u8(..10) < 4;
        let (channel, id) = match telegram {
            // Longer than any id of a person.
            true => ("telegram", format!("{}", 990_000_000_000_000_u64 + number as u64)),
            false => ("web", format!("{:032x}", random.u128(..))),
        };
        let client = match telegram {
            true => Client { first_name: name.to_owned(), language: Some(language), ..Client::default() },
            false => Client { language: Some(language), ..Client::default() },
        };
        Person {
            address: Address { channel: channel.to_owned(), id },
            language,
            name,
            phone: phone(language, random),
            email: format!("client{number}@example.com"),
            client,
        }
    }
}

/// A number that nobody has: British ones that the regulator keeps for drama, and Russian ones with a code that is not assigned.
fn phone(language: Language, random: &mut Rng) -> String {
    match language {
        Language::En => format!("+44 7700 900{:03}", random.u16(..1000)),
        Language::Ru => {
            format!("8 945 {:03}-{:02}-{:02}", random.u16(100..1000), random.u8(..100), random.u8(..100))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let made = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..50).map(|number| Person::new(number, &mut random)).collect::<Vec<_>>()
        };
        let shown = |people: &[Person]| format!("{people:?}");
        assert_eq!(shown(&made(1)), shown(&made(1)));
        assert_ne!(shown(&made(1)), shown(&made(2)));
        let people = made(3);
        for language in Language::ALL {
            assert!(people.iter().any(|person| person.language == language), "{language:?}");
        }
        assert!(people.iter().all(|person| person.email.ends_with("@example.com")));
        assert!(people.iter().any(|person| person.address.channel == "telegram"));
    }
}
