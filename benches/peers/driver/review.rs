//! The development server's TokenReview over loopback, with plain HTTP. One connection stays open for a whole run,
//! with one request at a time.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use boundtoken::api::TokenReview;
use boundtoken_dev_server::DevServer;
use serde_json::json;

use crate::inputs::{self, AUDIENCE, GOOD, Inputs};
use crate::program::{Contender, Run};

pub struct Reviews(Vec<Reviewer>);

struct Reviewer {
    algorithm: &'static str,
    server: DevServer,
    /// Requests as they are sent, by the file that their tokens come from.
    requests: Vec<(&'static str, Vec<Vec<u8>>)>,
}

impl Reviews {
    /// One server for each algorithm that an API server signs with.
    pub fn start(inputs: &[Inputs]) -> Result<Self, Box<dyn Error>> {
        inputs
            .iter()
            .filter(|inputs| inputs.algorithm != "EdDSA")
            .map(Reviewer::new)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Contender for Reviews {
    fn run(&mut self, algorithm: &str, file: &str, count: u64) -> Result<Option<Run>, String> {
        let reviewer = self.0.iter().find(|reviewer| reviewer.algorithm == algorithm);
        reviewer.map(|reviewer| reviewer.run(file, count)).transpose().map_err(|error| error.to_string())
    }
}

impl Reviewer {
    fn new(inputs: &Inputs) -> Result<Self, Box<dyn Error>> {
        let server = DevServer::builder()
            .plain_http()
            .signing_key(boundtoken::SigningKey::from_pem(inputs.private_pem.as_bytes())?)
            .objects(inputs::objects())
            .start()?;
        let requests = |tokens: &mut dyn Iterator<Item = &String>| -> Vec<Vec<u8>> {
            tokens.map(|token| request(&server, token)).collect()
        };
        let mut files = vec![(GOOD, requests(&mut inputs.good.iter()))];
        files.extend(inputs.bad.iter().map(|(name, token)| (*name, requests(&mut std::iter::once(token)))));
        Ok(Self { algorithm: inputs.algorithm, server, requests: files })
    }

    fn run(&self, file: &str, count: u64) -> Result<Run, Box<dyn Error>> {
        let (_, requests) = self.requests.iter().find(|(name, _)| *name == file).ok_or("no such tokens")?;
        // The server closes idle connections between rounds. The first request is not timed, so that reconnecting
        // does not count.
        let mut stream = BufReader::new(TcpStream::connect(self.server.address())?);
        stream.get_ref().set_nodelay(true)?;
        ask(&mut stream, requests.first().ok_or("no tokens")?)?;
        let mut accepted = 0;
        let start = Instant::now();
        for (_, request) in (0..count).zip(requests.iter().cycle()) {
            accepted += u64::from(ask(&mut stream, request)?);
        }
        Ok(Run { time: start.elapsed(), accepted })
    }
}

fn request(server: &DevServer, token: &str) -> Vec<u8> {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
        "spec": {"token": token, "audiences": [AUDIENCE]},
    })
    .to_string();
    format!(
        "POST /apis/authentication.k8s.io/v1/tokenreviews HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{review}",
        server.address(),
        server.admin_token(),
        review.len(),
    )
    .into_bytes()
}

/// Whether a review says that the token is good.
fn ask(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Result<bool, Box<dyn Error>> {
    stream.get_mut().write_all(request)?;
    let review: TokenReview = serde_json::from_slice(&answer(stream)?)?;
    Ok(review.status.is_some_and(|status| status.authenticated))
}

/// The body of the next answer.
fn answer(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse()?
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}
