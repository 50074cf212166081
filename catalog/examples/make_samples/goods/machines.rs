//! Pumps, compressors, generators and cleaning machines.
//!
//! Tables only; see [`super`] for what the columns mean.

use super::*;

/// In the order of the price list.
pub const FAMILIES: &[Family] = &[
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
];
