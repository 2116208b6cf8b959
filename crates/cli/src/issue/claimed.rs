//! Objects that cannot be looked up. They are what the arguments say.

use boundtoken::{
    BoundObjects, IssuerObjects, ObjectKind, ObjectReference, ObjectSource, ObjectState, PodSpec, Uid,
    Webhook,
};

/// A cluster in which every object exists, every pod runs as one service account, and every audience is a webhook.
#[derive(Clone)]
pub struct Claimed {
    service_account: String,
    audiences: Vec<String>,
    account_uid: Uid,
    bound_uid: Uid,
}

impl Claimed {
    /// Takes the uids of the service account and of the bound object. Makes up missing ones.
    pub fn new(
        service_account: &str,
        audiences: &[String],
        uids: [&Option<String>; 2],
    ) -> Result<Self, String> {
        let [account_uid, bound_uid] = uids.map(|uid| match uid.as_deref() {
            Some("") => Err("a uid is empty: leave the option out, and one is made up".to_owned()),
            Some(uid) => Ok(Uid::from(uid)),
            None => Uid::random().map_err(|error| error.to_string()),
        });
        Ok(Self {
            service_account: service_account.to_owned(),
            audiences: audiences.to_vec(),
            account_uid: account_uid?,
            bound_uid: bound_uid?,
        })
    }
}

impl BoundObjects for Claimed {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let uid = match reference.kind {
            ObjectKind::ServiceAccount => &self.account_uid,
            _ => &self.bound_uid,
        };
        ObjectState::Present { uid: uid.clone(), deletion_timestamp: None }
    }
}

impl IssuerObjects for Claimed {
    fn source(&self) -> ObjectSource {
        self.clone().into()
    }

    fn pod_spec(&self, _pod: &ObjectReference<'_>, _uid: &Uid) -> Option<PodSpec> {
        Some(PodSpec { service_account_name: self.service_account.clone(), node_name: String::new() })
    }

    fn webhooks(&self, _configuration: &ObjectReference<'_>, _uid: &Uid) -> Option<Vec<Webhook>> {
        let webhook =
            |audience: &String| Webhook { audience: audience.clone(), api_groups: vec!["*".to_owned()] };
        Some(self.audiences.iter().map(webhook).collect())
    }
}
