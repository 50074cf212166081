//! What the sample price list sells: families of goods, each a few models in a few makes.
//!
//! The makes are invented. Texts are written out in full in both languages, because joining words by rule breaks Russian.

/// A group of models that share a name and a description.
pub struct Family {
    /// Section of the price list, Russian and English.
    pub category: (&'static str, &'static str),
    /// Start of the articles.
    pub prefix: &'static str,
    /// Name; `{brand}`, `{model}` and `{option}` are filled in.
    pub name: (&'static str, &'static str),
    /// What it is for.
    pub text: (&'static str, &'static str),
    /// Unit of sale.
    pub unit: &'static str,
    /// Makes that offer it.
    pub brands: &'static [(&'static str, f64)],
    /// Russian, English, price in roubles of the plain version.
    pub models: &'static [(&'static str, &'static str, f64)],
    /// Russian, English, share of the plain price.
    pub options: &'static [(&'static str, &'static str, f64)],
}

const POWER: &[(&str, f64)] =
    &[("Korvund", 1.0), ("Stavrek", 1.18), ("Ormadel", 0.92), ("Velmarq", 1.3), ("Дрекунд", 0.87)];
const SITE: &[(&str, f64)] = &[("Тормунд", 0.94), ("Korvund", 1.0), ("Кременд", 0.82), ("Stavrek", 1.16)];
const WATER: &[(&str, f64)] = &[("Гидрумак", 1.0), ("Тормунд", 0.9), ("Velmarq", 1.24)];
const LIGHT: &[(&str, f64)] = &[("Светунд", 1.0), ("Ormadel", 0.88), ("Velmarq", 1.2)];
const GUARD: &[(&str, f64)] = &[("Оберген", 1.0), ("Кременд", 0.84), ("Stavrek", 1.22)];
const GAUGE: &[(&str, f64)] = &[("Мерегон", 1.0), ("Ormadel", 0.82), ("Velmarq", 1.28)];

const DRILLS: (&str, &str) = ("Дрели и шуруповёрты", "Drills and drivers");
const HAMMERS: (&str, &str) = ("Перфораторы и отбойные молотки", "Rotary hammers and breakers");
const GRINDERS: (&str, &str) = ("Шлифовальные машины", "Grinders and sanders");
const SAWS: (&str, &str) = ("Пилы", "Saws");
const WELDING: (&str, &str) = ("Сварочное оборудование", "Welding equipment");
const PUMPS: (&str, &str) = ("Насосы", "Pumps");
const AIR: (&str, &str) = ("Компрессоры и пневмоинструмент", "Compressors and air tools");
const GENERATORS: (&str, &str) = ("Генераторы", "Generators");
const CLEANING: (&str, &str) = ("Уборочная техника", "Cleaning equipment");
const HAND: (&str, &str) = ("Ручной инструмент", "Hand tools");
const MEASURING: (&str, &str) = ("Измерительный инструмент", "Measuring tools");
const LIGHTING: (&str, &str) = ("Освещение", "Lighting");
const WORKWEAR: (&str, &str) = ("Спецодежда и средства защиты", "Workwear and protection");
const BITS: (&str, &str) = ("Расходные материалы", "Consumables");
const CONCRETE: (&str, &str) = ("Строительное оборудование", "Construction equipment");

const PLAIN: &[(&str, &str, f64)] = &[("", "", 1.0)];
const CASE: &[(&str, &str, f64)] = &[("", "", 1.0), (" в кейсе", " in a case", 1.12)];
const BATTERIES: &[(&str, &str, f64)] = &[
    (" без аккумулятора", " without battery", 0.68),
    (" с одним аккумулятором", " with one battery", 1.0),
    (" с двумя аккумуляторами в кейсе", " with two batteries in a case", 1.34),
];
const SIZES: &[(&str, &str, f64)] = &[
    (", размер M", ", size M", 1.0),
    (", размер L", ", size L", 1.0),
    (", размер XL", ", size XL", 1.0),
    (", размер XXL", ", size XXL", 1.06),
];

/// Every family, in the order of the price list.
pub const FAMILIES: &[Family] = &[
    Family {
        category: DRILLS,
        prefix: "DR",
        name: ("Дрель ударная {brand} {model}{option}", "Impact drill {brand} {model}{option}"),
        text: (
            "Для сверления дерева, металла и кирпича. Регулировка оборотов и реверс.",
            "For drilling wood, metal and brick. Variable speed and reverse.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("550 Вт, патрон 13 мм", "550 W, 13 mm chuck", 2890.0),
            ("650 Вт, патрон 13 мм", "650 W, 13 mm chuck", 3590.0),
            ("750 Вт, патрон 13 мм", "750 W, 13 mm chuck", 4490.0),
            ("850 Вт, патрон 13 мм", "850 W, 13 mm chuck", 5690.0),
            ("1050 Вт, патрон 13 мм", "1050 W, 13 mm chuck", 7990.0),
        ],
        options: CASE,
    },
    Family {
        category: DRILLS,
        prefix: "DC",
        name: (
            "Дрель-шуруповёрт аккумуляторная {brand} {model}{option}",
            "Cordless drill driver {brand} {model}{option}",
        ),
        text: (
            "Две скорости, подсветка и муфта с двадцатью положениями.",
            "Two speeds, a work light and a clutch with twenty settings.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("12 В, 28 Нм", "12 V, 28 Nm", 4290.0),
            ("12 В бесщёточная, 35 Нм", "12 V brushless, 35 Nm", 5990.0),
            ("18 В, 45 Нм", "18 V, 45 Nm", 6790.0),
            ("18 В бесщёточная, 60 Нм", "18 V brushless, 60 Nm", 9490.0),
            ("18 В бесщёточная, 80 Нм", "18 V brushless, 80 Nm", 13900.0),
        ],
        options: BATTERIES,
    },
    Family {
        category: DRILLS,
        prefix: "IW",
        name: (
            "Гайковёрт ударный аккумуляторный {brand} {model}{option}",
            "Cordless impact wrench {brand} {model}{option}",
        ),
        text: (
            "Квадрат 1/2 дюйма, три ступени момента. Для шиномонтажа и металлоконструкций.",
            "Half-inch square drive, three torque steps. For tyre shops and steel structures.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("18 В, 250 Нм", "18 V, 250 Nm", 8990.0),
            ("18 В, 400 Нм", "18 V, 400 Nm", 12900.0),
            ("18 В, 700 Нм", "18 V, 700 Nm", 17900.0),
        ],
        options: BATTERIES,
    },
    Family {
        category: HAMMERS,
        prefix: "RH",
        name: (
            "Перфоратор {brand} SDS-Plus {model}{option}",
            "Rotary hammer {brand} SDS-Plus {model}{option}",
        ),
        text: (
            "Три режима: сверление, сверление с ударом и долбление. Предохранительная муфта.",
            "Three modes: drilling, hammer drilling and chiselling. Safety clutch.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("620 Вт 2,0 Дж", "620 W 2.0 J", 5290.0),
            ("800 Вт 2,6 Дж", "800 W 2.6 J", 7490.0),
            ("850 Вт 3,0 Дж", "850 W 3.0 J", 8990.0),
            ("1050 Вт 3,6 Дж", "1050 W 3.6 J", 11900.0),
            ("1250 Вт 5,0 Дж", "1250 W 5.0 J", 15900.0),
        ],
        options: &[
            ("", "", 1.0),
            (" в кейсе", " in a case", 1.1),
            (" с набором буров", " with a set of drill bits", 1.22),
        ],
    },
    Family {
        category: HAMMERS,
        prefix: "RM",
        name: ("Перфоратор {brand} SDS-Max {model}{option}", "Rotary hammer {brand} SDS-Max {model}{option}"),
        text: (
            "Для бурения бетона диаметром до 52 мм. Система гашения вибрации.",
            "For drilling concrete up to 52 mm. Vibration damping.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("1100 Вт 8 Дж", "1100 W 8 J", 21900.0),
            ("1350 Вт 12 Дж", "1350 W 12 J", 29900.0),
            ("1600 Вт 18 Дж", "1600 W 18 J", 42900.0),
        ],
        options: CASE,
    },
    Family {
        category: HAMMERS,
        prefix: "RC",
        name: (
            "Перфоратор аккумуляторный {brand} SDS-Plus {model}{option}",
            "Cordless rotary hammer {brand} SDS-Plus {model}{option}",
        ),
        text: (
            "Работает там, где нет розетки. Бесщёточный двигатель, подсветка.",
            "Works where there is no socket. Brushless motor, work light.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[("18 В 1,8 Дж", "18 V 1.8 J", 11900.0), ("18 В 2,4 Дж", "18 V 2.4 J", 15900.0)],
        options: BATTERIES,
    },
    Family {
        category: HAMMERS,
        prefix: "BR",
        name: ("Отбойный молоток {brand} {model}{option}", "Demolition hammer {brand} {model}{option}"),
        text: (
            "Для демонтажа бетона, кирпича и асфальта. Работает с пиками и лопатками.",
            "For breaking concrete, brick and asphalt. Takes points and chisels.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("1300 Вт 16 Дж, SDS-Max", "1300 W 16 J, SDS-Max", 18900.0),
            ("1700 Вт 45 Дж, HEX 30", "1700 W 45 J, HEX 30", 27900.0),
            ("2200 Вт 65 Дж, HEX 30", "2200 W 65 J, HEX 30", 38900.0),
        ],
        options: &[("", "", 1.0), (" с двумя пиками", " with two points", 1.08)],
    },
    Family {
        category: GRINDERS,
        prefix: "AG",
        name: ("Угловая шлифмашина {brand} {model}{option}", "Angle grinder {brand} {model}{option}"),
        text: (
            "Болгарка для резки и шлифовки металла и камня. Защита от случайного пуска.",
            "For cutting and grinding metal and stone. Protected against accidental start.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("125 мм 850 Вт", "125 mm 850 W", 3490.0),
            ("125 мм 1100 Вт", "125 mm 1100 W", 4990.0),
            ("125 мм 1400 Вт", "125 mm 1400 W", 6990.0),
            ("150 мм 1500 Вт", "150 mm 1500 W", 8490.0),
            ("180 мм 1900 Вт", "180 mm 1900 W", 9990.0),
            ("230 мм 2400 Вт", "230 mm 2400 W", 12490.0),
        ],
        options: &[("", "", 1.0), (" с регулировкой оборотов", " with variable speed", 1.15)],
    },
    Family {
        category: GRINDERS,
        prefix: "OS",
        name: (
            "Эксцентриковая шлифмашина {brand} {model}{option}",
            "Random orbital sander {brand} {model}{option}",
        ),
        text: (
            "Для чистовой обработки дерева и шпатлёвки. Сбор пыли в контейнер или пылесос.",
            "For finishing wood and filler. Dust goes to a box or a vacuum cleaner.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("125 мм 320 Вт", "125 mm 320 W", 4290.0),
            ("125 мм 450 Вт", "125 mm 450 W", 5790.0),
            ("150 мм 600 Вт", "150 mm 600 W", 8990.0),
        ],
        options: CASE,
    },
    Family {
        category: GRINDERS,
        prefix: "BG",
        name: ("Точильный станок {brand} {model}{option}", "Bench grinder {brand} {model}{option}"),
        text: (
            "Для заточки инструмента. Два круга разной зернистости.",
            "For sharpening tools. Two wheels of different grit.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("150 мм 250 Вт", "150 mm 250 W", 4190.0),
            ("200 мм 400 Вт", "200 mm 400 W", 6490.0),
            ("250 мм 750 Вт", "250 mm 750 W", 12900.0),
        ],
        options: PLAIN,
    },
    Family {
        category: SAWS,
        prefix: "CS",
        name: ("Циркулярная пила {brand} {model}{option}", "Circular saw {brand} {model}{option}"),
        text: (
            "Продольный и поперечный рез досок и листов. Наклон основания до 45 градусов.",
            "Rips and crosscuts boards and panels. The base tilts to 45 degrees.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("165 мм 1200 Вт", "165 mm 1200 W", 5990.0),
            ("190 мм 1500 Вт", "190 mm 1500 W", 7990.0),
            ("210 мм 1900 Вт", "210 mm 1900 W", 10900.0),
        ],
        options: &[("", "", 1.0), (" с лазером", " with a laser guide", 1.1)],
    },
    Family {
        category: SAWS,
        prefix: "JS",
        name: ("Лобзик электрический {brand} {model}{option}", "Jigsaw {brand} {model}{option}"),
        text: (
            "Фигурный рез дерева, пластика и тонкого металла. Маятниковый ход.",
            "Curved cuts in wood, plastic and thin metal. Pendulum action.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("600 Вт, рез до 65 мм", "600 W, cuts to 65 mm", 3790.0),
            ("750 Вт, рез до 90 мм", "750 W, cuts to 90 mm", 5490.0),
            ("850 Вт, рез до 120 мм", "850 W, cuts to 120 mm", 8290.0),
        ],
        options: CASE,
    },
    Family {
        category: SAWS,
        prefix: "CH",
        name: ("Бензопила цепная {brand} {model}{option}", "Petrol chainsaw {brand} {model}{option}"),
        text: (
            "Для валки, раскряжёвки и заготовки дров. Лёгкий пуск, тормоз цепи.",
            "For felling, bucking and firewood. Easy start, chain brake.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("1,5 кВт, шина 35 см", "1.5 kW, 35 cm bar", 9990.0),
            ("2,2 кВт, шина 40 см", "2.2 kW, 40 cm bar", 14900.0),
            ("2,8 кВт, шина 45 см", "2.8 kW, 45 cm bar", 19900.0),
        ],
        options: &[("", "", 1.0), (" с запасной цепью", " with a spare chain", 1.07)],
    },
    Family {
        category: WELDING,
        prefix: "WI",
        name: ("Сварочный инвертор {brand} {model}{option}", "Welding inverter {brand} {model}{option}"),
        text: (
            "Ручная дуговая сварка электродом. Горячий старт, форсаж дуги, защита от залипания.",
            "Stick welding. Hot start, arc force, anti-stick.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("160 А", "160 A", 7990.0),
            ("190 А", "190 A", 9990.0),
            ("220 А", "220 A", 12490.0),
            ("250 А", "250 A", 15900.0),
            ("315 А, 380 В", "315 A, 380 V", 32900.0),
        ],
        options: &[("", "", 1.0), (" в кейсе с маской", " in a case with a mask", 1.24)],
    },
    Family {
        category: WELDING,
        prefix: "WM",
        name: ("Сварочный полуавтомат {brand} {model}{option}", "MIG welder {brand} {model}{option}"),
        text: (
            "Сварка проволокой в среде газа и порошковой проволокой без газа.",
            "Welds with solid wire in gas and with flux-cored wire without gas.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("160 А", "160 A", 18900.0),
            ("200 А", "200 A", 26900.0),
            ("250 А", "250 A", 39900.0),
            ("350 А, 380 В", "350 A, 380 V", 89900.0),
        ],
        options: &[("", "", 1.0), (" с горелкой 3 м", " with a 3 m torch", 1.08)],
    },
    Family {
        category: WELDING,
        prefix: "WH",
        name: (
            "Маска сварщика хамелеон {brand} {model}{option}",
            "Auto-darkening welding helmet {brand} {model}{option}",
        ),
        text: (
            "Светофильтр темнеет за доли миллисекунды. Регулировка затемнения и чувствительности.",
            "The filter darkens within a fraction of a millisecond. Adjustable shade and sensitivity.",
        ),
        unit: "шт",
        brands: GUARD,
        models: &[
            ("DIN 9–13", "DIN 9-13", 2490.0),
            ("DIN 5–13, большое окно", "DIN 5-13, large window", 4990.0),
        ],
        options: PLAIN,
    },
    Family {
        category: WELDING,
        prefix: "WE",
        name: ("Электроды сварочные {brand} {model}{option}", "Welding electrodes {brand} {model}{option}"),
        text: (
            "Рутиловое покрытие, для углеродистых сталей, любое положение шва.",
            "Rutile coating, for carbon steels, all positions.",
        ),
        unit: "уп",
        brands: SITE,
        models: &[
            ("2,5 мм, 1 кг", "2.5 mm, 1 kg", 420.0),
            ("3 мм, 1 кг", "3 mm, 1 kg", 390.0),
            ("3 мм, 5 кг", "3 mm, 5 kg", 1790.0),
            ("4 мм, 5 кг", "4 mm, 5 kg", 1690.0),
        ],
        options: PLAIN,
    },
    Family {
        category: PUMPS,
        prefix: "PS",
        name: (
            "Насос погружной дренажный {brand} {model}{option}",
            "Submersible drainage pump {brand} {model}{option}",
        ),
        text: (
            "Откачивает чистую и слегка загрязнённую воду из подвалов, колодцев и бассейнов.",
            "Pumps clean and slightly dirty water out of cellars, wells and pools.",
        ),
        unit: "шт",
        brands: WATER,
        models: &[
            ("250 Вт, 6 м³/ч", "250 W, 6 m³/h", 3290.0),
            ("400 Вт, 8 м³/ч", "400 W, 8 m³/h", 4190.0),
            ("750 Вт, 13 м³/ч", "750 W, 13 m³/h", 5990.0),
            ("1100 Вт, 16 м³/ч", "1100 W, 16 m³/h", 8490.0),
        ],
        options: &[
            ("", "", 1.0),
            (" с поплавком", " with a float switch", 1.1),
            (" в нержавеющем корпусе", " in a stainless housing", 1.28),
        ],
    },
    Family {
        category: PUMPS,
        prefix: "PF",
        name: ("Насос фекальный {brand} {model}{option}", "Sewage pump {brand} {model}{option}"),
        text: (
            "Для выгребных ям и септиков. Режущий механизм измельчает включения.",
            "For cesspits and septic tanks. A cutter shreds solids.",
        ),
        unit: "шт",
        brands: WATER,
        models: &[
            ("750 Вт, 15 м³/ч", "750 W, 15 m³/h", 9490.0),
            ("1300 Вт, 18 м³/ч", "1300 W, 18 m³/h", 14900.0),
            ("2200 Вт, 24 м³/ч", "2200 W, 24 m³/h", 26900.0),
        ],
        options: &[("", "", 1.0), (" с поплавком", " with a float switch", 1.06)],
    },
    Family {
        category: PUMPS,
        prefix: "PC",
        name: ("Насос циркуляционный {brand} {model}{option}", "Circulation pump {brand} {model}{option}"),
        text: (
            "Для систем отопления и тёплого пола. Три скорости, гайки в комплекте.",
            "For heating and underfloor systems. Three speeds, unions included.",
        ),
        unit: "шт",
        brands: WATER,
        models: &[
            ("25/4, 180 мм", "25/4, 180 mm", 3490.0),
            ("25/6, 180 мм", "25/6, 180 mm", 4190.0),
            ("25/8, 180 мм", "25/8, 180 mm", 5890.0),
            ("32/8, 180 мм", "32/8, 180 mm", 6490.0),
        ],
        options: &[("", "", 1.0), (" с частотным регулированием", " with a variable speed drive", 1.75)],
    },
    Family {
        category: PUMPS,
        prefix: "PB",
        name: ("Насосная станция {brand} {model}{option}", "Booster pump station {brand} {model}{option}"),
        text: (
            "Автоматическая подача воды в дом из колодца или скважины. Гидроаккумулятор и реле давления.",
            "Supplies a house from a well by itself. Pressure tank and pressure switch.",
        ),
        unit: "шт",
        brands: WATER,
        models: &[
            ("600 Вт, бак 24 л", "600 W, 24 l tank", 8990.0),
            ("800 Вт, бак 24 л", "800 W, 24 l tank", 10900.0),
            ("1100 Вт, бак 50 л", "1100 W, 50 l tank", 16900.0),
        ],
        options: &[("", "", 1.0), (" с защитой от сухого хода", " with dry-run protection", 1.14)],
    },
    Family {
        category: PUMPS,
        prefix: "PW",
        name: ("Насос скважинный {brand} {model}{option}", "Borehole pump {brand} {model}{option}"),
        text: (
            "Для скважин диаметром от 100 мм. Плавающие рабочие колёса.",
            "For boreholes from 100 mm. Floating impellers.",
        ),
        unit: "шт",
        brands: WATER,
        models: &[
            ("370 Вт, напор 45 м", "370 W, 45 m head", 11900.0),
            ("750 Вт, напор 80 м", "750 W, 80 m head", 16900.0),
            ("1500 Вт, напор 120 м", "1500 W, 120 m head", 27900.0),
        ],
        options: &[(", кабель 20 м", ", 20 m cable", 1.0), (", кабель 50 м", ", 50 m cable", 1.14)],
    },
    Family {
        category: PUMPS,
        prefix: "PM",
        name: ("Мотопомпа бензиновая {brand} {model}{option}", "Petrol water pump {brand} {model}{option}"),
        text: ("Перекачивает воду там, где нет электричества.", "Moves water where there is no electricity."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("300 л/мин", "300 l/min", 12900.0),
            ("600 л/мин", "600 l/min", 17900.0),
            ("1000 л/мин", "1000 l/min", 22900.0),
        ],
        options: &[
            (" для чистой воды", " for clean water", 1.0),
            (" для грязной воды", " for dirty water", 1.35),
        ],
    },
    Family {
        category: AIR,
        prefix: "CP",
        name: ("Компрессор поршневой {brand} {model}{option}", "Piston compressor {brand} {model}{option}"),
        text: (
            "Для покраски, продувки и пневмоинструмента. Давление до 8 бар.",
            "For spraying, blowing and air tools. Up to 8 bar.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("1,5 кВт, ресивер 24 л", "1.5 kW, 24 l tank", 11900.0),
            ("1,8 кВт, ресивер 50 л", "1.8 kW, 50 l tank", 16900.0),
            ("2,2 кВт, ресивер 50 л", "2.2 kW, 50 l tank", 22900.0),
            ("2,2 кВт, ресивер 100 л", "2.2 kW, 100 l tank", 34900.0),
            ("4 кВт, ресивер 200 л, 380 В", "4 kW, 200 l tank, 380 V", 79900.0),
        ],
        options: &[(" масляный", " oil-lubricated", 1.0), (" безмасляный", " oil-free", 1.12)],
    },
    Family {
        category: AIR,
        prefix: "AW",
        name: (
            "Гайковёрт пневматический {brand} {model}{option}",
            "Air impact wrench {brand} {model}{option}",
        ),
        text: (
            "Композитный корпус, реверс, четыре положения момента.",
            "Composite housing, reverse, four torque settings.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("1/2 дюйма, 550 Нм", "1/2 inch, 550 Nm", 5490.0),
            ("1/2 дюйма, 1200 Нм", "1/2 inch, 1200 Nm", 11900.0),
            ("3/4 дюйма, 1700 Нм", "3/4 inch, 1700 Nm", 21900.0),
        ],
        options: &[("", "", 1.0), (" с набором головок", " with a socket set", 1.2)],
    },
    Family {
        category: AIR,
        prefix: "AS",
        name: ("Краскопульт пневматический {brand} {model}{option}", "Air spray gun {brand} {model}{option}"),
        text: (
            "Для лаков и эмалей. Регулировка факела, подачи краски и воздуха.",
            "For lacquers and enamels. Adjustable fan, fluid and air.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("сопло 1,4 мм", "1.4 mm nozzle", 1890.0),
            ("сопло 1,7 мм", "1.7 mm nozzle", 1990.0),
            ("сопло 2,0 мм", "2.0 mm nozzle", 2190.0),
        ],
        options: &[(", верхний бачок", ", gravity cup", 1.0), (", нижний бачок", ", suction cup", 0.92)],
    },
    Family {
        category: GENERATORS,
        prefix: "GP",
        name: ("Генератор бензиновый {brand} {model}{option}", "Petrol generator {brand} {model}{option}"),
        text: (
            "Резервное питание дома и стройки. Медная обмотка, защита от перегрузки.",
            "Backup power for a house or a site. Copper winding, overload protection.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("1 кВт", "1 kW", 12900.0),
            ("2,5 кВт", "2.5 kW", 24900.0),
            ("3,5 кВт", "3.5 kW", 32900.0),
            ("5,5 кВт", "5.5 kW", 49900.0),
            ("7 кВт", "7 kW", 64900.0),
            ("10 кВт, 380 В", "10 kW, 380 V", 129000.0),
        ],
        options: &[
            (" с ручным пуском", " with recoil start", 1.0),
            (" с электростартером", " with electric start", 1.13),
        ],
    },
    Family {
        category: GENERATORS,
        prefix: "GI",
        name: ("Генератор инверторный {brand} {model}{option}", "Inverter generator {brand} {model}{option}"),
        text: (
            "Чистая синусоида для электроники, тихая работа.",
            "A clean sine wave for electronics, quiet running.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[("1,8 кВт", "1.8 kW", 34900.0), ("3 кВт", "3 kW", 52900.0), ("5 кВт", "5 kW", 89900.0)],
        options: PLAIN,
    },
    Family {
        category: GENERATORS,
        prefix: "GD",
        name: ("Генератор дизельный {brand} {model}{option}", "Diesel generator {brand} {model}{option}"),
        text: (
            "Для долгой работы под нагрузкой. Счётчик моточасов.",
            "For long runs under load. Hour meter.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[("5 кВт", "5 kW", 98900.0), ("10 кВт, 380 В", "10 kW, 380 V", 289000.0)],
        options: &[
            (" на раме", " on a frame", 1.0),
            (" в шумозащитном кожухе", " in a soundproof canopy", 1.25),
        ],
    },
    Family {
        category: CLEANING,
        prefix: "HW",
        name: ("Мойка высокого давления {brand} {model}{option}", "Pressure washer {brand} {model}{option}"),
        text: (
            "Для автомобилей, фасадов и дорожек. Забор воды из бочки.",
            "For cars, facades and paths. Draws water from a barrel.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("1400 Вт, 105 бар", "1400 W, 105 bar", 6990.0),
            ("1800 Вт, 135 бар", "1800 W, 135 bar", 10900.0),
            ("2200 Вт, 160 бар", "2200 W, 160 bar", 17900.0),
            ("2800 Вт, 180 бар", "2800 W, 180 bar", 32900.0),
        ],
        options: &[("", "", 1.0), (" с пенной насадкой", " with a foam nozzle", 1.08)],
    },
    Family {
        category: CLEANING,
        prefix: "VC",
        name: (
            "Пылесос строительный {brand} {model}{option}",
            "Wet and dry vacuum cleaner {brand} {model}{option}",
        ),
        text: (
            "Собирает сухой мусор и воду. Розетка для электроинструмента.",
            "Picks up dry waste and water. Socket for a power tool.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[
            ("1200 Вт, бак 20 л", "1200 W, 20 l tank", 6490.0),
            ("1400 Вт, бак 30 л", "1400 W, 30 l tank", 9490.0),
            ("1600 Вт, бак 50 л", "1600 W, 50 l tank", 15900.0),
        ],
        options: &[("", "", 1.0), (" с виброочисткой фильтра", " with filter shaking", 1.3)],
    },
    Family {
        category: CLEANING,
        prefix: "HG",
        name: ("Тепловая пушка {brand} {model}{option}", "Space heater {brand} {model}{option}"),
        text: (
            "Обогрев складов, гаражей и строек. Термостат и защита от перегрева.",
            "Heats stores, garages and sites. Thermostat and overheat protection.",
        ),
        unit: "шт",
        brands: SITE,
        models: &[
            ("электрическая 3 кВт", "electric 3 kW", 4490.0),
            ("электрическая 9 кВт", "electric 9 kW", 13900.0),
            ("газовая 15 кВт", "gas 15 kW", 7990.0),
            ("дизельная 20 кВт", "diesel 20 kW", 27900.0),
        ],
        options: PLAIN,
    },
    Family {
        category: HAND,
        prefix: "00",
        name: ("Молоток слесарный {brand} {model}{option}", "Machinist hammer {brand} {model}{option}"),
        text: ("Кованый боёк, закалённая рабочая часть.", "Forged head, hardened faces."),
        unit: "шт",
        brands: SITE,
        models: &[("300 г", "300 g", 390.0), ("500 г", "500 g", 490.0), ("800 г", "800 g", 640.0)],
        options: &[
            (", деревянная рукоятка", ", wooden handle", 1.0),
            (", фиберглассовая рукоятка", ", fibreglass handle", 1.3),
        ],
    },
    Family {
        category: HAND,
        prefix: "01",
        name: ("Набор инструментов {brand} {model}{option}", "Tool set {brand} {model}{option}"),
        text: (
            "Головки, ключи, биты и трещотки из хромованадиевой стали.",
            "Sockets, spanners, bits and ratchets of chrome vanadium steel.",
        ),
        unit: "компл",
        brands: SITE,
        models: &[
            ("56 предметов", "56 pieces", 3490.0),
            ("94 предмета", "94 pieces", 5990.0),
            ("131 предмет", "131 pieces", 8990.0),
            ("216 предметов", "216 pieces", 15900.0),
        ],
        options: PLAIN,
    },
    Family {
        category: HAND,
        prefix: "02",
        name: ("Ключ комбинированный {brand} {model}{option}", "Combination spanner {brand} {model}{option}"),
        text: ("Рожковый и накидной концы одного размера.", "Open and ring ends of one size."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("8 мм", "8 mm", 140.0),
            ("10 мм", "10 mm", 160.0),
            ("13 мм", "13 mm", 210.0),
            ("17 мм", "17 mm", 280.0),
            ("19 мм", "19 mm", 320.0),
            ("24 мм", "24 mm", 490.0),
            ("32 мм", "32 mm", 890.0),
        ],
        options: &[("", "", 1.0), (" с трещоткой", " with a ratchet", 2.4)],
    },
    Family {
        category: HAND,
        prefix: "03",
        name: (
            "Отвёртка диэлектрическая {brand} {model}{option}",
            "Insulated screwdriver {brand} {model}{option}",
        ),
        text: ("Изоляция до 1000 В, намагниченный наконечник.", "Insulated to 1000 V, magnetic tip."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("PH1x80", "PH1x80", 240.0),
            ("PH2x100", "PH2x100", 280.0),
            ("SL4x100", "SL4x100", 230.0),
            ("SL6x150", "SL6x150", 310.0),
        ],
        options: PLAIN,
    },
    Family {
        category: HAND,
        prefix: "04",
        name: ("Лестница алюминиевая {brand} {model}{option}", "Aluminium ladder {brand} {model}{option}"),
        text: ("Рифлёные ступени, нагрузка до 150 кг.", "Ribbed rungs, load up to 150 kg."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("двухсекционная 2x8", "two-section 2x8", 7490.0),
            ("трёхсекционная 3x9", "three-section 3x9", 13900.0),
            ("трёхсекционная 3x12", "three-section 3x12", 21900.0),
        ],
        options: PLAIN,
    },
    Family {
        category: MEASURING,
        prefix: "ML",
        name: ("Лазерный уровень {brand} {model}{option}", "Laser level {brand} {model}{option}"),
        text: (
            "Самовыравнивание, работа в помещении и с приёмником на улице.",
            "Self-levelling, for indoors, and outdoors with a detector.",
        ),
        unit: "шт",
        brands: GAUGE,
        models: &[
            ("2 линии, красный луч", "2 lines, red beam", 3490.0),
            ("2 линии, зелёный луч", "2 lines, green beam", 5490.0),
            ("3x360, зелёный луч", "3x360, green beam", 12900.0),
            ("4x360, зелёный луч", "4x360, green beam", 16900.0),
        ],
        options: &[("", "", 1.0), (" со штативом", " with a tripod", 1.25)],
    },
    Family {
        category: MEASURING,
        prefix: "MD",
        name: ("Лазерный дальномер {brand} {model}{option}", "Laser distance meter {brand} {model}{option}"),
        text: ("Измеряет расстояние, площадь и объём.", "Measures distance, area and volume."),
        unit: "шт",
        brands: GAUGE,
        models: &[("40 м", "40 m", 2490.0), ("60 м", "60 m", 3790.0), ("100 м", "100 m", 6990.0)],
        options: &[("", "", 1.0), (" с передачей данных", " with data transfer", 1.4)],
    },
    Family {
        category: MEASURING,
        prefix: "MT",
        name: ("Рулетка измерительная {brand} {model}{option}", "Tape measure {brand} {model}{option}"),
        text: (
            "Обрезиненный корпус, фиксатор и магнитный зацеп.",
            "Rubberised case, lock and magnetic hook.",
        ),
        unit: "шт",
        brands: GAUGE,
        models: &[
            ("3 м", "3 m", 240.0),
            ("5 м", "5 m", 360.0),
            ("7,5 м", "7.5 m", 540.0),
            ("10 м", "10 m", 790.0),
        ],
        options: PLAIN,
    },
    Family {
        category: MEASURING,
        prefix: "MM",
        name: ("Мультиметр цифровой {brand} {model}{option}", "Digital multimeter {brand} {model}{option}"),
        text: (
            "Измеряет напряжение, ток и сопротивление, прозванивает цепь.",
            "Measures voltage, current and resistance, checks continuity.",
        ),
        unit: "шт",
        brands: GAUGE,
        models: &[
            ("базовый", "basic", 990.0),
            ("с автовыбором диапазона", "autoranging", 2290.0),
            ("True RMS", "True RMS", 4890.0),
            ("с клещами 600 А", "with a 600 A clamp", 5690.0),
        ],
        options: PLAIN,
    },
    Family {
        category: LIGHTING,
        prefix: "LF",
        name: ("Прожектор светодиодный {brand} {model}{option}", "LED floodlight {brand} {model}{option}"),
        text: ("Степень защиты IP65, для улицы и производства.", "IP65, for outdoors and workshops."),
        unit: "шт",
        brands: LIGHT,
        models: &[
            ("20 Вт 1800 лм", "20 W 1800 lm", 490.0),
            ("50 Вт 4500 лм", "50 W 4500 lm", 890.0),
            ("100 Вт 9000 лм", "100 W 9000 lm", 1790.0),
            ("200 Вт 18000 лм", "200 W 18000 lm", 3990.0),
        ],
        options: &[
            ("", "", 1.0),
            (" с датчиком движения", " with a motion sensor", 1.3),
            (" на треноге", " on a tripod", 1.6),
        ],
    },
    Family {
        category: LIGHTING,
        prefix: "LT",
        name: ("Фонарь аккумуляторный {brand} {model}{option}", "Rechargeable torch {brand} {model}{option}"),
        text: ("Алюминиевый корпус, зарядка от USB.", "Aluminium body, charges from USB."),
        unit: "шт",
        brands: LIGHT,
        models: &[("300 лм", "300 lm", 890.0), ("800 лм", "800 lm", 1690.0), ("1500 лм", "1500 lm", 2890.0)],
        options: &[(" ручной", " hand-held", 1.0), (" налобный", " head-worn", 1.05)],
    },
    Family {
        category: LIGHTING,
        prefix: "LC",
        name: ("Удлинитель на катушке {brand} {model}{option}", "Cable reel {brand} {model}{option}"),
        text: ("Четыре розетки с заземлением и термозащитой.", "Four earthed sockets with thermal cut-out."),
        unit: "шт",
        brands: LIGHT,
        models: &[
            ("30 м, 3x1,5", "30 m, 3x1.5", 3290.0),
            ("50 м, 3x1,5", "50 m, 3x1.5", 4990.0),
            ("50 м, 3x2,5", "50 m, 3x2.5", 7490.0),
        ],
        options: PLAIN,
    },
    Family {
        category: WORKWEAR,
        prefix: "SJ",
        name: ("Куртка рабочая {brand} {model}{option}", "Work jacket {brand} {model}{option}"),
        text: (
            "Усиленные локти, светоотражающие полосы, глубокие карманы.",
            "Reinforced elbows, reflective stripes, deep pockets.",
        ),
        unit: "шт",
        brands: GUARD,
        models: &[
            ("летняя", "summer", 2190.0),
            ("утеплённая", "insulated", 4890.0),
            ("сигнальная", "high-visibility", 3290.0),
        ],
        options: SIZES,
    },
    Family {
        category: WORKWEAR,
        prefix: "SB",
        name: ("Ботинки рабочие {brand} {model}{option}", "Safety boots {brand} {model}{option}"),
        text: ("Маслобензостойкая подошва, натуральная кожа.", "Oil-resistant sole, natural leather."),
        unit: "пара",
        brands: GUARD,
        models: &[
            ("с композитным подноском", "with a composite toe cap", 3490.0),
            ("утеплённые с металлоподноском", "insulated with a steel toe cap", 4290.0),
        ],
        options: &[
            (", размер 41", ", size 41", 1.0),
            (", размер 42", ", size 42", 1.0),
            (", размер 43", ", size 43", 1.0),
            (", размер 44", ", size 44", 1.0),
            (", размер 45", ", size 45", 1.0),
        ],
    },
    Family {
        category: WORKWEAR,
        prefix: "SG",
        name: ("Перчатки рабочие {brand} {model}{option}", "Work gloves {brand} {model}{option}"),
        text: ("Плотная манжета, удобная посадка.", "Snug cuff, comfortable fit."),
        unit: "пара",
        brands: GUARD,
        models: &[
            ("хлопковые с ПВХ", "cotton with PVC dots", 45.0),
            ("с нитриловым покрытием", "nitrile-coated", 120.0),
            ("кожаные", "leather", 490.0),
            ("зимние", "winter", 290.0),
        ],
        options: &[(", размер 9", ", size 9", 1.0), (", размер 10", ", size 10", 1.0)],
    },
    Family {
        category: WORKWEAR,
        prefix: "SH",
        name: ("Каска защитная {brand} {model}{option}", "Safety helmet {brand} {model}{option}"),
        text: ("Регулируемое оголовье, вентиляция.", "Adjustable headband, ventilated."),
        unit: "шт",
        brands: GUARD,
        models: &[("белая", "white", 390.0), ("оранжевая", "orange", 390.0), ("синяя", "blue", 390.0)],
        options: &[("", "", 1.0), (" с храповиком", " with a ratchet", 1.5)],
    },
    Family {
        category: WORKWEAR,
        prefix: "SR",
        name: ("Респиратор {brand} {model}{option}", "Respirator {brand} {model}{option}"),
        text: ("Защищает от пыли и аэрозолей.", "Protects against dust and aerosols."),
        unit: "шт",
        brands: GUARD,
        models: &[
            ("FFP1 с клапаном", "FFP1 with a valve", 90.0),
            ("FFP2 с клапаном", "FFP2 with a valve", 140.0),
            ("полумаска со сменными фильтрами", "half mask with replaceable filters", 1690.0),
        ],
        options: PLAIN,
    },
    Family {
        category: BITS,
        prefix: "KD",
        name: (
            "Диск отрезной по металлу {brand} {model}{option}",
            "Metal cutting disc {brand} {model}{option}",
        ),
        text: ("Ровный рез стали и нержавейки.", "A clean cut in steel and stainless steel."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("125x1,0x22 мм", "125x1.0x22 mm", 45.0),
            ("125x1,6x22 мм", "125x1.6x22 mm", 52.0),
            ("180x2,0x22 мм", "180x2.0x22 mm", 110.0),
            ("230x2,0x22 мм", "230x2.0x22 mm", 140.0),
        ],
        options: &[("", "", 1.0), (", упаковка 10 шт.", ", pack of 10", 9.2)],
    },
    Family {
        category: BITS,
        prefix: "KB",
        name: (
            "Бур по бетону {brand} SDS-Plus {model}{option}",
            "Concrete drill bit {brand} SDS-Plus {model}{option}",
        ),
        text: ("Твердосплавная пластина, двойная спираль.", "Carbide tip, double flute."),
        unit: "шт",
        brands: POWER,
        models: &[
            ("6x110 мм", "6x110 mm", 110.0),
            ("8x160 мм", "8x160 mm", 150.0),
            ("10x210 мм", "10x210 mm", 210.0),
            ("12x260 мм", "12x260 mm", 290.0),
            ("16x310 мм", "16x310 mm", 490.0),
            ("20x450 мм", "20x450 mm", 890.0),
        ],
        options: PLAIN,
    },
    Family {
        category: BITS,
        prefix: "KM",
        name: ("Сверло по металлу {brand} {model}{option}", "Metal drill bit {brand} {model}{option}"),
        text: ("Быстрорежущая сталь с кобальтом.", "High-speed steel with cobalt."),
        unit: "шт",
        brands: POWER,
        models: &[
            ("3,0 мм", "3.0 mm", 60.0),
            ("4,2 мм", "4.2 mm", 80.0),
            ("5,0 мм", "5.0 mm", 95.0),
            ("6,8 мм", "6.8 mm", 140.0),
            ("8,5 мм", "8.5 mm", 220.0),
            ("10,2 мм", "10.2 mm", 340.0),
        ],
        options: PLAIN,
    },
    Family {
        category: CONCRETE,
        prefix: "CM",
        name: ("Бетономешалка {brand} {model}{option}", "Concrete mixer {brand} {model}{option}"),
        text: ("Чугунный венец, опрокидывание в обе стороны.", "Cast-iron ring gear, tips both ways."),
        unit: "шт",
        brands: SITE,
        models: &[
            ("120 л, 550 Вт", "120 l, 550 W", 16900.0),
            ("160 л, 700 Вт", "160 l, 700 W", 21900.0),
            ("200 л, 900 Вт", "200 l, 900 W", 28900.0),
        ],
        options: PLAIN,
    },
    Family {
        category: CONCRETE,
        prefix: "CV",
        name: (
            "Виброплита бензиновая {brand} {model}{option}",
            "Petrol plate compactor {brand} {model}{option}",
        ),
        text: ("Уплотняет песок, щебень и тротуарную плитку.", "Compacts sand, gravel and paving."),
        unit: "шт",
        brands: SITE,
        models: &[("60 кг", "60 kg", 42900.0), ("90 кг", "90 kg", 54900.0), ("125 кг", "125 kg", 79900.0)],
        options: &[("", "", 1.0), (" с баком для воды", " with a water tank", 1.07)],
    },
    Family {
        category: CONCRETE,
        prefix: "CX",
        name: ("Миксер строительный {brand} {model}{option}", "Paddle mixer {brand} {model}{option}"),
        text: (
            "Перемешивает растворы, клей и краску. Две скорости.",
            "Mixes mortar, glue and paint. Two speeds.",
        ),
        unit: "шт",
        brands: POWER,
        models: &[("1200 Вт, 80 л", "1200 W, 80 l", 6490.0), ("1600 Вт, 120 л", "1600 W, 120 l", 9490.0)],
        options: &[("", "", 1.0), (" с двумя насадками", " with two paddles", 1.18)],
    },
];
