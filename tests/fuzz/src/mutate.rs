//! Changing good bytes into bad ones: bits, lengths, pieces taken out, doubled, moved, or borrowed from another input.

use crate::dice::Dice;

/// Bytes at which lengths, signs and encodings turn.
const EDGES: [u8; 10] = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];
/// The longest an input grows.
const LONGEST: usize = 64 * 1024;

/// Changes `bytes` in one to eight ways; `other` is another input of the same kind.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    // Mostly few changes: what is changed everywhere is refused at its first byte.
    let changes = 1 + [0, 0, 0, 1, 1, 2, 3, 7].get(dice.below(8)).copied().unwrap_or_default();
    for _ in 0..changes {
        change(bytes, other, dice);
    }
    bytes.truncate(LONGEST);
}

fn change(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(11) {
        0 | 1 => set(bytes, at, |byte, dice| byte ^ (1 << dice.below(8)), dice),
        2 => set(bytes, at, |_, dice| dice.pick(&EDGES).copied().unwrap_or_default(), dice),
        3 => set(bytes, at, |byte, dice| byte.wrapping_add(dice.byte() % 9).wrapping_sub(4), dice),
        4 => {
            // A number of 2, 4 or 8 bytes, as lengths and epochs are.
            let width = dice.pick(&[2, 4, 8]).copied().unwrap_or(2);
            let edge = dice.pick(&EDGES).copied().unwrap_or_default();
            bytes.iter_mut().skip(at).take(width).for_each(|byte| *byte = edge);
        }
        5 => {
            let range = range(bytes.len(), dice);
            bytes.drain(range);
        }
        6 => {
            let piece: Vec<u8> = bytes.get(range(bytes.len(), dice)).unwrap_or_default().to_vec();
            bytes.splice(at..at, piece);
        }
        7 => {
            let piece: Vec<u8> = (0..=dice.below(16)).map(|_| dice.byte()).collect();
            bytes.splice(at..at, piece);
        }
        8 => bytes.truncate(at),
        9 => {
            // The head of this one and the tail of the other.
            let tail = other.get(dice.below(other.len())..).unwrap_or_default();
            bytes.truncate(at);
            bytes.extend(tail);
        }
        _ => {
            // One byte many times: nesting and runs.
            let (byte, times) = (bytes.get(at).copied().unwrap_or_default(), dice.below(2048));
            bytes.splice(at..at, std::iter::repeat_n(byte, times));
        }
    }
}

fn set(bytes: &mut [u8], at: usize, how: impl Fn(u8, &mut Dice) -> u8, dice: &mut Dice) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = how(*byte, dice);
    }
}

/// A piece of something that is `length` long, mostly a short one.
fn range(length: usize, dice: &mut Dice) -> std::ops::Range<usize> {
    let start = dice.below(length);
    let longest = if dice.below(4) == 0 { length - start } else { (length - start).min(32) };
    start..start + dice.below(longest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_dice_change_the_same_way_and_others_do_not() {
        let changed = |seed| {
            let mut dice = Dice::new(seed);
            let mut bytes: Vec<u8> = (0..200).collect();
            (0..50).for_each(|_| mutate(&mut bytes, &[1, 2, 3], &mut dice));
            bytes
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
    }

    #[test]
    fn nothing_is_too_short_to_be_changed() {
        let mut dice = Dice::new(3);
        for _ in 0..10_000 {
            mutate(&mut Vec::new(), &[], &mut dice);
        }
    }
}
