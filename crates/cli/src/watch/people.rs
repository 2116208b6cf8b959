//! What people are told of the watches.
//!
//! A cluster has a watch for each kind of objects. When the API server goes away, all of them fail, and each tries again and
//! again. People are told once.

use std::time::{Duration, Instant};

use boundtoken_kubernetes::WatchStatus;

use super::event::line;
use crate::failure::harmless;
use crate::output::{BAD, CAUTION, GOOD, STRONG};
use crate::words::counted;

/// How long a watch may be disconnected before people are told. Most are connected again at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take until all watches have heard from an API server that is back. It confirms an idle watch once a
/// minute.
const RETURN: Duration = Duration::from_secs(75);

#[derive(Default)]
pub struct People {
    watches: Vec<Watch>,
    /// Why the whole cluster is not connected, if people were told so.
    lost: Option<String>,
    /// When the first watch was connected again.
    returning_since: Option<Instant>,
}

/// What is known of one watch.
#[derive(Default)]
struct Watch {
    news: News,
    failing_since: Option<Instant>,
    /// What people were told last: the numbers, and the cause of a failure.
    told: Option<Numbers>,
    told_cause: Option<String>,
}

type Numbers = (usize, u64, u64);

/// What a watch says of itself.
#[derive(Clone, Default)]
struct News {
    name: String,
    numbers: Numbers,
    /// Why it is not connected.
    cause: Option<String>,
}

impl From<&WatchStatus> for News {
    fn from(status: &WatchStatus) -> Self {
        let place = status.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        // The failure names the watch, and then the cause.
        let cause = |failure: &String| {
            harmless(failure.split_once(": ").map_or(failure.as_str(), |(_, cause)| cause))
        };
        Self {
            name: format!("{}{place}", status.kind),
            numbers: (status.objects, status.events, status.reconnects),
            cause: status.failure.as_ref().map(cause),
        }
    }
}

impl People {
    /// The lines to print now.
    pub fn lines(&mut self, watches: &[WatchStatus], now: Instant) -> Vec<String> {
        self.take(watches.iter().map(News::from), now)
    }

    fn take(&mut self, news: impl Iterator<Item = News>, now: Instant) -> Vec<String> {
        // A cluster's watches never change their order.
        for (place, news) in news.enumerate() {
            if self.watches.len() == place {
                self.watches.push(Watch::default());
            }
            if let Some(watch) = self.watches.get_mut(place) {
                watch.take(news, now);
            }
        }
        let mut lines = Vec::new();
        lines.extend(self.of_cluster(now));
        if self.lost.is_none() {
            lines.extend(self.watches.iter_mut().filter_map(|watch| watch.line(now)));
        }
        lines
    }

    /// The line about the connection to the whole cluster, if it was lost or found.
    fn of_cluster(&mut self, now: Instant) -> Option<String> {
        let connected = self.watches.iter().filter(|watch| watch.failing_since.is_none()).count();
        if connected == 0 { self.loss(now) } else { self.recovery(connected, now) }
    }

    /// All watches are disconnected. The line is due once for each cause that they share.
    fn loss(&mut self, now: Instant) -> Option<String> {
        self.returning_since = None;
        let cause = self.watches.first()?.news.cause.clone()?;
        let is_shared = self.watches.iter().all(|watch| watch.news.cause.as_ref() == Some(&cause));
        let is_due = match &self.lost {
            None => self.watches.iter().any(|watch| watch.is_overdue(now)),
            Some(told) => *told != cause,
        };
        if !is_shared || !is_due {
            return None;
        }
        let text = format!(
            "no connection to the cluster: {cause}; retrying; until the objects are too old, verifiers decide by what \
             they know"
        );
        self.lost = Some(cause);
        Some(line(BAD, "lost", &text))
    }

    /// So many watches are connected. If people know of a loss, they are told once all are, or after a while.
    fn recovery(&mut self, connected: usize, now: Instant) -> Option<String> {
        self.lost.as_ref()?;
        let since = *self.returning_since.get_or_insert(now);
        if connected < self.watches.len() && now.duration_since(since) < RETURN {
            return None;
        }
        self.lost = None;
        self.watches.iter_mut().for_each(Watch::forget);
        Some(line(GOOD, "found", "connected to the cluster again"))
    }
}

impl Watch {
    fn take(&mut self, news: News, now: Instant) {
        self.failing_since = news.cause.as_ref().map(|_| self.failing_since.unwrap_or(now));
        self.news = news;
    }

    fn is_overdue(&self, now: Instant) -> bool {
        self.failing_since.is_some_and(|since| now.duration_since(since) >= PATIENCE)
    }

    /// Forgets the numbers that were told, so that they are told again.
    fn forget(&mut self) {
        self.told = None;
        self.told_cause = None;
    }

    fn line(&mut self, now: Instant) -> Option<String> {
        let News { name, numbers, cause } = &self.news;
        if let Some(cause) = cause {
            if !self.is_overdue(now) || self.told_cause.as_ref() == Some(cause) {
                return None;
            }
            let text = format!("{name}: not connected: {cause}; retrying");
            self.told_cause = Some(cause.clone());
            return Some(line(CAUTION, "watch", &text));
        }
        if self.told_cause.take().is_none() && self.told == Some(*numbers) {
            return None;
        }
        let (objects, events, reconnects) = *numbers;
        let mut text = format!(
            "{name}: {}, {}",
            counted(u64::try_from(objects).unwrap_or(u64::MAX), "object"),
            counted(events, "event")
        );
        if reconnects > 0 {
            text.push_str(&format!(", {}", counted(reconnects, "reconnect")));
        }
        self.told = Some(*numbers);
        Some(line(STRONG, "watch", &text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str = "Connection refused";

    /// A cluster with two watches, and the time.
    struct Told {
        people: People,
        now: Instant,
    }

    impl Told {
        /// A cluster that was connected from the start.
        fn connected() -> Self {
            let mut told = Self { people: People::default(), now: Instant::now() };
            let lines = told.after(0, [None, None], 0);
            assert_eq!(lines, ["watch     Pod: 3 objects, 7 events", "watch     Node: 1 object, 1 event"]);
            told
        }

        /// The lines after so many milliseconds, without their times.
        fn after(&mut self, milliseconds: u64, causes: [Option<&str>; 2], reconnects: u64) -> Vec<String> {
            self.now += Duration::from_millis(milliseconds);
            let news = [("Pod", (3, 7)), ("Node", (1, 1))].into_iter().zip(causes);
            let news = news.map(|((name, (objects, events)), cause)| News {
                name: name.to_owned(),
                numbers: (objects, events, reconnects),
                cause: cause.map(str::to_owned),
            });
            let lines = self.people.take(news, self.now);
            let plain = |line: &String| anstream::adapter::strip_str(line).to_string()[22..].to_owned();
            lines.iter().map(plain).collect()
        }
    }

    #[test]
    fn a_lost_connection_is_told_once_for_the_whole_cluster_and_so_is_its_return() {
        let mut told = Told::connected();
        let both = |cause| [Some(cause); 2];
        assert_eq!(told.after(200, both("the connection was lost"), 1), [""; 0]);
        assert_eq!(told.after(1_000, both(REFUSED), 2), [""; 0]);
        let lost = told.after(1_000, both(REFUSED), 3);
        assert!(
            lost.len() == 1 && lost[0].starts_with("lost      no connection to the cluster: Connection"),
            "{lost:?}"
        );
        assert!(lost[0].contains("; retrying; "), "{lost:?}");
        for reconnects in 4..9 {
            assert_eq!(told.after(10_000, both(REFUSED), reconnects), [""; 0]);
        }
        assert!(told.after(200, both("forbidden"), 9)[0].contains("forbidden"));
        assert_eq!(told.after(5_000, [None, Some("forbidden")], 9), [""; 0]);
        assert_eq!(
            told.after(30_000, [None, None], 9),
            [
                "found     connected to the cluster again",
                "watch     Pod: 3 objects, 7 events, 9 reconnects",
                "watch     Node: 1 object, 1 event, 9 reconnects"
            ]
        );
        assert_eq!(told.after(30_000, [None, None], 9), [""; 0]);
    }

    #[test]
    fn one_watch_that_fails_is_told_alone() {
        let mut told = Told::connected();
        assert_eq!(told.after(200, [None, Some(REFUSED)], 0), [""; 0]);
        for retry in [2_000, 10_000] {
            let expected = ["watch     Node: not connected: Connection refused; retrying"];
            assert_eq!(told.after(retry, [None, Some(REFUSED)], 0), expected[..usize::from(retry == 2_000)]);
        }
        assert_eq!(told.after(200, [None, None], 0), ["watch     Node: 1 object, 1 event"]);
    }

    #[test]
    fn a_watch_that_stays_away_when_the_others_return_is_told_in_the_end() {
        let mut told = Told::connected();
        told.after(200, [Some(REFUSED); 2], 0);
        assert_eq!(told.after(3_000, [Some(REFUSED); 2], 0).len(), 1);
        assert_eq!(told.after(3_000, [None, Some("forbidden")], 0), [""; 0]);
        let lines = told.after(80_000, [None, Some("forbidden")], 0);
        assert_eq!(lines[0], "found     connected to the cluster again");
        assert_eq!(lines[2], "watch     Node: not connected: forbidden; retrying");
    }

    #[test]
    fn a_connection_that_is_made_again_at_once_is_hardly_worth_a_word() {
        let mut told = Told::connected();
        assert_eq!(told.after(200, [Some(REFUSED); 2], 1), [""; 0]);
        assert_eq!(told.after(200, [None, None], 1).len(), 2);
    }
}
