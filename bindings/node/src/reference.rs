//! Objects and their states, as JavaScript sees them.

use boundtoken::{BoundObject, ObjectKind, ObjectReference, ObjectState, Uid, UnixSeconds};
use napi_derive::napi;

use crate::errors::{CONFIGURATION, Result};
use crate::unix;

/// An object by its name.
#[napi(object)]
pub struct Name {
    /// The number of the kind.
    pub kind: u32,
    pub namespace: String,
    pub name: String,
}

impl Name {
    pub fn as_rust(&self) -> Result<ObjectReference<'_>> {
        Ok(ObjectReference { kind: kind(self.kind)?, namespace: &self.namespace, name: &self.name })
    }
}

/// The kind with this number.
pub fn kind(number: u32) -> Result<ObjectKind> {
    let found = ObjectKind::ALL.iter().find(|kind| kind.number() == number);
    found.copied().ok_or_else(|| CONFIGURATION.with(format!("{number} is no ObjectKind")))
}

/// An object that a token is bound to.
#[napi(object)]
pub struct Bound {
    pub kind: u32,
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

impl From<BoundObject<'_>> for Bound {
    fn from(object: BoundObject<'_>) -> Self {
        let BoundObject { reference: ObjectReference { kind, namespace, name }, uid, .. } = object;
        Self {
            kind: kind.number(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
        }
    }
}

/// What is known of an object.
#[napi(object)]
pub struct State {
    /// The number of the state.
    pub state: u32,
    /// The uid of an object that is present.
    pub uid: Option<String>,
    /// Its `metadata.deletionTimestamp`, in seconds since 1970.
    pub deleted: Option<f64>,
}

impl From<ObjectState> for State {
    fn from(state: ObjectState) -> Self {
        let nothing = |state| Self { state, uid: None, deleted: None };
        match state {
            ObjectState::Unavailable => nothing(0),
            ObjectState::Present { uid, deletion_timestamp } => {
                Self { state: 1, uid: Some(uid.to_string()), deleted: deletion_timestamp.map(number) }
            }
            ObjectState::Absent => nothing(2),
            ObjectState::NotFollowed => nothing(3),
        }
    }
}

impl From<&State> for ObjectState {
    fn from(state: &State) -> Self {
        match (state.state, &state.uid) {
            (1, Some(uid)) => {
                Self::Present { uid: Uid::from(uid.as_str()), deletion_timestamp: state.deleted.map(unix) }
            }
            (2, _) => Self::Absent,
            (3, _) => Self::NotFollowed,
            (_, _) => Self::Unavailable,
        }
    }
}

/// A time as JavaScript has it.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
fn number(time: UnixSeconds) -> f64 {
    time.0 as f64
}
