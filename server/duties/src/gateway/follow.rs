//! Follow the other nodes on the same database: what they tell of what they have written is done here as well.

use chancery_floor::{
    bus::Notice,
    store::{Follower, Heard},
};

use super::{amend, receive::Gate};
use crate::counter::Refusal;

/// Does what the other nodes tell, for as long as this one runs.
pub(super) async fn follow(gate: Gate, mut follower: Follower) {
    loop {
        match follower.hear().await {
            Heard::Notices(notices) => {
                for notice in notices {
                    take(&gate, notice).await;
                }
            }
            Heard::Missed => {
                tracing::warn!("what other nodes have told may have been missed: everybody connects anew");
                gate.delivery.renew().await;
                amended(&gate).await;
            }
            Heard::Ousted => {
                gate.floor.db.fatal().raise("another server has taken over the database");
                return;
            }
        }
    }
}

async fn take(gate: &Gate, notice: Notice) {
    match notice {
        Notice::Written(rooms) => gate.delivery.written(rooms).await,
        Notice::Came(room, devices) => gate.delivery.came(room, &devices),
        Notice::Went(room, devices) => gate.delivery.went(room, &devices),
        Notice::Look(rooms) => gate.delivery.look(&rooms),
        Notice::Closed(devices) => devices.into_iter().for_each(|device| gate.delivery.close(device)),
        Notice::Amended => amended(gate).await,
    }
}

/// The charter may have been amended: it is in force here at once, not with the next request.
async fn amended(gate: &Gate) {
    // Whoever watches reads the charter by itself.
    gate.amended.send_modify(|times| *times += 1);
    let again = async {
        let mut from = gate.floor.db.reader();
        gate.rights.refresh(&mut from, &gate.settings.domain, &gate.floor.policies).await?;
        amend::carry_out(gate).await
    };
    let done: Result<(), Refusal> = again.await;
    if let Err(refusal) = done {
        tracing::warn!(code = %refusal.code, "what another node has amended is not carried out yet; it is tried again");
    }
}
