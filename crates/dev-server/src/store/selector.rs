//! Selectors: which objects a list or a watch is about.

mod field;
mod label;

use serde_json::Value;

use boundtoken::api::Status;

use super::Resource;
use field::FieldSelector;
use label::LabelSelector;

/// A label selector and a field selector; the empty one selects everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selector {
    /// Reads both, as they stand in a query.
    ///
    /// # Errors
    ///
    /// 400 for a selector that cannot be read, and for a field that the resource cannot be selected by.
    pub(crate) fn parse(resource: Resource, labels: &str, fields: &str) -> Result<Self, Status> {
        Ok(Self {
            labels: LabelSelector::parse(labels).map_err(Status::bad_request)?,
            fields: FieldSelector::parse(resource, fields).map_err(Status::bad_request)?,
        })
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        self.fields.selects(object) && self.labels.selects(object)
    }
}
