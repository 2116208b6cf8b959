//! What an issuer must know about objects.

use crate::objects::{ObjectReference, ObjectSource, ObjectStore, PodSpec, Uid, Webhook};

/// The objects that an [`Issuer`](crate::Issuer) binds tokens to.
///
/// [`ObjectStore`] implements it. Fill the store with [`ObjectStore::upsert_pod`] and
/// [`ObjectStore::upsert_webhooks`], or with [complete objects](ObjectStore::load_json).
///
/// ```
/// use boundtoken::{IssuerObjects, ObjectReference, ObjectSource, ObjectState, PodSpec, Uid, Webhook};
///
/// /// Every object exists, and has this uid. Every pod runs as the service account `app`.
/// struct Everything(Uid);
///
/// impl IssuerObjects for Everything {
///     fn source(&self) -> ObjectSource {
///         let uid = self.0.clone();
///         let state = move |_: &ObjectReference<'_>| {
///             ObjectState::Present { uid: uid.clone(), deletion_timestamp: None }
///         };
///         state.into()
///     }
///
///     fn pod_spec(&self, _: &ObjectReference<'_>, _: &Uid) -> Option<PodSpec> {
///         Some(PodSpec { service_account_name: "app".into(), node_name: String::new() })
///     }
///
///     fn webhooks(&self, _: &ObjectReference<'_>, _: &Uid) -> Option<Vec<Webhook>> {
///         None
///     }
/// }
/// ```
pub trait IssuerObjects: Send + Sync {
    /// The source of the objects' states. The issuer asks for it once, when it is built.
    /// [`Issuer::trusted`](crate::Issuer::trusted) gives it to verifiers too.
    fn source(&self) -> ObjectSource;

    /// The spec of a pod, if it is known and the pod still has this uid.
    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec>;

    /// The webhooks of a webhook configuration, if they are known and the configuration still has this uid.
    fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>>;
}

impl IssuerObjects for ObjectStore {
    fn source(&self) -> ObjectSource {
        self.clone().into()
    }

    fn pod_spec(&self, pod: &ObjectReference<'_>, uid: &Uid) -> Option<PodSpec> {
        self.pod_spec(pod, uid)
    }

    fn webhooks(&self, configuration: &ObjectReference<'_>, uid: &Uid) -> Option<Vec<Webhook>> {
        self.webhooks(configuration, uid)
    }
}
