//! What clients of the demo want, as steps of a dialog.

use fastrand::Rng;
use tolmach_engine::language::Language;

use super::people::Person;

/// What a client does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Say(String),
    /// Presses the button whose label begins so; where there is none, nothing happens.
    Press(&'static str),
}

/// One dialog.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Whether somebody of the staff answers.
    pub(super) wants_person: bool,
}

const GOODS: [(&str, &str); 14] = [
    ("перфоратор", "rotary hammer"),
    ("шуруповёрт", "cordless drill"),
    ("бензиновый генератор", "petrol generator"),
    ("насос для скважины", "borehole pump"),
    ("сварочный инвертор", "welding inverter"),
    ("болгарка 125 мм", "angle grinder"),
    ("компрессор", "air compressor"),
    ("дренажный насос", "drainage pump"),
    ("рабочие перчатки", "work gloves"),
    ("лазерный уровень", "laser level"),
    ("бензопила", "chainsaw"),
    ("мойка высокого давления", "pressure washer"),
    ("бетономешалка", "concrete mixer"),
    ("тепловая пушка", "fan heater"),
];
const CITIES: [(&str, &str); 6] = [
    ("Казань", "Kazan"),
    ("Тверь", "Tver"),
    ("Самару", "Samara"),
    ("Пермь", "Perm"),
    ("Тулу", "Tula"),
    ("Рязань", "Ryazan"),
];
const SERVICES: [(&str, &str); 6] = [
    ("какая гарантия?", "what is the warranty?"),
    ("как можно оплатить?", "how can I pay?"),
    ("можно вернуть, если не подойдёт?", "can I return it?"),
    ("где вы находитесь?", "where are you?"),
    ("работаете в субботу?", "are you open on Saturday?"),
    ("сколько стоит доставка?", "how much is delivery?"),
];
/// Nothing that the bundle knows.
const UNKNOWN: [(&str, &str); 8] = [
    ("сдаёте инструмент в аренду на выходные?", "can I rent a plate compactor for two days?"),
    ("а напрокат виброплиту можно взять?", "do you hire out tools?"),
    ("берёте старый инструмент в зачёт нового?", "do you take old tools in part exchange?"),
    ("есть ли у вас вакансии кладовщика?", "are you hiring drivers?"),
    ("затачиваете цепи для пил?", "do you sharpen saw chains?"),
    ("проводите обучение сварке?", "do you teach welding?"),
    ("дадите скидку пенсионерам?", "any discount for students?"),
    ("можно оплатить криптовалютой?", "do you accept gift cards of other shops?"),
];

/// A dialog of somebody.
pub(super) fn script(person: &Person, random: &mut Rng) -> Script {
    let mut talk = Talk { person, steps: Vec::new() };
    let wish = random.u8(..100);
    match wish {
        ..58 => talk.search(random),
        58..81 => talk.services(random),
        81..83 => talk.call_me(random),
        83..87 => talk.manager(random),
        87..89 => talk.complaint(random),
        89..97 => talk.unknown(random),
        _ => talk.lost(random),
    }
    Script { steps: talk.steps, wants_person: (83..89).contains(&wish) }
}

struct Talk<'p> {
    person: &'p Person,
    steps: Vec<Step>,
}

impl Talk<'_> {
    fn two(&self, (ru, en): (&'static str, &'static str)) -> &'static str {
        match self.person.language {
            Language::Ru => ru,
            Language::En => en,
        }
    }

    fn of(&self, texts: &[(&'static str, &'static str)], random: &mut Rng) -> &'static str {
        random.choice(texts).map_or("", |both| self.two(*both))
    }

    fn say(&mut self, text: impl Into<String>) {
        self.steps.push(Step::Say(text.into()));
    }

    fn press(&mut self, labels: (&'static str, &'static str)) {
        let label = self.two(labels);
        self.steps.push(Step::Press(label));
    }

    fn greeting(&mut self, random: &mut Rng) {
        if random.u8(..10) < 3 {
            let text = self.of(&[("здравствуйте", "hello"), ("добрый день", "good afternoon")], random);
            self.say(text);
        }
    }

    fn contact(&mut self, random: &mut Rng) {
        let Person { name, phone, email, .. } = self.person;
        match random.u8(..10) {
            ..5 => self.say(format!("{name}, {phone}")),
            5 => {
                self.say(phone.clone());
                self.say((*name).to_owned());
            }
            6 => self.say(format!("{name}, {email}")),
            _ => {
                self.press(("Отмена", "Cancel"));
                self.goodbye(random);
            }
        }
    }

    /// Whoever says that they go is not taken for somebody who looked and went silent.
    fn goodbye(&mut self, random: &mut Rng) {
        let texts = [
            ("спасибо, до свидания", "thanks, bye"),
            ("всего доброго", "have a nice day"),
            ("спасибо, больше ничего не нужно", "that is all"),
        ];
        let text = self.of(&texts, random);
        self.say(text);
    }

    fn search(&mut self, random: &mut Rng) {
        self.greeting(random);
        let goods = self.of(&GOODS, random);
        let thousands = random.u8(4..40);
        let text = match (self.person.language, random.u8(..3)) {
            (Language::Ru, 0) => format!("есть {goods} до {thousands} тысяч?"),
            (Language::Ru, 1) => format!("почём {goods}?"),
            (Language::Ru, _) => goods.to_owned(),
            (Language::En, 0) => format!("{goods} under {thousands}000"),
            (Language::En, _) => format!("what is the price of {goods}?"),
        };
        self.say(text);
        if random.bool() {
            let refine = [
                ("а подешевле есть?", "anything cheaper?"),
                ("а второй сколько стоит?", "how much is the second one?"),
                ("расскажите про первый", "tell me about the first one"),
                ("до 15 тысяч", "under 15000"),
            ];
            let text = self.of(&refine, random);
            self.say(text);
        }
        if random.u8(..10) < 3 {
            let text = self.of(&SERVICES, random);
            self.say(text);
        }
        // Of a hundred who look, some leave a contact, most go with a word, and few without one.
        match random.u8(..100) {
            ..3 => {
                self.press(("Запросить предложение", "Ask for a quote"));
                self.say(random.u8(1..9).to_string());
                let city = self.of(&CITIES, random);
                self.say(city);
                let when = self.two(("не горит", "no hurry"));
                self.say(when);
                self.contact(random);
            }
            3..8 => {
                self.press(("Связаться с менеджером", "Talk to a manager"));
                self.contact(random);
            }
            8..99 => {
                if random.u8(..10) < 3 {
                    let thanks = self.two(("спасибо, подумаю", "thanks, I will think about it"));
                    self.say(thanks);
                }
                self.goodbye(random);
            }
            _ => {}
        }
    }

    fn services(&mut self, random: &mut Rng) {
        let city = self.of(&CITIES, random);
        let text = match self.person.language {
            Language::Ru => format!("есть доставка в {city}?"),
            Language::En => format!("do you deliver to {city}?"),
        };
        self.say(text);
        let text = self.of(&SERVICES, random);
        self.say(text);
        if random.bool() {
            let thanks = self.two(("спасибо", "thank you"));
            self.say(thanks);
        }
    }

    fn call_me(&mut self, random: &mut Rng) {
        let phone = self.person.phone.clone();
        let text = match self.person.language {
            Language::Ru => format!("перезвоните мне, {phone}"),
            Language::En => format!("call me back, {phone}"),
        };
        if random.bool() {
            let goods = self.of(&GOODS, random);
            self.say(goods);
        }
        self.say(text);
        self.say(self.person.name);
    }

    fn manager(&mut self, random: &mut Rng) {
        self.greeting(random);
        if random.u8(..10) < 7 {
            let goods = self.of(&GOODS, random);
            self.say(goods);
        }
        let calls = [
            ("позовите менеджера", "I want to talk to a human"),
            ("соедините с оператором", "operator, please"),
            ("хочу оформить заказ", "I want to place an order"),
        ];
        let text = self.of(&calls, random);
        self.say(text);
        if random.u8(..10) < 7 {
            self.contact(random);
        }
    }

    fn complaint(&mut self, random: &mut Rng) {
        let complaints = [
            ("третью неделю жду заказ, это безобразие", "my order is three weeks late, this is outrageous"),
            ("привезли не то, что я заказывал", "you delivered the wrong thing"),
            ("инструмент сломался через день", "the tool broke after one day"),
        ];
        let text = self.of(&complaints, random);
        self.say(text);
        self.press(("Да", "Yes"));
        self.contact(random);
    }

    fn unknown(&mut self, random: &mut Rng) {
        let text = self.of(&UNKNOWN, random);
        self.say(text);
        if random.bool() {
            let goods = self.of(&GOODS, random);
            self.say(goods);
            self.goodbye(random);
        }
    }

    fn lost(&mut self, random: &mut Rng) {
        let texts =
            [("эээ", "uh"), ("как тут всё устроено", "what is this"), ("ничего не понимаю", "I am lost")];
        let text = self.of(&texts, random);
        self.say(text);
        self.press(("Связаться с менеджером", "Talk to a manager"));
    }
}
