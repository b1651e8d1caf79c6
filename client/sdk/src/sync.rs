//! Being online: once, until everything is done; or for as long as somebody watches.

use std::time::Duration;

use crate::{
    client::Client,
    clock::{Moment, draw, moment, now, sleep_until},
    error::SdkError,
    live::{Live, News},
};

/// After this long without a frame the other side is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// The longest pause between two tries to connect.
const LONGEST_PAUSE: u64 = 30_000;

/// What ends being online.
#[derive(Clone, Copy)]
enum Until {
    /// Everything is taken in and sent, or this moment has come.
    Rest(Moment),
    /// Nothing but a broken connection.
    Broken,
}

impl Client {
    /// Takes in everything and sends everything, for at most `patience`.
    ///
    /// What could not be sent by then stays in the vault and is sent next time; [`Client::progress`] says.
    pub async fn sync(&mut self, patience: Duration, watch: &mut dyn FnMut(News)) -> Result<(), SdkError> {
        let until = Until::Rest(moment() + patience);
        online(self, until, false, watch).await
    }

    /// Stays online and says what happens, through broken connections, until it is dropped.
    pub async fn follow(&mut self, watch: &mut dyn FnMut(News)) -> Result<(), SdkError> {
        let mut tries = 0_u32;
        loop {
            let began = moment();
            match online(self, Until::Broken, tries > 0, watch).await {
                Err(error) if error.passes() => {
                    let why = match error {
                        SdkError::Unreachable(why) => why,
                        refused => refused.to_string(),
                    };
                    tries = if began.elapsed() > QUIET { 1 } else { tries.saturating_add(1) };
                    watch(News::Broken(why));
                }
                done => return done,
            }
            // Spread out, so that a server that comes back is not asked by everybody at once.
            let longest = (500 << tries.min(6)).min(LONGEST_PAUSE);
            let pause = longest / 2 + u64::from_be_bytes(draw()) % (longest / 2);
            // A person who has just said something does not wait for the end of it.
            let nudge = self.nudge();
            tokio::select! {
                () = sleep_until(moment() + Duration::from_millis(pause)) => {}
                () = nudge.given() => {}
            }
        }
    }
}

async fn online(
    client: &mut Client,
    until: Until,
    again: bool,
    watch: &mut dyn FnMut(News),
) -> Result<(), SdkError> {
    let mut live = Live::open(client).await?;
    watch(if again { News::Online } else { News::Connected });
    let nudge = live.nudge();
    let mut asked = false;
    loop {
        live.send().await?;
        live.news.drain(..).for_each(&mut *watch);
        let patient = match until {
            Until::Rest(deadline) => moment() < deadline,
            Until::Broken => true,
        };
        let rests = live.later == 0 && live.is_at_rest()?;
        // What was said before comes after everything that is said now.
        // Who goes offline then does not wait for rooms to become quiet.
        if patient && rests && live.history(matches!(until, Until::Rest(_))).await? {
            continue;
        }
        if matches!(until, Until::Rest(_)) && (rests || !patient) {
            return Ok(());
        }
        let quiet = moment() + QUIET;
        let wake = wake(live.next_tick()?, until, quiet);
        tokio::select! {
            frames = live.socket.receive() => {
                asked = false;
                live.receive(frames?).await?;
                live.news.drain(..).for_each(&mut *watch);
            }
            () = nudge.given() => {}
            () = sleep_until(wake) => {
                if wake >= quiet {
                    if asked {
                        return Err(SdkError::Unreachable("it does not answer any more".to_owned()));
                    }
                    asked = true;
                    live.socket.ping().await?;
                }
            }
        }
    }
}

/// When to look again if no frame comes.
fn wake(tick: Option<i64>, until: Until, quiet: Moment) -> Moment {
    let tick = tick.map(|at| {
        let ahead = u64::try_from(at.saturating_sub(now().0)).unwrap_or(0);
        moment() + Duration::from_millis(ahead.saturating_add(1).min(60_000))
    });
    let mut wake = tick.map_or(quiet, |tick| tick.min(quiet));
    if let Until::Rest(deadline) = until {
        wake = wake.min(deadline);
    }
    wake
}
