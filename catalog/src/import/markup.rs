//! Tells HTML and the XML formats apart and reads them to sheets.

use std::path::Path;

use super::{
    Error, commerceml, encoding,
    guard::{self, MAX_CELLS},
    html, spreadsheetml,
    workbook::Workbook,
    xml, yml,
};

/// Longest name of an unknown element in a message, in characters.
const LONGEST_NAME: usize = 40;

pub(super) fn read(path: &Path, file: &str) -> Result<Workbook, Error> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::Unreadable { file: file.into(), why: error.to_string() })?;
    let (text, guessed) = encoding::decode(&bytes);
    drop(bytes);
    let text = text.trim_start();
    let other = |found: String| Error::NotAWorkbook { file: file.into(), found };
    let root = xml::root(text).unwrap_or_default();
    let mut workbook = match root.as_str() {
        "Workbook" => spreadsheetml::read(text, file)?,
        "yml_catalog" => yml::read(text, file)?,
        "КоммерческаяИнформация" => commerceml::read(text, file)?,
        _ if text.starts_with("<?xml") && !root.eq_ignore_ascii_case("html") => {
            let root: String = root.chars().take(LONGEST_NAME).collect();
            return Err(other(format!(
                "it is an XML document of <{root}>, and of XML only SpreadsheetML, YML and CommerceML are read"
            )));
        }
        _ => {
            let sheets = html::tables(text).map_err(|_| {
                guard::too_large(file, "its tables have more cells".into(), format!("{MAX_CELLS} cells"))
            })?;
            Workbook { sheets, ..Workbook::default() }
        }
    };
    if workbook.sheets.iter().all(|sheet| sheet.rows.is_empty()) && workbook.skipped.is_empty() {
        return Err(other("it is a web page without a table".into()));
    }
    if let Some(encoding) = guessed {
        workbook.warnings.push(format!("the file does not name its encoding; it was read as {encoding}"));
    }
    Ok(workbook)
}
