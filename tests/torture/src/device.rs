//! A device: its vault, its program while it runs, its connection while there is one, and its clock.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use chancery_engine::Engine;
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    clock::Clock,
    draws::{Draws, Fuse, Killed},
    line::Line,
    live::{Ended, Live, Program},
    template::vault,
};

/// An old image of a vault.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    bytes: Vec<u8>,
    /// How many wishes had been made in the world when it was taken.
    pub(crate) wishes: usize,
}

/// A device.
pub(crate) struct Device {
    /// What it is called in the story.
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) account: Handle,
    /// Its id.
    pub(crate) id: DeviceId,
    /// Its program, while it runs.
    pub(crate) program: Program,
    /// Its connection.
    pub(crate) line: Rc<RefCell<Line>>,
    /// Its clock.
    pub(crate) clock: Clock,
    /// What a person would have been warned of.
    pub(crate) alarms: Rc<RefCell<Vec<String>>>,
    /// Whether it was revoked: nobody believes it any more, and it owes nothing.
    pub(crate) revoked: bool,
    /// An old image of its vault, if one was taken.
    pub(crate) image: Option<Image>,
    /// The rooms it was put back in to an old image, and where they ended then.
    pub(crate) restored: BTreeMap<RoomId, u64>,
    /// Whether it ever was.
    pub(crate) was_restored: bool,
    file: PathBuf,
    fuse: Fuse,
    session: Option<Pin<Box<dyn Future<Output = Ended>>>>,
}

/// What came of moving a device on.
pub(crate) enum Moved {
    /// It waits.
    Waits,
    /// Its connection has ended.
    Ended(Ended),
    /// It was killed in the middle of something.
    Killed,
}

impl Device {
    /// A device whose vault is in this file.
    pub(crate) fn new(
        (name, account, id): (String, Handle, DeviceId),
        file: PathBuf,
        line: Rc<RefCell<Line>>,
        clock: Clock,
    ) -> Self {
        Self {
            name,
            account,
            id,
            program: Rc::default(),
            line,
            clock,
            alarms: Rc::default(),
            revoked: false,
            image: None,
            restored: BTreeMap::new(),
            was_restored: false,
            file,
            fuse: Fuse::default(),
            session: None,
        }
    }

    /// Starts the program, if it does not run.
    pub(crate) fn start(&mut self, seed: u64) {
        if self.program.borrow().is_none() {
            let engine = Engine::new(vault(&self.file), Box::new(Draws::new(seed, &self.fuse)));
            *self.program.borrow_mut() = Some(engine);
        }
    }

    /// Whether the program runs.
    pub(crate) fn runs(&self) -> bool {
        self.program.borrow().is_some()
    }

    /// Whether it is connected.
    pub(crate) fn is_online(&self) -> bool {
        self.session.is_some()
    }

    /// Connects, once the program runs.
    pub(crate) fn connect(&mut self) {
        let live = Live::new(&self.program, &self.line, &self.clock, &self.account, &self.alarms);
        *self.line.borrow_mut() = Line::default();
        self.session = Some(Box::pin(live.run()));
    }

    /// The connection breaks: what was on its way is gone.
    pub(crate) fn disconnect(&mut self) {
        self.session = None;
        *self.line.borrow_mut() = Line::default();
    }

    /// The process is killed.
    pub(crate) fn kill(&mut self) {
        self.disconnect();
        *self.program.borrow_mut() = None;
        self.fuse.put_out();
    }

    /// The process will be killed in the middle of a turn, at the draw after so many.
    pub(crate) fn dies_after(&mut self, draws: i64) {
        self.fuse.light(draws);
    }

    /// It will not.
    pub(crate) fn is_safe(&mut self) {
        self.fuse.put_out();
    }

    /// Goes on as far as it can without the network.
    pub(crate) fn go_on(&mut self) -> Moved {
        let Some(session) = &mut self.session else { return Moved::Waits };
        let mut context = Context::from_waker(Waker::noop());
        match catch_unwind(AssertUnwindSafe(|| session.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => Moved::Waits,
            Ok(Poll::Ready(ended)) => {
                self.disconnect();
                Moved::Ended(ended)
            }
            Err(why) if why.is::<Killed>() => {
                self.kill();
                Moved::Killed
            }
            Err(why) => resume_unwind(why),
        }
    }

    /// Acts as the person, or reads. Nothing when the process was killed while it did.
    pub(crate) fn act<T>(&mut self, act: impl FnOnce(&mut Engine, Instant) -> T) -> Option<T> {
        let now = self.clock.now();
        let program = self.program.clone();
        match catch_unwind(AssertUnwindSafe(|| act(program.borrow_mut().as_mut().unwrap(), now))) {
            Ok(done) => Some(done),
            Err(why) if why.is::<Killed>() => {
                self.kill();
                None
            }
            Err(why) => resume_unwind(why),
        }
    }

    /// Keeps an image of the vault as it is.
    pub(crate) fn keep_image(&mut self, wishes: usize) {
        self.kill();
        self.image = Some(Image { bytes: std::fs::read(&self.file).unwrap(), wishes });
    }

    /// The vault is put back to the image.
    pub(crate) fn restore(&mut self, image: &Image) {
        self.kill();
        self.was_restored = true;
        for part in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{part}", self.file.display()));
        }
        std::fs::write(&self.file, &image.bytes).unwrap();
    }
}
