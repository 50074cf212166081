//! The pictures of the sample goods: one drawing for each kind of goods, as small PNG files.
//!
//! The output is determined by the tables in [`drawings`] alone.

mod draw;
mod drawings;
mod png;

use super::goods::Family;

/// All pictures: the file's name and its bytes.
pub fn pictures() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let drawn = drawings::ALL.iter().map(|(name, shapes)| {
        let bytes = png::indexed(draw::SIZE, &draw::pixels(shapes))?;
        Ok((format!("{name}.png"), bytes))
    });
    drawn.collect()
}

/// The name of the picture that shows the goods of a family, by the prefix of its article numbers.
pub fn picture_of(family: &Family) -> &'static str {
    match family.prefix {
        "DR" | "DC" => "drill",
        "IW" | "AW" => "impact-wrench",
        "RH" | "RM" | "RC" => "rotary-hammer",
        "BR" => "breaker",
        "AG" => "angle-grinder",
        "OS" => "sander",
        "BG" => "bench-grinder",
        "CS" => "circular-saw",
        "JS" => "jigsaw",
        "CH" => "chainsaw",
        "WI" | "WM" => "welder",
        "WH" => "welding-mask",
        "WE" => "electrodes",
        "PS" | "PF" | "PW" => "pump",
        "PC" | "PB" | "PM" => "pump-station",
        "CP" => "compressor",
        "AS" => "spray-gun",
        "GP" | "GI" | "GD" => "generator",
        "HW" => "pressure-washer",
        "VC" => "vacuum",
        "HG" => "heater",
        "00" => "hammer",
        "01" => "tool-set",
        "02" => "spanner",
        "03" => "screwdriver",
        "04" => "ladder",
        "ML" | "MD" | "MM" => "meter",
        "MT" => "tape",
        "LF" => "floodlight",
        "LT" => "torch",
        "LC" => "cable-reel",
        "SJ" => "jacket",
        "SB" => "boots",
        "SG" => "gloves",
        "SH" => "helmet",
        "SR" => "respirator",
        "KD" => "disc",
        "KB" | "KM" => "drill-bits",
        "CM" => "concrete-mixer",
        "CV" => "plate-compactor",
        "CX" => "paddle-mixer",
        _ => "box",
    }
}
