//! The log: to standard error, as text for people or one JSON object a line. Ids and codes only, never content.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use crate::config::{Format, Level, Log};

/// Starts to log. A second call changes nothing: the process keeps its first log.
pub(crate) fn start(log: Log) {
    let ours = level(log.level);
    // What libraries say is only of interest when something is wrong, unless everything is asked for.
    let theirs = if log.level == Level::Trace { LevelFilter::TRACE } else { LevelFilter::WARN.min(ours) };
    let mut filter = EnvFilter::default().add_directive(theirs.into());
    for name in ["chanceryd", "chancery_duties", "chancery_floor"] {
        if let Ok(directive) = format!("{name}={ours}").parse() {
            filter = filter.add_directive(directive);
        }
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match log.format {
        Format::Text => builder.with_ansi(false).with_target(false).finish().try_init(),
        Format::Json => builder.json().flatten_event(true).finish().try_init(),
    };
}

fn level(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}
