//! The health listener: is it alive, is it ready, what does it count. This machine only, no sign-in, nothing about people.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use chancery_duties::gateway::House;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The process's counters. There is one recorder a process, whoever starts how many servers in it.
static COUNTERS: OnceLock<PrometheusHandle> = OnceLock::new();
/// The limits of the buckets for lengths of time, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Starts to count, or goes on doing so.
pub(crate) fn counters() -> Result<PrometheusHandle, BuildError> {
    if let Some(counters) = COUNTERS.get() {
        return Ok(counters.clone());
    }
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?;
    let recorder = builder.build_recorder();
    let counters = recorder.handle();
    // Somebody else counts already: then there is nothing to show here, and nothing is broken by it.
    let _ = metrics::set_global_recorder(recorder);
    Ok(COUNTERS.get_or_init(|| counters).clone())
}

/// What the health listener answers with.
#[derive(Clone)]
struct Health {
    house: House,
    counters: PrometheusHandle,
}

/// The routes of the health listener.
pub(crate) fn router(house: House, counters: PrometheusHandle) -> Router {
    Router::new()
        .route("/", get(|| async { "/health/live\n/health/ready\n/metrics\n" }))
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Health { house, counters })
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    match health.house.ready().await {
        Ok(()) if health.house.serves_files() => (StatusCode::OK, "ready\n"),
        // Nobody is to be sent elsewhere, or cut off from messages, because files have to wait.
        Ok(()) => (StatusCode::OK, "ready, except for files: their store does not work\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
    }
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    health.counters.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], health.counters.render())
}
