//! Whatever happens, and wherever a watch begins: a client that follows it ends with what a list has.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Create(&'static str, Resource, u8, bool),
    Label(&'static str, Resource, u8, bool),
    Finalize(&'static str, Resource, u8),
    Delete(&'static str, Resource, u8, u8),
    DeleteNamespace(&'static str),
    CreateNamespace(&'static str),
    Pass(u8),
    Forget,
    /// A new watch begins, after the list that was made that many steps ago.
    Watch(u8),
    /// The watch of this number reads.
    Read(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let namespace = || prop_oneof![Just("demo"), Just("other")];
    let resource =
        || prop_oneof![Just(Resource::Pods), Just(Resource::Secrets), Just(Resource::ServiceAccounts)];
    prop_oneof![
        8 => (namespace(), resource(), 0..4_u8, any::<bool>()).prop_map(|(n, r, i, l)| Step::Create(n, r, i, l)),
        6 => (namespace(), resource(), 0..4_u8, any::<bool>()).prop_map(|(n, r, i, l)| Step::Label(n, r, i, l)),
        3 => (namespace(), resource(), 0..4_u8).prop_map(|(n, r, i)| Step::Finalize(n, r, i)),
        6 => (namespace(), resource(), 0..4_u8, 0..3_u8).prop_map(|(n, r, i, g)| Step::Delete(n, r, i, g)),
        1 => namespace().prop_map(Step::DeleteNamespace),
        2 => namespace().prop_map(Step::CreateNamespace),
        2 => (0..3_u8).prop_map(Step::Pass),
        1 => Just(Step::Forget),
        3 => (0..20_u8).prop_map(Step::Watch),
        4 => (0..8_u8).prop_map(Step::Read),
    ]
}

const FOLLOWED: [Resource; 3] = [Resource::Pods, Resource::Secrets, Resource::ServiceAccounts];

/// A client that keeps its own picture by what a watch reports, as a reflector does.
struct Follower {
    resource: Resource,
    namespace: &'static str,
    labels: &'static str,
    watch: Watch,
    objects: BTreeMap<String, Arc<Value>>,
}

impl Follower {
    fn selector(&self) -> Selector {
        Selector::parse(self.resource, self.labels, "").unwrap()
    }

    /// Begins with a list that was made earlier.
    fn begin(store: &Store, number: usize, lists: &[[List; 3]], back: usize) -> Self {
        let resource = FOLLOWED[number % 3];
        let namespace = ["", "demo"][number / 3 % 2];
        let labels = ["", "l=yes", "!l"][number / 6 % 3];
        let selector = Selector::parse(resource, labels, "").unwrap();
        let lists = &lists[lists.len().saturating_sub(back + 1)];
        let List { revision, items } = lists[number % 3].clone();
        let is_selected = |object: &Arc<Value>| {
            (namespace.is_empty() || meta(object, "namespace") == namespace) && selector.selects(object)
        };
        let list = List { revision, items: items.into_iter().filter(is_selected).collect() };
        let watch = store.watch(resource, namespace, selector, Start::After(list.revision));
        let mut follower = Self { resource, namespace, labels, watch, objects: BTreeMap::new() };
        follower.take(&list);
        follower
    }

    fn take(&mut self, list: &List) {
        self.objects = list.items.iter().map(|object| (state::key_of(object), Arc::clone(object))).collect();
    }

    fn read(&mut self, store: &Store) {
        while let Some(event) = self.watch.next_ready() {
            match event {
                WatchEvent::Added(object) => {
                    assert!(self.objects.insert(state::key_of(&object), object).is_none(), "added twice");
                }
                WatchEvent::Modified(object) => {
                    assert!(self.objects.insert(state::key_of(&object), object).is_some(), "not there yet");
                }
                WatchEvent::Deleted(object) => {
                    assert!(self.objects.remove(&state::key_of(&object)).is_some(), "not there any more");
                }
                WatchEvent::Bookmark { .. } => panic!("nobody asked for a bookmark"),
                WatchEvent::Error(status) => {
                    assert_eq!(status.code, 410);
                    let selector = self.selector();
                    let list = store.list(self.resource, self.namespace, &selector, Version::Latest).unwrap();
                    self.take(&list);
                    self.watch =
                        store.watch(self.resource, self.namespace, selector, Start::After(list.revision));
                }
            }
        }
    }
}

fn labels(labelled: bool) -> Value {
    if labelled { json!({"l": "yes"}) } else { json!({"m": "other"}) }
}

/// All objects that may be followed, by their kind.
fn lists(store: &Store) -> [List; 3] {
    let all = |resource| store.list(resource, "", &Selector::default(), Version::Latest).unwrap();
    FOLLOWED.map(all)
}

/// Does one thing. Most of them may fail, which is as good as any other outcome here.
fn perform(store: &Store, step: &Step, now: u64) {
    let options = later(now);
    match *step {
        Step::Create(namespace, resource, index, labelled) => {
            let mut object = pod(&format!("o{index}"), if index % 2 == 0 { "node-1" } else { "" });
            object["metadata"]["labels"] = labels(labelled);
            let _ = store.create(resource, namespace, object, options);
        }
        Step::Label(namespace, resource, index, labelled) => {
            let patch =
                json!({"metadata": {"labels": {"l": if labelled { json!("yes") } else { Value::Null }}}});
            let patch = Patch::Merge(patch.as_object().unwrap().clone());
            let _ = store.patch(resource, namespace, &format!("o{index}"), Part::Main, &patch, options);
        }
        Step::Finalize(namespace, resource, index) => {
            let name = format!("o{index}");
            let Ok(object) = store.get(resource, namespace, &name, 0) else { return };
            let held = object["metadata"].get("finalizers").is_some();
            let finalizers = if held { json!(null) } else { json!(["example.com/held"]) };
            let patch = json!({"metadata": {"finalizers": finalizers}});
            let patch = Patch::Merge(patch.as_object().unwrap().clone());
            let _ = store.patch(resource, namespace, &name, Part::Main, &patch, options);
        }
        Step::Delete(namespace, resource, index, grace) => {
            let grace_period_seconds = (grace > 0).then_some(i64::from(grace));
            let options = DeleteOptions { grace_period_seconds, ..DeleteOptions::of(options) };
            let _ = store.delete(resource, namespace, &format!("o{index}"), &options);
        }
        Step::DeleteNamespace(namespace) => {
            let _ = store.delete(Resource::Namespaces, "", namespace, &DeleteOptions::of(options));
        }
        Step::CreateNamespace(namespace) => {
            let _ = store.create(Resource::Namespaces, "", account(namespace), options);
        }
        Step::Pass(_) => store.expire(options.now),
        Step::Forget => store.forget_history(),
        Step::Watch(_) | Step::Read(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_follower_ends_with_what_a_list_has(steps in prop::collection::vec(step(), 1..120)) {
        let store = store();
        let mut now = 0;
        let mut followers: Vec<Follower> = Vec::new();
        let mut earlier = vec![lists(&store)];
        for step in &steps {
            match step {
                Step::Pass(seconds) => now += u64::from(*seconds),
                Step::Watch(back) if followers.len() < 18 => {
                    let follower = Follower::begin(&store, followers.len(), &earlier, usize::from(*back));
                    followers.push(follower);
                }
                Step::Read(number) => {
                    if let Some(follower) = followers.get_mut(usize::from(*number)) {
                        follower.read(&store);
                    }
                }
                _ => {}
            }
            perform(&store, step, now);
            earlier.push(lists(&store));
        }
        for follower in &mut followers {
            follower.read(&store);
            let selector = follower.selector();
            let list = store.list(follower.resource, follower.namespace, &selector, Version::Latest).unwrap();
            let objects: Vec<_> = follower.objects.values().cloned().collect();
            prop_assert_eq!(objects, list.items);
        }
    }
}
