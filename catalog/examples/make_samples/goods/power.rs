//! Power tools and welding.
//!
//! Tables only; see [`super`] for what the columns mean.

use super::*;

/// In the order of the price list.
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
];
