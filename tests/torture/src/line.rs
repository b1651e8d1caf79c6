//! The line between a device and the hub: frames and requests on their way, in both directions. Each moves only when the
//! schedule moves it. Within one connection frames keep their order; requests go beside them.

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use chancery_wire::{
    api::{Archive, Chains, Claimed, Deposit, Open, PendingRooms, Return, RoomHead, Welcome},
    frames::{ClientFrame, ServerFrame},
    ids::{DeviceId, FileId, RoomId},
    names::Handle,
    problem::Code,
};

/// What a device asks beside its frames.
#[derive(Debug)]
pub(crate) enum Request {
    /// Device chains.
    Chains(Vec<Handle>),
    /// How many key packages of its own are left.
    Stock,
    /// To keep key packages.
    Deposit(Deposit),
    /// Rooms it was added to.
    Welcomes,
    /// Rooms in which leaves do not fit their account's chain.
    Pending,
    /// To open a room.
    Open(Open),
    /// Key packages of an account, or of some of its devices.
    Claim(Handle, Option<Vec<DeviceId>>),
    /// What is needed to come back into a room.
    Return(RoomId),
    /// To keep a file.
    Put(FileId, Vec<u8>),
    /// A file.
    Get(FileId),
    /// To delete a file.
    Delete(FileId),
    /// To have others told that the own leaves are to be seen to.
    Call,
    /// What is kept for the account's recovery key.
    Archive,
    /// To keep a block.
    PutBlock(RoomId, u64, Vec<u8>),
    /// A block.
    GetBlock(RoomId, u64, DeviceId),
    /// To delete a block.
    DeleteBlock(RoomId, u64, DeviceId),
}

/// What it is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Device chains.
    Chains(Chains),
    /// How many key packages are left.
    Stock(i64),
    /// It is done.
    Done,
    /// The rooms that wait.
    Welcomes(Vec<Welcome>),
    /// The rooms in which something is to be seen to.
    Pending(PendingRooms),
    /// Where the room stands.
    Opened(RoomHead),
    /// Key packages.
    Claimed(Claimed),
    /// What is needed to come back.
    Return(Box<Return>),
    /// A file, or a block.
    File(Vec<u8>),
    /// What is kept.
    Archive(Archive),
    /// No.
    Refused(Code),
}

/// A connection.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Frames on their way to the hub.
    pub(crate) up: VecDeque<ClientFrame>,
    /// Frames on their way to the device.
    pub(crate) down: VecDeque<ServerFrame>,
    /// Frames that have arrived at the device.
    pub(crate) inbox: Vec<ServerFrame>,
    /// A request on its way to the hub.
    pub(crate) request: Option<Request>,
    /// Its answer on its way back.
    pub(crate) reply: Option<Reply>,
    /// The answer that has arrived.
    answer: Option<Reply>,
    /// Whether the device has nothing to do until a frame comes or its clock says so.
    pub(crate) idle: bool,
    /// Whether its clock says so.
    pub(crate) tick: bool,
    /// Rooms whose entries the hub sends as they come.
    pub(crate) live: BTreeSet<RoomId>,
}

impl Line {
    /// Whether anything is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        let empty = self.up.is_empty() && self.down.is_empty() && self.inbox.is_empty();
        empty && self.request.is_none() && self.reply.is_none() && self.answer.is_none()
    }

    /// The answer arrives.
    pub(crate) fn arrive(&mut self) {
        self.answer = self.reply.take();
    }
}

/// Asks, and waits for the answer.
pub(crate) async fn ask(line: &Rc<RefCell<Line>>, request: Request) -> Reply {
    line.borrow_mut().request = Some(request);
    poll_fn(|_| line.borrow_mut().answer.take().map_or(Poll::Pending, Poll::Ready)).await
}

/// Waits for frames, or for the time to look without any.
pub(crate) async fn frames(line: &Rc<RefCell<Line>>) -> Vec<ServerFrame> {
    line.borrow_mut().idle = true;
    poll_fn(|_| {
        let mut line = line.borrow_mut();
        if line.inbox.is_empty() && !line.tick {
            return Poll::Pending;
        }
        line.idle = false;
        line.tick = false;
        Poll::Ready(std::mem::take(&mut line.inbox))
    })
    .await
}
