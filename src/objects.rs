//! The objects that tokens are bound to, the sources that know about them, and a store that keeps them in memory.

mod fingerprint;
mod kind;
mod reference;
mod source;
mod spec;
mod store;
mod uid;

pub(crate) use fingerprint::Fingerprint;
pub(crate) use reference::is_object_name;
pub(crate) use source::Asked;

pub use kind::ObjectKind;
pub use reference::{BoundObject, ObjectReference};
pub use source::{BoundObjects, Freshness, ObjectSource, ObjectState};
pub use spec::{PodSpec, Webhook};
pub use store::{Feed, ObjectStore, ObjectStoreError, Relist, Scope};
pub use uid::Uid;
