//! Answers with the library's verdicts on any tokens, for a program in another language that compares them with its own.
//!
//! It speaks in frames, each a length of 4 bytes and that many bytes. All numbers are little-endian. The first frame it writes is JSON:
//! the configuration, with what the cluster knows of its objects, and every captured token to start from. Then each frame that it reads
//! is answered by one:
//!
//! - `v`, the time in 8 bytes, the number of audiences in 4 (-1: those of the verifier), a text for each, and the token: the record.
//!   A text is its length in 4 bytes, and its bytes.
//! - `s`, the place of a key in `signers` in 1 byte, and what is to be signed: the signature, in base64url.
//!
//! The keys are checked in, so that a token that was found once is good again in another run.
#![allow(clippy::restriction)]

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use boundtoken::{
    KeySet, ObjectKind, ObjectReference, ObjectState, ObjectStore, TrustedIssuer, UnixSeconds, Verifier,
    record,
};
use boundtoken_testing::{Case, Folder, repository};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let folders = boundtoken_testing::folders();
    let folder = folders.iter().find(|folder| folder.name == "apiserver-rs256").expect("apiserver-rs256");
    let file = |name: &str| std::fs::read(repository().join("tests").join(name)).expect("file");
    let public = ["p256", "ed25519"].map(|name| file(&format!("fixtures/keys/{name}-public.pem")));
    let [jwks, pem] = [folder.jwks.clone().into_bytes(), public.concat()];
    let keys = KeySet::from_jwks(&jwks).expect("keys").merge(KeySet::from_pem(&pem).expect("keys"));
    let private = [
        (Algorithm::RS256, EncodingKey::from_rsa_pem(&file("vectors/apiserver-rs256/signing-key.pem"))),
        (Algorithm::ES256, EncodingKey::from_ec_pem(&file("fixtures/keys/p256-pkcs8.pem"))),
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(&file("fixtures/keys/ed25519-pkcs8.pem"))),
    ]
    .map(|(algorithm, key)| (algorithm, key.expect("private key")));
    let signers = private.each_ref().map(|(algorithm, _)| {
        let name = format!("{algorithm:?}");
        let key = keys.keys().iter().find(|key| key.algorithm().name() == name).expect("public key");
        json!({"alg": name, "kid": key.kid()})
    });

    // Where two folders have an object of the same name, the last one counts.
    let others = folders.iter().filter(|other| other.name != folder.name);
    let (store, objects) = objects(others.chain([folder]));
    let (first, others) = folder.issuers.split_first().expect("issuer");
    let issuer = others.iter().fold(TrustedIssuer::new(first.as_str(), keys.clone()), |issuer, name| {
        issuer.also_named(name.as_str())
    });
    let verifier = Verifier::builder()
        .issuer(issuer.bound_objects(store))
        .audience("vault")
        .cached_tokens(0)
        .build()
        .expect("verifier");

    let mut output = BufWriter::new(io::stdout().lock());
    let greeting = json!({
        "issuers": folder.issuers,
        "audiences": ["vault"],
        "jwks": folder.jwks,
        "pem": String::from_utf8(pem).expect("PEM"),
        "signers": signers,
        "objects": objects,
        "cases": folders.iter().flat_map(|folder| &folder.cases).map(case).collect::<Vec<_>>(),
    });
    write_frame(&mut output, greeting.to_string().as_bytes())?;
    output.flush()?;

    let mut input = BufReader::new(io::stdin().lock());
    let mut frame = Vec::new();
    let mut buffer = vec![0; verifier.largest_record()];
    while !input.fill_buf()?.is_empty() {
        let mut size = [0; 4];
        input.read_exact(&mut size)?;
        frame.resize(u32::from_le_bytes(size) as usize, 0);
        input.read_exact(&mut frame)?;
        let (kind, mut rest) = frame.split_first().expect("a kind");
        match kind {
            b'v' => {
                let size = verdict(&verifier, rest, &mut buffer);
                write_frame(&mut output, &buffer[..size])?;
            }
            b's' => {
                let (algorithm, key) = &private[usize::from(take::<1>(&mut rest)[0])];
                let signature = jsonwebtoken::crypto::sign(rest, key, *algorithm).expect("signature");
                write_frame(&mut output, signature.as_bytes())?;
            }
            other => panic!("a frame of kind {other}"),
        }
        // Whoever waits for an answer has written nothing more.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

fn case(case: &Case) -> Value {
    json!({
        "token": case.token, "audiences": case.audiences, "now": case.now, "good": case.server.authenticated,
    })
}

fn verdict(verifier: &Verifier, mut rest: &[u8], buffer: &mut [u8]) -> usize {
    let now = UnixSeconds(u64::from_le_bytes(take(&mut rest)));
    let verdict = match usize::try_from(i32::from_le_bytes(take(&mut rest))) {
        Err(_) => verifier.verify_at(rest, now),
        Ok(count) => {
            let audiences: Vec<&[u8]> = (0..count)
                .map(|_| {
                    let size = u32::from_le_bytes(take(&mut rest)) as usize;
                    rest.split_off(..size).expect("an audience")
                })
                .collect();
            // No token names an audience that is not UTF-8.
            let audiences: Vec<&str> =
                audiences.into_iter().filter_map(|audience| str::from_utf8(audience).ok()).collect();
            verifier.verify_for_at(rest, &audiences, now)
        }
    };
    match &verdict {
        Ok(verified) => record::accepted(buffer, verified),
        Err(rejection) => record::refused(buffer, rejection),
    }
}

/// The objects of the folders in one store, and what that store says of each.
fn objects<'a>(folders: impl Iterator<Item = &'a Folder>) -> (ObjectStore, Vec<Value>) {
    let mut all = json!({});
    for folder in folders {
        for document in &folder.objects {
            let document: Value = serde_json::from_str(document).expect("objects");
            for (resource, items) in document.as_object().expect("objects") {
                let to = all.as_object_mut().expect("objects").entry(resource).or_insert(json!([]));
                to.as_array_mut().expect("a list").extend(items.as_array().expect("a list").iter().cloned());
            }
        }
    }
    let store = ObjectStore::from_json(all.to_string().as_bytes()).expect("objects");
    let mut states = Vec::new();
    for (resource, items) in all.as_object().expect("objects") {
        let same = |kind: &&ObjectKind| kind.resource().eq_ignore_ascii_case(resource);
        let kind = *ObjectKind::ALL.iter().find(same).unwrap_or_else(|| panic!("{resource}"));
        for item in items.as_array().expect("a list") {
            let text = |name: &str| item["metadata"][name].as_str().unwrap_or_default();
            let (namespace, name) = (text("namespace"), text("name"));
            let reference = ObjectReference { kind, namespace, name };
            let ObjectState::Present { uid, deletion_timestamp } = store.state(&reference) else {
                panic!("{reference:?} is not in the store");
            };
            states.push(json!({
                "kind": kind.number(), "namespace": namespace, "name": name,
                "uid": uid.to_string(), "deleted": deletion_timestamp.map(|time| time.0),
            }));
        }
    }
    (store, states)
}

fn take<const SIZE: usize>(from: &mut &[u8]) -> [u8; SIZE] {
    *from.split_off(..SIZE).expect("a shorter frame").first_chunk().expect("as many bytes")
}

fn write_frame(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    to.write_all(&u32::try_from(frame.len()).expect("a size").to_le_bytes())?;
    to.write_all(frame)
}
