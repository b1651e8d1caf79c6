//! Wrapping: a text becomes rows of so many cells, broken between words where that is possible.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many cells a grapheme takes. What could steer the terminal takes one, in which a mark stands for it.
pub(super) fn cells(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 1 } else { grapheme.width() }
}

/// How many cells a text takes on one row.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(cells).sum()
}

/// The rows of a text, as ranges of it: the first of `first` cells, the others of `rest`. Blanks at the end of a row hang over.
pub(super) fn rows(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    let (mut rows, mut start, mut used, mut limit) = (Vec::new(), 0, 0, first.max(1));
    // Where the last word began, and how many cells stood before it.
    let mut word: Option<(usize, usize)> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        if grapheme.ends_with('\n') {
            rows.push(start..at);
            (start, used, limit, word) = (at + grapheme.len(), 0, rest.max(1), None);
            continue;
        }
        let (blank, wide) = (grapheme == " ", cells(grapheme));
        while !blank && used + wide > limit {
            let (cut, before) = word.take().unwrap_or((at, used));
            if cut == start {
                break;
            }
            rows.push(start..cut);
            (start, used, limit) = (cut, used.saturating_sub(before), rest.max(1));
        }
        used += wide;
        if blank {
            word = Some((at + grapheme.len(), used));
        }
    }
    rows.push(start..text.len());
    rows
}

/// As much of the beginning of a text as fits into so many cells; `…` says that something is missing.
pub(super) fn fit(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for grapheme in text.graphemes(true) {
        used += cells(grapheme);
        if used > most {
            break;
        }
        out.push_str(grapheme);
    }
    if most > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, first: usize, rest: usize) -> Vec<&str> {
        rows(text, first, rest).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn a_text_is_broken_between_words_and_a_long_word_inside() {
        assert_eq!(shown("good morning all", 8, 8), ["good ", "morning ", "all"]);
        assert_eq!(shown("abcdefgh ij", 3, 4), ["abc", "defg", "h ij"]);
        assert_eq!(shown("a\n\nb", 5, 5), ["a", "", "b"]);
        assert_eq!(shown("", 5, 5), [""]);
    }

    #[test]
    fn what_is_wide_takes_the_room_it_takes() {
        // Each of these takes two cells, the family as one.
        assert_eq!(shown("日本語日本", 5, 4), ["日本", "語日", "本"]);
        assert_eq!(width("👨‍👩‍👧"), 2);
        assert_eq!(shown("ab👨‍👩‍👧", 3, 3), ["ab", "👨‍👩‍👧"]);
        assert_eq!(shown("日本", 1, 1), ["日", "本"]);
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("cafe\u{301}s", 5), "cafe\u{301}s");
    }
}
