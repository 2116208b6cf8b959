//! The routes of objects: create, get, list, watch, replace, patch and delete.

pub(crate) mod decoding;
mod deletion;
mod listing;
mod patching;
mod represent;
mod stream;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{Extension, FromRequestParts, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;

use super::accept::Form;
use super::answer::{self, Answer, Refusal};
use super::body;
use super::options::WriteOptions;
use super::{Context, ContextRef, not_found};
use crate::store::{self, Deleted, Part, Resource};
use boundtoken::UnixSeconds;
use boundtoken::api::Status;

use listing::Query;
use represent::{represent_list, represent_object};

/// All routes of objects, from the root.
pub(crate) fn routes() -> Router<ContextRef> {
    Resource::ALL.into_iter().map(routes_of).fold(Router::new(), Router::merge)
}

fn routes_of(resource: Resource) -> Router<ContextRef> {
    let (root, plural) = (resource.root(), resource.plural());
    let (collection, item) = match resource {
        // The path of a namespace has its name in the place of other objects' namespace.
        Resource::Namespaces => (format!("{root}/namespaces"), format!("{root}/namespaces/{{namespace}}")),
        resource if resource.is_namespaced() => {
            let collection = format!("{root}/namespaces/{{namespace}}/{plural}");
            (collection.clone(), collection + "/{name}")
        }
        _ => (format!("{root}/{plural}"), format!("{root}/{plural}/{{name}}")),
    };
    let mut of_collection = get(list_or_watch).post(create);
    if resource != Resource::Namespaces {
        of_collection = of_collection.delete(delete_all);
    }
    let mut routes = Router::new()
        .route(&collection, of_collection)
        .route(&item, get(get_one).put(replace).patch(patch).delete(delete));
    if resource.is_namespaced() {
        routes = routes.route(&format!("{root}/{plural}"), get(list_or_watch));
    }
    if resource.has_status() {
        routes =
            routes.route(&format!("{item}/status"), get(get_one).put(replace_status).patch(patch_status));
    }
    routes.layer(Extension(resource))
}

/// What the URL names.
struct Place {
    resource: Resource,
    /// Empty for a resource of the whole cluster, and for a list of all namespaces.
    namespace: String,
    /// Empty for a collection.
    name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let extension = Extension::<Resource>::from_request_parts(parts, state).await;
        let Extension(resource) = extension.map_err(|_| not_found())?;
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        let value = |name| parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let (namespace, name) = match resource {
            Resource::Namespaces => ("", value("namespace")),
            _ => (value("namespace"), value("name")),
        };
        Ok(Self { resource, namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

fn write_options(parts: &Parts) -> Result<store::WriteOptions, Status> {
    let options = WriteOptions::of(parts)?;
    Ok(store::WriteOptions { dry_run: options.dry_run, now: UnixSeconds::now() })
}

async fn create(State(context): Context, place: Place, form: Form, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let document = body::document(&parts, body, decoding::kind(place.resource)).await?;
    let options = write_options(&parts)?;
    let object = context.store.create(place.resource, &place.namespace, document.value, options)?;
    let mut response = represent_object(StatusCode::CREATED, form, place.resource, &object)?;
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}

async fn get_one(State(context): Context, place: Place, form: Form, parts: Parts) -> Answer {
    let revision = Query::of(&parts)?.version()?;
    let object = context.store.get(place.resource, &place.namespace, &place.name, revision)?;
    represent_object(StatusCode::OK, form, place.resource, &object)
}

async fn list_or_watch(State(context): Context, place: Place, form: Form, parts: Parts) -> Answer {
    let query = Query::of(&parts)?;
    let options = query.list_options(place.resource)?;
    if options.watch {
        let (start, bookmarks, lifetime) = options.to_watch();
        let watch = context.store.watch(place.resource, &place.namespace, options.selector, start);
        let end = context.faults.watch_end();
        return Ok(stream::respond(watch, place.resource, form, bookmarks, lifetime, end));
    }
    let list = context.store.list(place.resource, &place.namespace, &options.selector, options.to_list()?)?;
    represent_list(form, place.resource, &list)
}

async fn replace(context: Context, place: Place, form: Form, request: Request) -> Answer {
    replace_part(context, place, form, Part::Main, request).await
}

async fn replace_status(context: Context, place: Place, form: Form, request: Request) -> Answer {
    replace_part(context, place, form, Part::Status, request).await
}

async fn replace_part(
    State(context): Context,
    place: Place,
    form: Form,
    part: Part,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let document = body::document(&parts, body, decoding::kind(place.resource)).await?;
    let options = write_options(&parts)?;
    let Place { resource, namespace, name } = &place;
    let object = context.store.replace(*resource, namespace, name, part, document.value, options)?;
    let mut response = represent_object(StatusCode::OK, form, place.resource, &object)?;
    answer::warn(&mut response, document.warnings.iter().map(String::as_str));
    Ok(response)
}

async fn patch(context: Context, place: Place, form: Form, request: Request) -> Answer {
    patch_part(context, place, form, Part::Main, request).await
}

async fn patch_status(context: Context, place: Place, form: Form, request: Request) -> Answer {
    patch_part(context, place, form, Part::Status, request).await
}

async fn patch_part(
    State(context): Context,
    place: Place,
    form: Form,
    part: Part,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let media_type = patching::MediaType::of(&parts.headers)?;
    let bytes = body::read(body).await?;
    let options = write_options(&parts)?;
    let patch = media_type.read(&bytes)?;
    let Place { resource, namespace, name } = &place;
    let object = context.store.patch(*resource, namespace, name, part, &patch, options)?;
    represent_object(StatusCode::OK, form, place.resource, &object)
}

async fn delete(State(context): Context, place: Place, form: Form, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let options = deletion::options(&parts, body).await?;
    let deleted = context.store.delete(place.resource, &place.namespace, &place.name, &options)?;
    match deleted {
        Deleted::Object(object) => represent_object(StatusCode::OK, form, place.resource, &object),
        Deleted::Status(status) => Ok(answer::object(StatusCode::OK, &status)),
    }
}

async fn delete_all(State(context): Context, place: Place, form: Form, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let selected = Query::of(&parts)?.list_options(place.resource)?;
    selected.to_list()?;
    let options = deletion::options(&parts, body).await?;
    let list = context.store.delete_all(place.resource, &place.namespace, &selected.selector, &options)?;
    represent_list(form, place.resource, &list)
}
