use super::*;

fn watch(store: &Store, start: Start) -> Watch {
    store.watch(Resource::Secrets, "demo", Selector::default(), start)
}

/// What has happened, in short: the kind of event and the name.
fn events(watch: &mut Watch) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(event) = watch.next_ready() {
        events.push(match event {
            WatchEvent::Added(object) => format!("ADDED {}", meta(&object, "name")),
            WatchEvent::Modified(object) => format!("MODIFIED {}", meta(&object, "name")),
            WatchEvent::Deleted(object) => format!("DELETED {}", meta(&object, "name")),
            WatchEvent::Bookmark { initial_events_end, .. } => format!("BOOKMARK {initial_events_end}"),
            WatchEvent::Error(status) => format!("ERROR {} {}", status.code, status.message),
        });
    }
    events
}

fn label(store: &Store, name: &str, value: &str) {
    let object = json!({"metadata": {"name": name, "labels": {"l": value}}});
    store.replace(Resource::Secrets, "demo", name, Part::Main, object, AT_ONCE).unwrap();
}

#[test]
fn a_watch_from_a_version_reports_everything_after_it() {
    let store = store();
    let a = create(&store, Resource::Secrets, "demo", account("a"));
    create(&store, Resource::Secrets, "demo", account("b"));
    let mut watch = watch(&store, Start::After(revision(&a)));
    assert_eq!(events(&mut watch), ["ADDED b"]);
    label(&store, "b", "1");
    create(&store, Resource::Secrets, "default", account("elsewhere"));
    create(&store, Resource::Pods, "demo", pod("of-another-kind", ""));
    delete(&store, Resource::Secrets, "b", AT_ONCE).unwrap();
    assert_eq!(events(&mut watch), ["MODIFIED b", "DELETED b"]);
    assert_eq!(events(&mut watch), [""; 0]);
}

#[test]
fn a_watch_from_nowhere_begins_with_what_is_there() {
    let store = store();
    create(&store, Resource::Secrets, "demo", account("a"));
    let everything = |mark| Start::Everything { not_older_than: 0, mark };
    assert_eq!(events(&mut watch(&store, everything(false))), ["ADDED a"]);
    assert_eq!(events(&mut watch(&store, everything(true))), ["ADDED a", "BOOKMARK true"]);
    let mut from_now = watch(&store, Start::Now);
    assert_eq!(events(&mut from_now), [""; 0]);
    create(&store, Resource::Secrets, "demo", account("b"));
    assert_eq!(events(&mut from_now), ["ADDED b"]);
}

#[test]
fn a_deleted_object_carries_the_version_of_its_end() {
    let store = store();
    let created = create(&store, Resource::Secrets, "demo", account("a"));
    let mut watch = watch(&store, Start::Now);
    delete(&store, Resource::Secrets, "a", AT_ONCE).unwrap();
    let Some(WatchEvent::Deleted(gone)) = watch.next_ready() else { panic!("not deleted") };
    assert_eq!(revision(&gone), revision(&created) + 1);
    assert_eq!(meta(&gone, "uid"), meta(&created, "uid"));
}

#[test]
fn a_forced_deletion_of_a_pod_is_two_events() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let mut watch = store.watch(Resource::Pods, "demo", Selector::default(), Start::Now);
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::of(AT_ONCE) };
    store.delete(Resource::Pods, "demo", "app", &options).unwrap();
    assert_eq!(events(&mut watch), ["MODIFIED app", "DELETED app"]);
}

#[test]
fn an_object_that_begins_or_ceases_to_be_selected_comes_and_goes() {
    let store = store();
    create(&store, Resource::Secrets, "demo", account("a"));
    let selector = Selector::parse(Resource::Secrets, "l=yes", "metadata.name=a").unwrap();
    let mut watch = store.watch(Resource::Secrets, "", selector, Start::Now);
    create(&store, Resource::Secrets, "demo", json!({"metadata": {"name": "b", "labels": {"l": "yes"}}}));
    assert_eq!(events(&mut watch), [""; 0]);
    label(&store, "a", "yes");
    label(&store, "a", "no");
    label(&store, "a", "maybe");
    assert_eq!(events(&mut watch), ["ADDED a", "DELETED a"]);
}

#[test]
fn a_bookmark_says_how_far_the_watch_has_come() {
    let store = store();
    let mut watch = watch(&store, Start::Now);
    create(&store, Resource::Pods, "demo", pod("of-another-kind", ""));
    let newest = create(&store, Resource::Secrets, "default", account("elsewhere"));
    assert_eq!(watch.next_ready(), None);
    assert_eq!(
        watch.bookmark(false),
        WatchEvent::Bookmark { revision: revision(&newest), initial_events_end: false }
    );
}

#[test]
fn a_version_that_is_too_old_is_an_error_and_the_end() {
    let store = store();
    let created = create(&store, Resource::Secrets, "demo", account("a"));
    store.forget_history();
    let (old, floor) = (revision(&created), revision(&created) + 1);
    let mut watch = watch(&store, Start::After(old));
    assert_eq!(events(&mut watch), [format!("ERROR 410 too old resource version: {old} ({floor})")]);
    create(&store, Resource::Secrets, "demo", account("b"));
    assert_eq!(events(&mut watch), [""; 0]);
}

#[test]
fn a_watch_that_has_seen_everything_outlives_the_history() {
    let store = store();
    let mut caught_up = watch(&store, Start::Now);
    let mut behind = watch(&store, Start::Now);
    create(&store, Resource::Secrets, "demo", account("a"));
    assert_eq!(events(&mut caught_up), ["ADDED a"]);
    store.forget_history();
    create(&store, Resource::Secrets, "demo", account("b"));
    assert_eq!(events(&mut caught_up), ["ADDED b"]);
    assert!(events(&mut behind)[0].starts_with("ERROR 410 too old resource version"));
}

#[test]
fn a_watch_that_falls_behind_the_history_ends_and_others_go_on() {
    let store = store();
    create(&store, Resource::Secrets, "demo", account("a"));
    let mut behind = watch(&store, Start::Now);
    let mut follows = watch(&store, Start::Now);
    for round in 0..10_100 {
        label(&store, "a", &round.to_string());
        if round % 50 == 0 {
            assert!(!events(&mut follows).is_empty());
        }
    }
    assert!(events(&mut behind)[0].starts_with("ERROR 410 too old resource version"));
    assert_eq!(events(&mut follows).len(), 49);
}

#[test]
fn a_version_of_the_future_is_waited_for_unless_a_list_is_asked_for() {
    let store = store();
    let created = create(&store, Resource::Secrets, "demo", account("a"));
    let now = revision(&created);
    let mut ahead = watch(&store, Start::After(now + 1));
    let start = Start::Everything { not_older_than: now + 1, mark: true };
    let error = format!("ERROR 504 Timeout: Too large resource version: {}, current: {now}", now + 1);
    assert_eq!(events(&mut watch(&store, start)), [error]);
    create(&store, Resource::Secrets, "demo", account("b"));
    create(&store, Resource::Secrets, "demo", account("c"));
    assert_eq!(events(&mut ahead), ["ADDED c"]);
}

#[test]
fn a_write_that_changes_nothing_is_no_event() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", ""));
    let mut watch = store.watch(Resource::Pods, "demo", Selector::default(), Start::Now);
    let mut same = pod("app", "");
    same["spec"]["serviceAccountName"] = json!("default");
    store.replace(Resource::Pods, "demo", "app", Part::Main, same, AT_ONCE).unwrap();
    let patch = Patch::Merge(serde_json::Map::new());
    store.patch(Resource::Pods, "demo", "app", Part::Main, &patch, AT_ONCE).unwrap();
    assert_eq!(events(&mut watch), [""; 0]);
}

#[test]
fn a_waiting_watch_is_woken() {
    let store = store();
    let mut watches: Vec<_> = (0..200).map(|_| watch(&store, Start::Now)).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut waiting = Vec::new();
        for mut watch in watches.drain(..) {
            waiting.push(tokio::spawn(async move { watch.next().await }));
        }
        tokio::task::yield_now().await;
        create(&store, Resource::Secrets, "demo", account("a"));
        for watch in waiting {
            assert!(matches!(watch.await.unwrap(), Some(WatchEvent::Added(_))));
        }
    });
}

#[test]
fn pods_end_by_themselves_when_their_grace_period_has_passed() {
    let store = store();
    create(&store, Resource::Pods, "demo", pod("app", "node-1"));
    let mut watch = store.watch(Resource::Pods, "demo", Selector::default(), Start::Now);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let expiring = store.clone();
        tokio::spawn(async move { expiring.keep_expiring().await });
        tokio::task::yield_now().await;
        let long_ago = DeleteOptions {
            grace_period_seconds: Some(5),
            ..DeleteOptions::of(WriteOptions { dry_run: false, now: UnixSeconds(UnixSeconds::now().0 - 60) })
        };
        store.delete(Resource::Pods, "demo", "app", &long_ago).unwrap();
        for _ in 0..3 {
            watch.next().await.unwrap();
        }
    });
    assert_eq!(get(&store, Resource::Pods, "app").unwrap_err().code, 404);
}
