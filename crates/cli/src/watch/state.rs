//! The last status. Only differences from it are printed.

use boundtoken::UnixSeconds;
use boundtoken_kubernetes::{ClusterStatus, WatchStatus};

use super::event::Event;

#[derive(Default)]
pub struct State {
    keys_loaded_at: Option<UnixSeconds>,
    stale: bool,
    watches: Vec<WatchStatus>,
}

impl State {
    /// The differences between this status and the last one.
    pub fn changes(&mut self, status: ClusterStatus) -> Vec<Event> {
        let mut events = Vec::new();
        if self.keys_loaded_at.replace(status.keys_loaded_at) != Some(status.keys_loaded_at) {
            events.push(Event::Keys { issuer: status.issuer, key_ids: status.key_ids });
        }
        // A cluster's watches never change their order.
        for (place, watch) in status.watches.iter().enumerate() {
            if self.watches.get(place).is_none_or(|before| printed(before) != printed(watch)) {
                events.push(Event::Watch(watch.clone()));
            }
        }
        if std::mem::replace(&mut self.stale, status.stale) != status.stale {
            events.push(if status.stale { Event::Stale } else { Event::Fresh });
        }
        self.watches = status.watches;
        events
    }
}

/// Everything except the age, which always changes.
fn printed(watch: &WatchStatus) -> (bool, usize, u64, u64, Option<&str>) {
    (watch.in_step, watch.objects, watch.events, watch.reconnects, watch.failure.as_deref())
}
