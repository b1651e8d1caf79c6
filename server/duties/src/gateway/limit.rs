//! Limits of requests: for an address from which nobody has signed in, for a device, and for all devices of an account.
//!
//! What is sent over a device's stream has limits of its own (`Settings::bounds`); what is said there costs the sender's device
//! more than the server.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue},
};
use chancery_floor::{
    clock::Clock,
    limit::{Limit, UsedUp},
};
use chancery_wire::{ids::DeviceId, names::Handle, problem::Code};

use super::Settings;
use crate::{
    counter::{Caller, Refusal},
    devices::{self, Claims},
};

/// How many times as much as a device all devices of an account may ask together.
const DEVICES: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// How many parts of files and blocks of the archive a device may put or read: at once, and in a second.
const PARTS: (NonZeroU32, u32) = (NonZeroU32::new(1_000).unwrap(), 100);
/// Where proxies write for whom they ask.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where a connection comes from; whoever accepts it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Who may ask how often.
#[derive(Debug)]
pub(super) struct Limits {
    addresses: Limit<IpAddr>,
    devices: Limit<DeviceId>,
    accounts: Limit<Handle>,
    parts: Limit<DeviceId>,
    all_parts: Limit<Handle>,
    /// Who takes key packages of whom.
    pub(super) claims: Arc<Claims>,
}

impl Limits {
    pub(super) fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        let accounts = settings.device_requests.saturating_mul(DEVICES);
        Self {
            addresses: a_minute(settings.address_requests, clock),
            devices: a_minute(settings.device_requests, clock),
            accounts: a_minute(accounts, clock),
            parts: Limit::new(PARTS.0, Duration::from_secs(1) / PARTS.1, Arc::clone(clock)),
            all_parts: Limit::new(
                PARTS.0.saturating_mul(DEVICES),
                Duration::from_secs(1) / PARTS.1 / DEVICES.get(),
                Arc::clone(clock),
            ),
            claims: Arc::new(devices::claims(Arc::clone(clock))),
        }
    }

    /// Lets somebody ask who has not signed in.
    pub(super) fn stranger(&self, from: Option<IpAddr>) -> Result<(), Refusal> {
        let Some(from) = from else { return Ok(()) };
        self.addresses.take(&network(from)).map_err(too_many)
    }

    /// Lets a device ask that has a session.
    pub(super) fn caller(&self, caller: &Caller, route: &str) -> Result<(), Refusal> {
        if route.contains("/files/") || route.starts_with("/v1/archive/") {
            self.parts.take(&caller.device).map_err(too_many)?;
            return self.all_parts.take(&caller.handle).map_err(too_many);
        }
        self.devices.take(&caller.device).map_err(too_many)?;
        self.accounts.take(&caller.handle).map_err(too_many)
    }

    /// Forgets those who have asked nothing for a while.
    pub(super) fn forget(&self) {
        self.addresses.forget();
        self.devices.forget();
        self.accounts.forget();
        self.parts.forget();
        self.all_parts.forget();
        self.claims.forget();
    }
}

/// So many a minute, of which half may come at once.
fn a_minute<K: Clone + std::hash::Hash + Eq>(many: NonZeroU32, clock: &Arc<dyn Clock>) -> Limit<K> {
    let at_once = NonZeroU32::new(many.get() / 2).unwrap_or(NonZeroU32::MIN);
    Limit::new(at_once, Duration::from_mins(1) / many.get(), Arc::clone(clock))
}

fn too_many(used_up: UsedUp) -> Refusal {
    Refusal { wait: Some(used_up.seconds), ..Refusal::because(Code::TooMany, &used_up) }
}

/// Where a request comes from, as far as that is known: behind a proxy, what the proxy says. Nothing for this machine.
pub(super) fn origin(request: &Request, proxies: &[IpAddr]) -> Option<IpAddr> {
    let Peer(peer) = request.extensions().get().copied()?;
    let peer = peer.to_canonical();
    let is_proxy =
        |address: &IpAddr| address.is_loopback() || proxies.iter().any(|it| it.to_canonical() == *address);
    if !is_proxy(&peer) {
        return Some(peer);
    }
    let headers = request.headers();
    let named = forwarded_for(headers).find(|address| !is_proxy(address));
    // A proxy has asked for somebody it does not name in a way that can be read: it counts as one.
    let is_proxied = !peer.is_loopback() || headers.contains_key(FORWARDED_FOR);
    named.or_else(|| is_proxied.then_some(peer))
}

/// For whom proxies say that they ask, the last one first; with a port or without. What stands before something that is no address was
/// not written by a proxy of ours, whatever else is in the line.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = IpAddr> {
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).into_iter().map(HeaderValue::as_bytes).collect();
    let named: Vec<&[u8]> = lines.into_iter().flat_map(|line| line.split(|byte| *byte == b',')).collect();
    let parsed: Vec<IpAddr> = named.into_iter().rev().map_while(address).collect();
    parsed.into_iter()
}

/// An address as proxies write it.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let address = text.parse().or_else(|_| text.parse().map(|it: SocketAddr| it.ip()));
    address.ok().map(|it: IpAddr| it.to_canonical())
}

/// Whoever has one address of IPv6 has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use chancery_transparency::PublicKey;
    use chancery_wire::{ids::SessionId, time::Instant};

    use super::*;
    use crate::counter::{Assurance, Granted};

    fn from(peer: &str, forwarded: &[&str]) -> Option<String> {
        let mut request = Request::builder();
        for line in forwarded {
            // Latin-1, as a client may send it.
            let line: Vec<u8> = line.chars().map(|it| u8::try_from(it).unwrap()).collect();
            request = request.header(FORWARDED_FOR, HeaderValue::from_bytes(&line).unwrap());
        }
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        origin(&request, &["10.0.0.5".parse().unwrap()]).map(|address| address.to_string())
    }

    #[test]
    fn an_address_is_the_connections_unless_a_proxy_of_ours_says_otherwise() {
        assert_eq!(from("192.0.2.1", &[]).as_deref(), Some("192.0.2.1"));
        assert_eq!(from("::ffff:192.0.2.1", &[]).as_deref(), Some("192.0.2.1"));
        // Anybody may write a header.
        assert_eq!(from("192.0.2.1", &["198.51.100.7"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(from("10.0.0.5", &["198.51.100.7"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(
            from("127.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.5"]).as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(from("127.0.0.1", &["203.0.113.9", "198.51.100.7"]).as_deref(), Some("198.51.100.7"));
        // What stands before nonsense is the asker's invention.
        assert_eq!(from("10.0.0.5", &["203.0.113.9, unknown"]).as_deref(), Some("10.0.0.5"));
        assert_eq!(from("10.0.0.5", &[]).as_deref(), Some("10.0.0.5"));
        // Nor does it hide who asked, and whom nobody names is somebody all the same.
        assert_eq!(from("127.0.0.1", &["\u{ff}, 198.51.100.7"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(from("127.0.0.1", &["198.51.100.7, \u{ff}"]).as_deref(), Some("127.0.0.1"));
        assert_eq!(from("127.0.0.1", &["198.51.100.7:4711"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(from("127.0.0.1", &["[2001:db8::9]:4711"]).as_deref(), Some("2001:db8::9"));
        assert_eq!(from("127.0.0.1", &[]), None);
    }

    /// A clock that stands.
    #[derive(Debug)]
    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> Instant {
            Instant(1_700_000_000_000)
        }
    }

    #[test]
    fn many_devices_of_one_account_ask_no_more_than_some() {
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.device_requests = NonZeroU32::new(20).unwrap();
        let limits = Limits::new(&settings, &(Arc::new(Standing) as Arc<dyn Clock>));
        let caller = |handle: &str, device: u8| Caller {
            handle: handle.parse().unwrap(),
            device: DeviceId([device; 16]),
            key: PublicKey([device; 32]),
            standing: chancery_transparency::Standing::Other,
            whose: crate::counter::Whose::Person,
            plane: crate::counter::Plane::Whole,
            elevated: false,
            session: SessionId([device; 16]),
            until: Instant(i64::MAX),
            assurance: Assurance::default(),
            granted: Granted::default(),
            segments: std::collections::BTreeSet::new(),
            zone: None,
            came: chancery_wire::api::CameBy::First,
            days: 0,
        };
        let may = |caller: &Caller, route: &str| limits.caller(caller, route).map_err(|refusal| refusal.code);
        for device in 1..=3 {
            for _ in 0..10 {
                assert_eq!(may(&caller("alice", device), "/v1/rooms"), Ok(()));
            }
            assert_eq!(may(&caller("alice", device), "/v1/rooms"), Err(Code::TooMany), "the device");
        }
        assert_eq!(may(&caller("alice", 4), "/v1/rooms"), Err(Code::TooMany), "the account");
        assert_eq!(may(&caller("bob", 5), "/v1/rooms"), Ok(()));
        // Parts of files have a limit of their own: they come by the hundred.
        for _ in 0..1000 {
            assert_eq!(may(&caller("alice", 1), "/v1/rooms/{room}/files/{file}/parts/{number}"), Ok(()));
        }
        assert_eq!(
            may(&caller("alice", 1), "/v1/rooms/{room}/files/{file}/parts/{number}"),
            Err(Code::TooMany)
        );
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
