//! Two servers over one database and one place for files, behind one address that shares out connections.

use std::{
    io::copy,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command},
    sync::{Arc, Mutex},
};

use chancery_testkit::{db::Temporary, s3::Store};

use super::place::{Place, program};

/// Where the two are, and how many connections each has got.
type Shares = Arc<Mutex<Vec<(SocketAddr, usize)>>>;

/// Two servers. The place in which they run has none of its own.
pub(crate) struct Nodes {
    running: Vec<Child>,
    shares: Shares,
}

impl Nodes {
    /// Starts both. Whoever connects comes through one address to one of them.
    pub(crate) fn start(database: &Temporary, store: &Store) -> (Place, Self) {
        let mut place = Place::on(database);
        place.files_in(store);
        let front = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("url = \"http://{}\"", front.local_addr().unwrap());
        place.rewrite(|config| config.replace("# url = \"https://chat.bank.example\"", &url));
        let (mut running, shares) = (vec![], Shares::default());
        for _ in 0..2 {
            let (node, said) = begin(&place);
            running.push(node);
            shares.lock().unwrap().push((address(&said), 0));
            // The founding link is the one that was made last.
            place.said = said;
        }
        let to = Arc::clone(&shares);
        std::thread::spawn(move || front.incoming().for_each(|stream| share_out(&stream.unwrap(), &to)));
        (place, Self { running, shares })
    }

    /// Kills one of them, and starts it again elsewhere.
    pub(crate) fn strike(&mut self, place: &Place, which: usize) {
        let node = &mut self.running[which];
        node.kill().unwrap();
        node.wait().unwrap();
        let (again, said) = begin(place);
        *node = again;
        self.shares.lock().unwrap()[which].0 = address(&said);
    }

    /// How many connections each has got.
    pub(crate) fn served(&self) -> Vec<usize> {
        self.shares.lock().unwrap().iter().map(|(_, served)| *served).collect()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in &mut self.running {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

fn begin(place: &Place) -> (Child, Vec<String>) {
    place.spawn(&mut Command::new(program("chanceryd")))
}

fn address(said: &[String]) -> SocketAddr {
    said.iter().find_map(|line| line.strip_prefix("listening on ")).unwrap().parse().unwrap()
}

/// Passes a connection on to the node that has had fewer, or to the other one when that is dead.
fn share_out(client: &TcpStream, shares: &Shares) {
    let mut nodes: Vec<_> = shares.lock().unwrap().iter().copied().enumerate().collect();
    nodes.sort_by_key(|(_, (_, served))| *served);
    for (which, (at, _)) in nodes {
        let Ok(node) = TcpStream::connect(at) else { continue };
        shares.lock().unwrap()[which].1 += 1;
        for (mut from, mut to) in [
            (client.try_clone().unwrap(), node.try_clone().unwrap()),
            (node.try_clone().unwrap(), client.try_clone().unwrap()),
        ] {
            std::thread::spawn(move || {
                let _ = copy(&mut from, &mut to);
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            });
        }
        return;
    }
}
