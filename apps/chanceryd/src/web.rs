//! The web client: files that were built into this program, and the rules under which a browser runs them.
//!
//! Nothing of the page comes from elsewhere, nothing of it is inline, and one script alone may be started by it: its worker, where the keys are
//! (decision 0037). What has its hash in its name never changes, and is kept by the browser; the rest is asked for each time.

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{self, ACCEPT_ENCODING, IF_NONE_MATCH},
    },
    response::{IntoResponse as _, Response},
};
use tower::ServiceExt as _;

/// What the page and its worker may do. `wasm-unsafe-eval` lets the core be compiled, and no text become a script.
const RULES: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
     connect-src 'self'; img-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types chancery-core";
/// What of the machine the page may use.
const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), microphone=(), \
     geolocation=(), payment=(), usb=()";
/// Where names have hashes in them.
const HASHED: &str = "/assets/";
/// What is said where the client was not built.
const NOT_BUILT: &str = "This server was built without the web client. `cargo xtask run` builds both; `chancery` is the command line.\n";

/// A file of the web client.
struct File {
    path: &'static str,
    /// The beginning of its SHA-256.
    hash: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// Serves the web client, and everything else by what is `behind` it.
pub(crate) fn before(behind: Router) -> Router {
    Router::new().fallback(async move |request: Request| {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match find(request.uri().path()).filter(|_| reads) {
            Some(found) => serve(found, request.headers()),
            None if reads && request.uri().path() == "/" => {
                (StatusCode::NOT_FOUND, NOT_BUILT).into_response()
            }
            None => behind.oneshot(request).await.into_response(),
        }
    })
}

/// The file that is asked for; the page itself at the root.
fn find(path: &str) -> Option<&'static File> {
    let path = if path == "/" { "/index.html" } else { path };
    FILES.iter().find(|file| file.path == path)
}

fn serve(file: &File, asked: &HeaderMap) -> Response {
    let hashed = file.path.starts_with(HASHED);
    let accepts = asked.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let accepts = accepts.split(',').any(|it| it.split(';').next().is_some_and(|it| it.trim() == "br"));
    let brotli = file.brotli.filter(|_| accepts);
    let tag = format!("\"{}\"", file.hash);
    let mut headers = HeaderMap::new();
    let fixed = [
        (header::CONTENT_TYPE, kind(file.path)),
        (header::CACHE_CONTROL, if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }),
        (header::CONTENT_SECURITY_POLICY, RULES),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept-encoding"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if brotli.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    let has = asked.get(IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if has {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, brotli.unwrap_or(file.plain)).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
