//! A policy in a file that may change while the service runs.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::{Policy, PolicyError, SharedPolicy, read};

/// How often the file is read by default.
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
/// How long new content must stay the same before it counts.
const SETTLING: Duration = Duration::from_secs(1);

/// A file with a policy, which may change while the service runs.
///
/// The file is read again every few seconds, and its bytes are compared. So it does not matter how the file is replaced:
/// Kubernetes, for example, updates a mounted ConfigMap by swapping a symbolic link above it.
///
/// ```
/// use boundtoken_tower::PolicyFile;
///
/// # let path = std::env::temp_dir().join(format!("boundtoken-policy-{}.yaml", std::process::id()));
/// # std::fs::write(&path, "namespace: demo")?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// # /*
/// let file = PolicyFile::open("/etc/service/policy.yaml")?;
/// # */
/// # let file = PolicyFile::open(path)?;
/// let policy = file.policy();
/// tokio::spawn(file.follow());
///
/// // From now on `policy` is what the file says.
/// assert_eq!(format!("{:?}", policy.load()), r#"namespace("demo")"#);
/// # Ok::<(), boundtoken_tower::PolicyError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PolicyFile {
    path: Arc<Path>,
    interval: Duration,
    policy: SharedPolicy,
    last: Found,
}

/// The content of the file, or why there is none.
type Found = Result<Vec<u8>, PolicyError>;

impl PolicyFile {
    /// Reads the policy in this file. [`Policy::from_yaml`] says how it is written.
    ///
    /// # Errors
    /// The file cannot be read, has more than 1 MiB, or is not a policy. The `Display` text says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PolicyError> {
        let path = path.as_ref();
        let content = content(path)?;
        let policy = policy(&content, path)?;
        let (path, policy) = (path.into(), policy.into());
        Ok(Self { path, interval: USUAL_INTERVAL, policy, last: Ok(content) })
    }

    /// Sets how often [`follow`](Self::follow) reads the file. The default is five seconds. The least is a tenth of a
    /// second.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval: interval.max(SHORTEST_INTERVAL), ..self }
    }

    /// The policy of the file. It changes with the file, for as long as [`follow`](Self::follow) runs.
    #[must_use]
    pub fn policy(&self) -> SharedPolicy {
        self.policy.clone()
    }

    /// Replaces the policy whenever the file has new content. Never completes: spawn it as a task, and abort that to
    /// stop.
    ///
    /// New content counts when it is still the same a second later, so that a file is not taken while it is being
    /// written. If it is not a policy, or the file cannot be read, the last good policy stays in use. A change is logged:
    /// as information if the policy was replaced, and as a warning, once, if it was not.
    ///
    /// Needs a tokio runtime with its timer enabled, and panics without one.
    pub async fn follow(mut self) {
        loop {
            sleep(self.interval).await;
            let mut found = self.look().await;
            while found != self.last {
                sleep(SETTLING.min(self.interval)).await;
                let again = self.look().await;
                if again == found {
                    self.take(&found);
                    self.last = again;
                } else {
                    found = again;
                }
            }
        }
    }

    async fn look(&self) -> Found {
        let path = Arc::clone(&self.path);
        let looked = tokio::task::spawn_blocking(move || content(&path)).await;
        looked.unwrap_or_else(|error| Err(PolicyError::new(error.to_string()).in_file(&self.path)))
    }

    fn take(&self, found: &Found) {
        let policy = found.as_ref().map_err(Clone::clone).and_then(|content| policy(content, &self.path));
        match policy {
            Ok(policy) => {
                self.policy.replace(policy);
                tracing::info!(file = %self.path.display(), "the policy was replaced");
            }
            Err(error) => {
                tracing::warn!(%error, "the policy was not replaced: the last good one stays in use")
            }
        }
    }
}

/// Reads the whole file.
fn content(path: &Path) -> Found {
    let wrong = |message: String| PolicyError::new(message).in_file(path);
    let limit = u64::try_from(read::MAX_SIZE).map_err(|error| wrong(error.to_string()))?;
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut content));
    match read {
        Ok(length) if length <= read::MAX_SIZE => Ok(content),
        Ok(_) => Err(wrong(read::TOO_LARGE.to_owned())),
        Err(error) => Err(wrong(format!(
            "cannot be read: {error}; check the path, and that this user may read the file"
        ))),
    }
}

fn policy(content: &[u8], path: &Path) -> Result<Policy, PolicyError> {
    Policy::from_yaml(content).map_err(|error| error.in_file(path))
}

impl fmt::Debug for PolicyFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("PolicyFile");
        shown.field("path", &self.path).field("interval", &self.interval).field("policy", &self.policy);
        shown.finish_non_exhaustive()
    }
}
