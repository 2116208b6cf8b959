//! Objects as rows of a `Table`, with the columns that kubectl prints (`pkg/printers/internalversion` of Kubernetes).

mod age;
mod node;
mod pod;

use serde_json::{Value, json};

use super::accept::Included;
use super::answer::metadata_of;
use crate::store::Resource;
use boundtoken::UnixSeconds;

/// How a table is written.
pub(super) struct Table {
    pub resource: Resource,
    pub api_version: &'static str,
    pub included: Included,
    pub has_columns: bool,
}

/// A column. The first one of a table is the name.
struct Column {
    name: &'static str,
    description: &'static str,
    /// Whether only `kubectl get -o wide` prints it.
    is_wide: bool,
}

const fn column(name: &'static str, description: &'static str) -> Column {
    Column { name, description, is_wide: false }
}

const fn wide(name: &'static str, description: &'static str) -> Column {
    Column { name, description, is_wide: true }
}

const NAME: Column = column("Name", "The name of the object.");
const AGE: Column = column("Age", "The time since the object was created.");

const NAMESPACE: &[Column] = &[NAME, column("Status", "The status of the namespace"), AGE];
const SERVICE_ACCOUNT: &[Column] = &[NAME, AGE];
const SECRET: &[Column] =
    &[NAME, column("Type", "The type of the secret."), column("Data", "The number of its entries."), AGE];
const WEBHOOK_CONFIGURATION: &[Column] =
    &[NAME, column("Webhooks", "The number of webhooks registered in this configuration"), AGE];

impl Table {
    /// The table of one object.
    pub(super) fn of_one(&self, object: &Value) -> Value {
        let version = object.pointer("/metadata/resourceVersion");
        self.of([object].into_iter(), json!({"resourceVersion": version}))
    }

    /// The table of these objects, with the metadata of their list.
    pub(super) fn of<'a>(&self, objects: impl Iterator<Item = &'a Value>, metadata: Value) -> Value {
        let now = UnixSeconds::now();
        let mut table = json!({
            "kind": "Table",
            "apiVersion": self.api_version,
            "metadata": metadata,
            "columnDefinitions": null,
            "rows": objects.map(|object| self.row(object, now)).collect::<Vec<_>>(),
        });
        if let Some(columns) = table.get_mut("columnDefinitions").filter(|_| self.has_columns) {
            *columns = self.columns().iter().map(Column::definition).collect();
        }
        table
    }

    fn row(&self, object: &Value, now: UnixSeconds) -> Value {
        let cells = self.cells(object, now);
        match self.included {
            Included::Nothing => json!({"cells": cells, "object": null}),
            Included::Metadata => json!({"cells": cells, "object": metadata_of(object, self.api_version)}),
            Included::Object => json!({"cells": cells, "object": object}),
        }
    }

    fn columns(&self) -> &'static [Column] {
        match self.resource {
            Resource::Namespaces => NAMESPACE,
            Resource::ServiceAccounts => SERVICE_ACCOUNT,
            Resource::Pods => pod::COLUMNS,
            Resource::Secrets => SECRET,
            Resource::Nodes => node::COLUMNS,
            Resource::ValidatingWebhookConfigurations | Resource::MutatingWebhookConfigurations => {
                WEBHOOK_CONFIGURATION
            }
        }
    }

    /// One cell for each column.
    fn cells(&self, object: &Value, now: UnixSeconds) -> Vec<Value> {
        let name = text(object, "/metadata/name").into();
        let age = age::since(text(object, "/metadata/creationTimestamp"), now).into();
        match self.resource {
            Resource::Namespaces => vec![name, text(object, "/status/phase").into(), age],
            Resource::ServiceAccounts => vec![name, age],
            Resource::Pods => pod::cells(object, name, age, now),
            Resource::Secrets => {
                let entries = object.get("data").and_then(Value::as_object).map_or(0, serde_json::Map::len);
                vec![name, text(object, "/type").into(), entries.into(), age]
            }
            Resource::Nodes => node::cells(object, name, age),
            Resource::ValidatingWebhookConfigurations | Resource::MutatingWebhookConfigurations => {
                vec![name, items(object, "/webhooks").len().into(), age]
            }
        }
    }
}

impl Column {
    fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "type": if self.name == "Webhooks" { "integer" } else { "string" },
            "format": if self.name == "Name" { "name" } else { "" },
            "description": self.description,
            "priority": u8::from(self.is_wide),
        })
    }
}

/// The text at this place; empty when there is none.
fn text<'a>(object: &'a Value, place: &str) -> &'a str {
    object.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

/// The text at this place, or else a word for its absence.
fn text_or(object: &Value, place: &str, absent: &str) -> Value {
    let text = text(object, place);
    Value::from(if text.is_empty() { absent } else { text })
}

/// The items of the list at this place.
fn items<'a>(object: &'a Value, place: &str) -> &'a [Value] {
    object.pointer(place).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
