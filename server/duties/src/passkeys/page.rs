//! The page on which a person makes or uses a passkey. Nothing else runs on it, and nothing of it comes from elsewhere.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// What the page may do: run its own script, ask this server, and be in no frame.
const RULES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
/// Only this page is given passkeys.
const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self)";

/// The page and what belongs to it.
pub(crate) fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let html = || serve("text/html; charset=utf-8", include_str!("page/passkey.html"));
    let script = || serve("text/javascript; charset=utf-8", include_str!("page/passkey.js"));
    let style = || serve("text/css; charset=utf-8", include_str!("page/passkey.css"));
    Router::new()
        .route("/passkey", get(async move || html()))
        .route("/passkey.js", get(async move || script()))
        .route("/passkey.css", get(async move || style()))
}

fn serve(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, RULES),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), text).into_response()
}
