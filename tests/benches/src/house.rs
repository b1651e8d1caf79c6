//! The server that is measured: `chanceryd` in a process of its own, with an organisation, its people and their rooms.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use chancery_engine::{Link, Opener};
use chancery_wire::{
    api::{Account, Found, Invitation, Invite, Join, RoomHead},
    bytes::Opaque,
    frames::ClientFrame,
};
use futures_util::future::try_join_all;

use crate::{
    Outcome,
    connect::{Stream, connect, next, send},
    hall::Hall,
    people::{DOMAIN, Paper, People},
    process::Process,
    request::{post, proofs, sign_in},
    speech::{Heard, Speech},
};

/// How many requests are under way at once.
const TOGETHER: usize = 16;

/// A server with everybody in it.
#[derive(Debug)]
pub(crate) struct House {
    config: PathBuf,
    /// Its process.
    pub(crate) process: Process,
    /// Everybody's sessions.
    tokens: Vec<Vec<u8>>,
}

impl House {
    /// Starts a server with an empty database in `dir`, and has the people enrolled.
    pub(crate) async fn start(dir: &Path, people: &People) -> Outcome<Self> {
        let config = dir.join("chancery.toml");
        let text = format!(
            "domain = \"{DOMAIN}\"\n[public]\nlisten = \"127.0.0.1:0\"\n[health]\nlisten = \"127.0.0.1:0\"\n\
             [store]\nsqlite = \"chancery.db\"\n[log]\nlevel = \"warn\"\n"
        );
        std::fs::write(&config, text)?;
        let process = start(&config)?;
        let mut house = Self { config, process, tokens: vec![] };
        house.enrol(people).await?;
        Ok(house)
    }

    /// Starts the server anew on the same database: its memory is then that of a server nobody has used yet.
    pub(crate) fn restart(self) -> Outcome<Self> {
        let Self { config, process, tokens } = self;
        drop(process);
        Ok(Self { process: start(&config)?, config, tokens })
    }

    async fn enrol(&mut self, people: &People) -> Outcome {
        let link: Link = self.process.link.as_deref().ok_or("the server shows no founding link")?.parse()?;
        let Opener::Found(code) = link.opener else { return Err("the server's link does not found".into()) };
        let address = &self.process.address;
        let founder = people.paper(0)?;
        let found = Found { code: Opaque(code), entry: Opaque(founder.identity.entry.clone()) };
        let _: Account = post(address, "/v1/organisation", &[], &found).await?;
        let token = sign_in(address, &founder.identity).await?;
        for some in people.papers.chunks(TOGETHER) {
            try_join_all(some.iter().map(|paper| join(address, (founder, &token), paper))).await?;
            let tokens = some.iter().map(|paper| sign_in(address, &paper.identity));
            self.tokens.extend(try_join_all(tokens).await?);
        }
        Ok(())
    }

    /// Opens somebody's connection.
    pub(crate) async fn connect(&self, people: &People, number: usize) -> Outcome<Stream> {
        const PATH: &str = "/v1/stream";
        let headers = proofs(&people.paper(number)?.identity, "GET", PATH, self.token(number)?);
        connect(&self.process.address, PATH, &headers).await
    }

    /// Does what was done in a hall: opens the room, and puts in what its founder submitted.
    pub(crate) async fn play(&self, people: &People, founder: usize, hall: &Hall) -> Outcome {
        const PATH: &str = "/v1/rooms";
        let headers = proofs(&people.paper(founder)?.identity, "POST", PATH, self.token(founder)?);
        let _: RoomHead = post(&self.process.address, PATH, &headers, &hall.open).await?;
        let mut stream = self.connect(people, founder).await?;
        for submit in &hall.submitted {
            send(&mut stream, [ClientFrame::Submit(submit.clone()).encode().into()]).await?;
            match Speech::House.hear(&next(&mut stream).await?)? {
                Heard::Durable => {}
                other => return Err(format!("the server answered a submission with {other:?}").into()),
            }
        }
        Ok(())
    }

    fn token(&self, number: usize) -> Outcome<&[u8]> {
        Ok(self.tokens.get(number).ok_or("there are not that many sessions")?)
    }
}

/// Starts `chanceryd`, which is built into the same folder as this program.
fn start(config: &Path) -> Outcome<Process> {
    let program = std::env::current_exe()?.with_file_name("chanceryd");
    if !program.exists() {
        let how = "build it first, or run `cargo xtask bench`, which does";
        return Err(format!("{} is not there: {how}", program.display()).into());
    }
    Process::start(Command::new(program).args(["serve", "--config"]).arg(config))
}

/// Has somebody invited and joined; the founder is there already.
async fn join(address: &str, (founder, token): (&Paper, &[u8]), paper: &Paper) -> Outcome {
    const PATH: &str = "/v1/invitations";
    let Some((invitation, signed)) = &paper.invitation else { return Ok(()) };
    let headers = proofs(&founder.identity, "POST", PATH, token);
    let invite = Invite { invitation: Opaque(signed.clone()) };
    let _: Invitation = post(address, PATH, &headers, &invite).await?;
    let join = Join { invitation: *invitation, entry: Opaque(paper.identity.entry.clone()) };
    let _: Account = post(address, "/v1/accounts", &[], &join).await?;
    Ok(())
}
