//! A framework that has no tower layers: actix-web.
//!
//!     cargo run -p boundtoken-tower --example actix -- JWKS-FILE ISSUER AUDIENCE ADDRESS
//!
//! It answers with the caller's name. The keys come from a file, so it speaks to no cluster, and does not notice when a pod is
//! gone: each caller is `notChecked`.
#![allow(clippy::restriction)]

use std::error::Error;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpMessage as _, HttpResponse, HttpServer, web};
use boundtoken::{KeySet, TrustedIssuer, Verifier};
use boundtoken_tower::{Authenticator, Caller, Refusal};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [jwks, issuer, audience, address] = arguments.as_slice() else {
        return Err("expected JWKS-FILE ISSUER AUDIENCE ADDRESS".into());
    };
    let keys = KeySet::from_jwks(&std::fs::read(jwks)?)?;
    let issuer = TrustedIssuer::new(issuer.as_str(), keys);
    let verifier = Verifier::builder().issuer(issuer).audience(audience.as_str()).build()?;
    let authenticator = Authenticator::new(verifier);

    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(authenticator.clone()))
            .wrap(from_fn(authenticate))
            .route("/", web::get().to(greet))
    });
    let server = server.workers(1).bind(address.as_str())?;
    println!("http://{}", server.addrs()[0]);
    Ok(server.run().await?)
}

async fn greet(caller: web::ReqData<Caller>) -> String {
    format!("hello, {}: {}\n", caller.claims().subject(), caller.confirmed().name())
}

async fn authenticate(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    let authenticator = request.app_data::<web::Data<Authenticator>>().expect("it is there").clone();
    // Its types of headers are those of an older `http`.
    let method = Method::from_bytes(request.method().as_str().as_bytes()).expect("it is a method");
    let headers: HeaderMap = request
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        })
        .collect();
    match authenticator.authenticate(&method, &headers).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.call(request).await
        }
        Err(refusal) => Ok(request.into_response(answer(&refusal))),
    }
}

fn answer(refusal: &Refusal) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(refusal.status().as_u16());
    let mut answer = HttpResponse::build(status.expect("it is a status"));
    for (name, value) in refusal.response::<()>().headers() {
        answer.insert_header((name.as_str(), value.as_bytes()));
    }
    answer.finish()
}
