//! Weekly and daily windows as RDS, ElastiCache and Amazon MQ write them, in UTC.

/// Minutes of a week.
const WEEK: u32 = 7 * DAY;
/// Minutes of a day.
const DAY: u32 = 24 * 60;
/// Shortest maintenance window in minutes: ElastiCache's, the longest of the services'.
const SHORTEST: u32 = 60;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A window of time that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    start: u32,
    length: u32,
    period: u32,
}

impl Window {
    /// Reads `sun:03:30-sun:04:30`; `None` when it has another form, or is shorter than an hour
    /// or longer than a day.
    pub fn weekly(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let window = Self::between(day_and_time(start)?, day_and_time(end)?, WEEK);
        (SHORTEST..=DAY).contains(&window.length).then_some(window)
    }

    /// Reads `02:00-03:00`; `None` when it has another form.
    pub fn daily(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let window = Self::between(time(start)?, time(end)?, DAY);
        (window.length > 0).then_some(window)
    }

    /// Its length in minutes.
    pub const fn minutes(&self) -> u32 {
        self.length
    }

    /// Whether the two have a minute in common.
    pub fn meets(&self, other: &Self) -> bool {
        let gap = |from: u32, to: u32| (to + WEEK - from) % WEEK;
        self.starts().any(|start| {
            other.starts().any(|other_start| {
                gap(start, other_start) < self.length || gap(other_start, start) < other.length
            })
        })
    }

    /// Every start within a week.
    fn starts(&self) -> impl Iterator<Item = u32> + use<> {
        (self.start..WEEK).step_by(self.period as usize)
    }

    const fn between(start: u32, end: u32, period: u32) -> Self {
        Self { start, length: (end + period - start) % period, period }
    }
}

/// The catalogue's daily window; the `living` one where the catalogue's has come to meet the
/// claim's `maintenance`, which AWS refuses.
pub fn beside<'a>(
    maintenance: Option<&str>,
    catalogue: &'a str,
    living: Option<&'a str>,
) -> &'a str {
    let maintenance = maintenance.and_then(Window::weekly);
    let meets = maintenance
        .zip(Window::daily(catalogue))
        .is_some_and(|(weekly, daily)| daily.meets(&weekly));
    living.filter(|_| meets).unwrap_or(catalogue)
}

fn day_and_time(text: &str) -> Option<u32> {
    let (day, rest) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| *name == day)?;
    Some(u32::try_from(day).ok()? * DAY + time(rest)?)
}

fn time(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, below: u32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|value| digits && *value < below)
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn reads_what_aws_accepts() {
        for good in ["sun:03:30-sun:04:30", "sun:23:30-mon:00:30", "mon:00:00-tue:00:00"] {
            assert!(Window::weekly(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "sun",
            "Sun:03:30-sun:04:30",
            "sun:3:30-sun:04:30",
            "sun:03:30-sun:04:00",
            "sun:24:00-mon:01:00",
            "sun:03:30-sun:03:30",
            "sun:03:30-mon:04:30",
            "sun:+3:30-sun:04:30",
        ] {
            assert!(Window::weekly(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn finds_common_minutes_across_midnight_and_the_end_of_the_week() {
        let backup = Window::daily("23:30-00:30").expect("a window");
        let meets = |text| Window::weekly(text).expect("a window").meets(&backup);
        assert!(meets("sun:23:00-mon:00:00"));
        assert!(meets("mon:00:29-mon:01:29"));
        assert!(!meets("mon:00:30-mon:01:30"));
        assert!(!meets("wed:22:30-wed:23:30"));
        assert_eq!(
            backup.meets(&Window::weekly("sun:23:00-mon:00:00").expect("a window")),
            meets("sun:23:00-mon:00:00"),
        );
    }
}
