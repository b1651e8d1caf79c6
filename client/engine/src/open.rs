//! Opening a room: its group is made here, with this account as its owner; the server is told afterwards.

use chancery_groups::{POLICY_EXTENSION, suites};
use chancery_trail::room_start;
use chancery_vault::{Room, Standing, Title};
use chancery_wire::{
    api::RoomHead,
    content::{Content, Written},
    ids::RoomId,
    names::Handle,
    policy::{Class, Role, RoomPolicy},
    time::{DAY, Instant},
};
use openmls::{
    extensions::{Extension, ExtensionType, Extensions, RequiredCapabilitiesExtension, UnknownExtension},
    group::{GroupContext, MlsGroup},
    prelude::GroupId,
};
use serde_bytes::ByteBuf;
use tls_codec::Serialize as _;

use crate::{
    answer::quoted,
    charter::with_whose,
    engine::{Engine, Turn},
    error::EngineError,
    mls::{capabilities, settings},
    wish::Wish,
};

/// How long a leaf goes without being renewed, in seconds.
pub(crate) const RENEW_AFTER: i64 = DAY;

impl Engine {
    /// Opens a room with a name and its first members.
    pub fn open_room(
        &mut self,
        name: &Written,
        members: &[Handle],
        now: Instant,
    ) -> Result<RoomId, EngineError> {
        self.turn(now, |turn| {
            let members = once(members.iter().filter(|member| **member != turn.me.identity.handle));
            let own = with_whose(turn.step, |whose| whose(&turn.me.identity.handle))?;
            if own.is_some_and(|it| it.guest.is_some()) {
                return Err(EngineError::IsGuest);
            }
            turn.may_meet(&members, [&turn.me.identity.handle])?;
            let policy = RoomPolicy::founded_by(turn.me.identity.handle.clone());
            let id = turn.begin_room(Some(name), &policy)?;
            if members.is_empty() {
                let named = turn.writing(&Content::RoomName(name.clone()));
                turn.step.wish(id, now, &named.write())?;
            } else {
                // Whoever is added is told the room's name right after.
                let add = Wish::Add { handles: members, role: Role::Member, packages: vec![] };
                turn.step.wish(id, now, &add.write())?;
            }
            Ok(id)
        })
    }

    /// The server does not open a room, for this reason: there is none then.
    pub fn not_opened(&mut self, room: RoomId, why: &str, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let mut kept = turn.room(room)?;
            if kept.standing == Standing::Opening {
                turn.part(&mut kept, quoted(why), false)?;
                turn.step.keep_room(&kept)?;
            }
            Ok(())
        })
    }

    /// The server has opened a room as it was asked to.
    pub fn opened(&mut self, head: &RoomHead, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let mut room = turn.room(head.room)?;
            if room.standing == Standing::Opening {
                room.standing = Standing::Joined;
                turn.step.keep_room(&room)?;
            }
            for wished in turn.step.wishes(head.room)? {
                if let Wish::Open { .. } = Wish::read(&wished.what)? {
                    turn.step.drop_wish(wished.wish)?;
                }
            }
            let devices = turn.step.trusted(&turn.me.identity.handle)?;
            turn.see_to(&devices)
        })
    }
}

impl Turn<'_> {
    /// Opens the room that only the devices of this account are in.
    pub(crate) fn open_own_room(&mut self) -> Result<(), EngineError> {
        let policy = RoomPolicy::own(self.me.identity.handle.clone());
        self.begin_room(None, &policy).map(drop)
    }

    /// Makes a room with this device alone in it; the server is asked to open it.
    fn begin_room(&mut self, name: Option<&Written>, policy: &RoomPolicy) -> Result<RoomId, EngineError> {
        let id = RoomId(self.draw());
        let group = self.found_group(id, policy)?;
        let open = self.opening(&group)?;
        let head = room_start(id);
        self.step.keep_room(&Room {
            id,
            name: Title { text: name.map(|name| name.reveal().to_owned()), ..Title::default() },
            topic: Title::default(),
            standing: Standing::Opening,
            why: None,
            seq: 0,
            head,
            joined: 0,
            read: 0,
            renew_at: self.now.plus_seconds(RENEW_AFTER),
            sealed: 0,
            settle_at: None,
            own: policy.class == Class::Own,
            muted: false,
            draft: None,
            draft_at: None,
            report_at: None,
            names_since: None,
            brought_by: None,
            charter: 0,
        })?;
        self.step.keep_head(id, 0, head, None)?;
        self.step.keep_epoch(id, 0, group.epoch_authenticator().as_slice())?;
        self.put(id, group);
        self.step.wish(id, self.now, &open.write())?;
        Ok(id)
    }

    fn found_group(&self, id: RoomId, policy: &RoomPolicy) -> Result<MlsGroup, EngineError> {
        let settings = settings();
        MlsGroup::builder()
            .with_group_id(GroupId::from_slice(id.as_bytes()))
            .ciphersuite(suites::preferred().code())
            .with_capabilities(capabilities())
            .with_wire_format_policy(settings.wire_format_policy())
            .padding_size(settings.padding_size())
            .max_past_epochs(crate::mls::PAST_EPOCHS)
            .use_ratchet_tree_extension(false)
            .sender_ratchet_configuration(*settings.sender_ratchet_configuration())
            .with_group_context_extensions(context(policy)?)
            .build(&self.provider(), self.me, self.me.credential())
            .map_err(|_| EngineError::Mls("a room cannot be made"))
    }

    fn opening(&self, group: &MlsGroup) -> Result<Wish, EngineError> {
        let unwritten = |_| EngineError::Mls("a room cannot be written");
        let info = group
            .export_group_info(self.crypto(), self.me, false)
            .map_err(|_| EngineError::Mls("a room cannot be shown"))?;
        Ok(Wish::Open {
            group_info: ByteBuf::from(info.tls_serialize_detached().map_err(unwritten)?),
            tree: ByteBuf::from(group.export_ratchet_tree().tls_serialize_detached().map_err(unwritten)?),
        })
    }
}

/// Everybody once, however often they are named.
pub(crate) fn once<'h>(handles: impl IntoIterator<Item = &'h Handle>) -> Vec<Handle> {
    let mut all: Vec<Handle> = Vec::new();
    for handle in handles {
        if !all.contains(handle) {
            all.push(handle.clone());
        }
    }
    all
}

/// The group context of a room with this policy: every leaf has to know what the policy is.
pub(crate) fn context(policy: &RoomPolicy) -> Result<Extensions<GroupContext>, EngineError> {
    let kind = ExtensionType::Unknown(POLICY_EXTENSION);
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&[kind], &[], &[])),
        Extension::Unknown(POLICY_EXTENSION, UnknownExtension(policy.encode())),
    ])
    .map_err(|_| EngineError::Mls("a room's policy cannot be written"))
}
