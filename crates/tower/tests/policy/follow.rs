//! A policy file that changes while the service runs.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use boundtoken_tower::{PolicyFile, SharedPolicy};
use tokio::time::sleep;

use super::log::Log;

/// A volume of a ConfigMap, as the kubelet mounts and updates it.
struct Volume {
    folder: PathBuf,
    version: u32,
}

impl Volume {
    fn new(name: &str, policy: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("boundtoken-tower-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        let mut volume = Self { folder, version: 0 };
        volume.update(Some(policy));
        symlink("..data/policy.yaml", volume.file()).unwrap();
        volume
    }

    fn file(&self) -> PathBuf {
        self.folder.join("policy.yaml")
    }

    /// Puts a folder with the new content in place of the old one.
    fn update(&mut self, policy: Option<&str>) {
        let (old, new) = (format!("..{}", self.version), format!("..{}", self.version + 1));
        self.version += 1;
        std::fs::create_dir(self.folder.join(&new)).unwrap();
        if let Some(policy) = policy {
            std::fs::write(self.folder.join(&new).join("policy.yaml"), policy).unwrap();
        }
        symlink(&new, self.folder.join("..data_tmp")).unwrap();
        std::fs::rename(self.folder.join("..data_tmp"), self.folder.join("..data")).unwrap();
        let _ = std::fs::remove_dir_all(self.folder.join(old));
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn shown(policy: &SharedPolicy) -> String {
    format!("{:?}", policy.load())
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_mounted_config_map_is_followed() {
    let mut volume = Volume::new("follow", "namespace: one");
    let path = volume.file().display().to_string();
    let log = Log::about(&path);
    let file = PolicyFile::open(volume.file()).unwrap();
    let policy = file.policy();
    let task = tokio::spawn(file.follow());
    assert_eq!(shown(&policy), r#"namespace("one")"#);
    sleep(Duration::from_secs(60)).await;
    assert!(log.lines().is_empty(), "nothing has changed");

    volume.update(Some("namespace: two"));
    sleep(Duration::from_secs(7)).await;
    assert_eq!(shown(&policy), r#"namespace("two")"#);
    assert_eq!(log.lines(), [format!("INFO the policy was replaced file={path}")]);

    // The same content in another folder is nothing new.
    volume.update(Some("namespace: two"));
    sleep(Duration::from_secs(60)).await;
    assert!(log.lines().is_empty());

    // A bad policy, twice, and no file at all.
    for (content, error) in [
        (Some("namespace: '*'"), "line 1: namespace: no name of Kubernetes;"),
        (Some("all: []"), "line 1: all: an empty list;"),
        (None, "cannot be read:"),
    ] {
        volume.update(content);
        sleep(Duration::from_secs(120)).await;
        assert_eq!(shown(&policy), r#"namespace("two")"#, "the last good policy stays in use");
        let lines = log.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let start = "WARN the policy was not replaced: the last good one stays in use error=";
        assert!(lines[0].starts_with(&format!("{start}{path}: {error}")), "{lines:?}");
    }

    volume.update(Some(r#"{"namespace": "three"}"#));
    sleep(Duration::from_secs(7)).await;
    assert_eq!(shown(&policy), r#"namespace("three")"#);
    assert_eq!(log.lines().len(), 1);

    task.abort();
    volume.update(Some("namespace: four"));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(shown(&policy), r#"namespace("three")"#, "nobody follows any more");
}

#[tokio::test(start_paused = true)]
async fn a_file_is_not_taken_while_it_is_written() {
    let volume = Volume::new("written", "all: [{namespace: a}, {confirmed: live}]");
    let file = PolicyFile::open(volume.file()).unwrap();
    let policy = file.policy();
    tokio::spawn(file.follow());
    // One look comes at 5 seconds. The next one, a second later, decides.
    sleep(Duration::from_millis(4_900)).await;
    write(&volume.file(), "all:\n- namespace: a\n");
    sleep(Duration::from_millis(200)).await;
    write(&volume.file(), "all:\n- namespace: a\n- node: b\n");
    for _ in 0..50 {
        sleep(Duration::from_millis(100)).await;
        assert_ne!(shown(&policy), r#"all([namespace("a")])"#, "half a policy lets more callers in");
    }
    assert_eq!(shown(&policy), r#"all([namespace("a"), node("b")])"#);
}

#[tokio::test(start_paused = true)]
async fn the_interval_can_be_chosen() {
    let volume = Volume::new("interval", "namespace: one");
    let follow = |interval| {
        let file = PolicyFile::open(volume.file()).unwrap().interval(interval);
        let policy = file.policy();
        tokio::spawn(file.follow());
        policy
    };
    let (soon, late) = (follow(Duration::ZERO), follow(Duration::from_secs(60)));
    write(&volume.file(), "namespace: two");
    sleep(Duration::from_millis(250)).await;
    assert_eq!([shown(&soon), shown(&late)], [r#"namespace("two")"#, r#"namespace("one")"#]);
    sleep(Duration::from_secs(62)).await;
    assert_eq!(shown(&late), r#"namespace("two")"#);
}

#[test]
fn opening_says_which_file_and_what_to_do() {
    let volume = Volume::new("open", "nodes: a");
    let error = PolicyFile::open(volume.file()).unwrap_err();
    assert_eq!((error.file(), error.line()), (Some(&*volume.file()), Some(1)));
    let start = format!("{}: line 1: unknown member `nodes`; the members are any,", volume.file().display());
    assert!(error.to_string().starts_with(&start), "{error}");

    let missing = volume.folder.join("missing.yaml");
    let error = PolicyFile::open(&missing).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be read: No such file", missing.display())), "{error}");
    assert!(error.ends_with("; check the path, and that this user may read the file"), "{error}");
    assert!(PolicyFile::open(&volume.folder).is_err(), "a folder");

    write(&volume.file(), &format!("node: a\n#{}", "x".repeat(1 << 20)));
    let error = PolicyFile::open(volume.file()).unwrap_err().to_string();
    assert!(error.ends_with("policy.yaml: more than 1 MiB; is it the right file?"), "{error}");
    // A file without an end.
    assert!(PolicyFile::open("/dev/zero").unwrap_err().to_string().ends_with("is it the right file?"));
}
