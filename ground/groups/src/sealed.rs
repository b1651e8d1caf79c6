//! What anybody may see of a sealed message: that it is one, of which room and which epoch.

use chancery_wire::ids::RoomId;
use openmls::{
    framing::ContentType,
    prelude::{MlsMessageIn, ProtocolMessage},
};
use tls_codec::Deserialize as _;

use crate::breach::Breach;

/// The epoch of a sealed message for `room`. Anything that is not a `PrivateMessage` with application content is refused:
/// plain text cannot be put into a room.
pub fn sealed_epoch(room: RoomId, body: &[u8]) -> Result<u64, Breach> {
    let message = MlsMessageIn::tls_deserialize_exact(body).map_err(|_| Breach::Malformed)?;
    let message = message.try_into_protocol_message().map_err(|_| Breach::Malformed)?;
    let sealed = matches!(message, ProtocolMessage::PrivateMessage(_));
    if !sealed || message.content_type() != ContentType::Application {
        return Err(Breach::Malformed);
    }
    if message.group_id().as_slice() != room.as_bytes() {
        return Err(Breach::OtherRoom);
    }
    Ok(message.epoch().as_u64())
}
