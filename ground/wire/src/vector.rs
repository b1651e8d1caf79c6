//! Test vectors, read from the documents that state them: a format changes only together with its document (I12).

use data_encoding::HEXLOWER;

/// The bytes of the block that a document marks as ```` ```hex name ````.
pub(crate) fn of(document: &str, name: &str) -> Vec<u8> {
    let begin = format!("```hex {name}\n");
    let (_, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no vector {name}"));
    let (hex, _) = rest.split_once("```").unwrap();
    let hex: String = hex.split_whitespace().collect();
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}
