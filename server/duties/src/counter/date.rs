//! Dates as the standards write them. The `Date` header goes by the house's own clock: a device whose clock is off makes its proofs by it.

use chancery_wire::time::{DAY, Instant};

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant as RFC 9110 writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(at: Instant) -> String {
    let seconds = at.0.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let word = |words: &[&'static str], at: i64| {
        usize::try_from(at).ok().and_then(|at| words.get(at).copied()).unwrap_or_default()
    };
    let (weekday, month) = (word(&WEEKDAYS, days.rem_euclid(7)), word(&MONTHS, month - 1));
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// An instant as RFC 3339 writes it, in UTC and to the millisecond: `1994-11-06T08:49:37.000Z`.
pub(crate) fn rfc3339(at: Instant) -> String {
    let (seconds, millis) = (at.0.div_euclid(1000), at.0.rem_euclid(1000));
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Reads an instant as RFC 3339 writes it, with any offset.
pub(crate) fn read_rfc3339(text: &str) -> Option<Instant> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to).filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?;
        digits.parse().ok()
    };
    let is = |at: usize, what: &str| text.get(at..=at).is_some_and(|it| what.contains(it));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let marks = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
    let fits =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !fits || !marks.iter().all(|(at, what)| is(*at, what)) {
        return None;
    }
    let rest = text.get(19..)?;
    let digits = rest.strip_prefix('.').map_or(0, |it| it.bytes().take_while(u8::is_ascii_digit).count());
    let fraction = if rest.starts_with('.') { digits + 1 } else { 0 };
    let millis: i64 = format!("{:0<3}", rest.get(1..fraction).unwrap_or_default()).get(..3)?.parse().ok()?;
    let zone = rest.get(fraction..)?;
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()) => {
            let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            (two(*a, *b) * 60 + two(*c, *d)) * if *sign == b'+' { 60 } else { -60 }
        }
        _ => return None,
    };
    // Hinnant's algorithm the other way round.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(Instant((days * DAY + hour * 3600 + minute * 60 + second - offset) * 1000 + millis))
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar (Hinnant's algorithm: years start in March, so that
/// the leap day is the last one).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_offsets_count() {
        for at in [0, 951_782_400_123, 1_709_164_800_000, 1_795_716_840_763, 4_102_444_799_999] {
            assert_eq!(read_rfc3339(&rfc3339(Instant(at))), Some(Instant(at)));
        }
        let read = |text| read_rfc3339(text).map(rfc3339);
        assert_eq!(read("2026-11-26T20:00:00+05:00").as_deref(), Some("2026-11-26T15:00:00.000Z"));
        assert_eq!(read("2026-11-26t20:00:00.5-01:30").as_deref(), Some("2026-11-26T21:30:00.500Z"));
        for bad in [
            "",
            "rubbish",
            "2026-11-26",
            "2026-13-26T20:00:00Z",
            "2026-11-26T20:00:00",
            "2026-11-26T20:00:00+5:00",
            "2026-11-26T20:00:00.Zx",
        ] {
            assert_eq!(read_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_are_written_as_the_standard_says() {
        for (seconds, text) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_651_199, "Wed, 25 Nov 2026 23:59:59 GMT"),
        ] {
            assert_eq!(http_date(Instant(seconds * 1000)), text);
        }
    }
}
