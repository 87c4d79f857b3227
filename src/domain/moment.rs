//! Moments as numbers and as text. The clock itself is read by the runtime alone.

use jiff::Timestamp;

/// Writes milliseconds since 1970 UTC as RFC 3339 with milliseconds, `2026-11-23T05:17:00.123Z`.
pub fn rfc3339(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(moment) => format!("{moment:.3}"),
        Err(_) => format!("{milliseconds} ms"),
    }
}

/// Reads a moment as people write it after `--since`: RFC 3339, a day (`2026-11-23`, from its start in UTC), or an
/// age before `now` (`90m`, `12h`, `7d`).
pub fn parse(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        let start = day.to_datetime(jiff::civil::Time::midnight());
        return jiff::tz::TimeZone::UTC.to_timestamp(start).ok().map(Timestamp::as_millisecond);
    }
    const UNITS: [(char, i64); 4] = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
    let unit = text.chars().last()?;
    let (_, milliseconds) = UNITS.iter().find(|(letter, _)| *letter == unit)?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number >= 0)?;
    now.checked_sub(number.checked_mul(*milliseconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read_alike() {
        assert_eq!(rfc3339(1_795_411_020_123), "2026-11-23T05:17:00.123Z");
        assert_eq!(parse("2026-11-23T05:17:00.123Z", 0), Some(1_795_411_020_123));
        assert_eq!(parse("2026-11-23", 0), Some(1_795_392_000_000));
        assert_eq!(parse("2h", 7_200_000), Some(0));
        for nonsense in ["", "h", "-1h", "yesterday", "9999999999999999d", "1y", "é"] {
            assert_eq!(parse(nonsense, 0), None, "{nonsense}");
        }
    }
}
