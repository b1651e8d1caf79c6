//! The contract: what the API document says is what the house does, in the judgement of a program that knows the document only.

use std::{num::NonZeroU32, process::Command};

use axum::{Router, body::Body, extract::Request, response::Response};
use chancery_duties::gateway::Settings;
use chancery_floor::blobs::Blobs;
use chancery_sdk::Identity;
use chancery_testkit::{db::Temporary, python::program};
use reqwest::Method;
use tokio::task::JoinSet;

use super::door::{Door, authorization, now, proof};

/// What the program looks at: no failures of the server, and no answer that the document does not describe.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,negative_data_rejection,unsupported_method,missing_required_header";

/// Something between the program and the house that signs each request as a device does.
#[derive(Clone)]
struct Signing {
    who: Identity,
    token: Vec<u8>,
    server: String,
    client: reqwest::Client,
}

impl Signing {
    async fn pass(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let proof = proof(&self.who, (parts.method.as_str(), parts.uri.path()), Some(&self.token), now());
        let method = Method::from_bytes(parts.method.as_str().as_bytes()).unwrap();
        let mut passed = self.client.request(method, format!("{}{path}", self.server)).body(body);
        for (name, value) in &parts.headers {
            if !["host", "content-length", "authorization", "dpop", "connection", "transfer-encoding"]
                .contains(&name.as_str())
            {
                passed = passed.header(name, value);
            }
        }
        let answer = passed
            .header("authorization", authorization(&self.token))
            .header("dpop", proof)
            .send()
            .await
            .unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if name != "content-length" && name != "transfer-encoding" {
                response = response.header(name, value);
            }
        }
        response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
    }
}

/// With a session and without one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_is_what_its_document_says() {
    let database = Temporary::sqlite().unwrap();
    let mut settings = Settings::new("bank.example".parse().unwrap());
    settings.device_requests = NonZeroU32::MAX;
    let door = Door::with(database.open().await.unwrap(), Blobs::in_memory(), settings).await;
    let who = door.alice.enrolled().unwrap();
    let signing =
        Signing { token: door.session(&who).await, who, server: door.at(""), client: reqwest::Client::new() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let signed = format!("http://{}", listener.local_addr().unwrap());
    let passing = Router::new().fallback(move |request: Request| signing.clone().pass(request));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, passing).await.unwrap() });
    // It keeps notes where it runs.
    let place = tempfile::tempdir().unwrap();
    std::fs::copy("../../protocol/api/v1.json", place.path().join("v1.json")).unwrap();
    for server in [signed, door.at("")] {
        let mut asked = Command::new(program("schemathesis").unwrap());
        asked.current_dir(place.path()).args(["run", "v1.json", "--url", &server, "--checks", CHECKS]);
        // The same requests each time; the stream speaks no HTTP.
        asked.args(["--seed", "1", "--max-examples", "40", "--phases", "examples,coverage,fuzzing"]);
        asked.args(["--exclude-path", "/v1/stream", "--warnings", "off", "--continue-on-failure"]);
        let said = tokio::task::spawn_blocking(move || asked.output().unwrap()).await.unwrap();
        let words = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{words}{}", String::from_utf8_lossy(&said.stderr));
    }
}
