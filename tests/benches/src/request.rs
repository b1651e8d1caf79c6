//! Requests to the server before the load begins: plain HTTP on loopback, each with a proof of the device's key.

use chancery_transparency::{Request, prove};
use chancery_vault::Identity;
use chancery_wire::api::Session;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    Outcome,
    clock::{draw, now},
};

/// A header, and what it says.
pub(crate) type Header = (&'static str, String);

/// Signs a device in; returns its token.
pub(crate) async fn sign_in(address: &str, identity: &Identity) -> Outcome<Vec<u8>> {
    const PATH: &str = "/v1/sessions";
    let proof = proof(identity, Request { method: "POST", path: PATH, token: None });
    let session: Session = post(address, PATH, &[("dpop", proof)], &()).await?;
    Ok(session.token.0)
}

/// The headers that prove the device's key and name its session.
pub(crate) fn proofs(identity: &Identity, method: &str, path: &str, token: &[u8]) -> [Header; 2] {
    let proof = proof(identity, Request { method, path, token: Some(token) });
    [("authorization", format!("DPoP {}", BASE64URL_NOPAD.encode(token))), ("dpop", proof)]
}

fn proof(identity: &Identity, request: Request<'_>) -> String {
    prove(request, identity.device, now(), draw(), &SigningKey::from_bytes(&identity.signing.0))
}

/// Posts something and reads the answer, over a connection of its own.
pub(crate) async fn post<T: DeserializeOwned>(
    address: &str,
    path: &str,
    headers: &[Header],
    body: &impl Serialize,
) -> Outcome<T> {
    let body = serde_json::to_vec(body)?;
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the server's answer cannot be read")?;
    if head.starts_with("HTTP/1.1 2") {
        Ok(serde_json::from_str(body)?)
    } else {
        Err(format!("{path}: {body}").into())
    }
}
