//! Unlocking: the vault's key is found, or made for a new profile; the person is asked only when nothing else helps.

use std::{
    fs,
    io::{IsTerminal as _, stdin},
    path::{Path, PathBuf},
};

use chancery_sdk::{Client, KeySource, Profile, SdkError, Unlock, VaultKey};
use zeroize::Zeroizing;

use crate::{
    arguments::{Common, Lock},
    failure::Failure,
};

/// The profile that is meant.
pub(crate) fn profile(common: &Common) -> Result<Profile, Failure> {
    let home = common.home.clone().or_else(|| folders().map(|folders| folders.data_dir().to_owned()));
    let home =
        home.ok_or_else(|| Failure::Usage("say where profiles are kept: --home DIRECTORY".to_owned()))?;
    Ok(Profile::new(&home, &common.profile)?)
}

/// A profile that was unlocked: it can be opened several times, and nobody is asked again.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    profile: Profile,
    key: VaultKey,
    authority: Option<PathBuf>,
}

impl Door {
    /// Opens the profile. Several clients may be open at once.
    pub(crate) fn open(&self) -> Result<Client, SdkError> {
        Client::open(&self.profile, &self.key, self.authority.as_deref())
    }
}

/// Unlocks a profile that was set up before.
pub(crate) fn door(common: &Common) -> Result<Door, Failure> {
    let profile = profile(common)?;
    let source = profile.source()?;
    enter(common, &profile, &source)
}

/// Opens a profile that was set up before.
pub(crate) fn open(common: &Common) -> Result<Client, Failure> {
    Ok(door(common)?.open()?)
}

/// Opens a profile, setting it up first if it is new, and does with it what makes it somebody's.
///
/// When that fails before anybody is named in it, a new profile is taken away again: the next try starts as the first one did.
pub(crate) async fn enrol<T>(
    common: &Common,
    enrol: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
) -> Result<(Client, T), Failure> {
    let profile = profile(common)?;
    let fresh = !profile.exists();
    let mut client = open_or_set_up(common)?;
    match enrol(&mut client).await {
        Ok(done) => Ok((client, done)),
        Err(failure) => {
            let blank = client.is_blank()?;
            drop(client);
            if fresh && blank {
                profile.discard()?;
            }
            Err(failure)
        }
    }
}

fn open_or_set_up(common: &Common) -> Result<Client, Failure> {
    let profile = profile(common)?;
    if profile.exists() {
        let source = profile.source()?;
        let same = match common.unlock {
            Some(Lock::Keyring) => matches!(source, KeySource::Keyring(_)),
            Some(Lock::Passphrase) => matches!(source, KeySource::Passphrase(_)),
            Some(Lock::File) => matches!(source, KeySource::File(_)),
            None => true,
        };
        if !same {
            return Err(Failure::Usage(format!(
                "the profile {} is locked in another way already; leave out --unlock, or choose another --profile",
                profile.name()
            )));
        }
        return Ok(enter(common, &profile, &source)?.open()?);
    }
    let key = match common.unlock {
        Some(Lock::Keyring) => profile.set_up(&Unlock::Keyring)?,
        Some(Lock::Passphrase) => profile.set_up(&Unlock::Passphrase(new_passphrase(common)?))?,
        Some(Lock::File) => profile.set_up(&Unlock::File(key_file(common)?))?,
        None if common.key_file.is_some() => profile.set_up(&Unlock::File(key_file(common)?))?,
        None if common.passphrase_file.is_some() => {
            profile.set_up(&Unlock::Passphrase(new_passphrase(common)?))?
        }
        // The keyring where there is one; otherwise a passphrase, if there is somebody to ask.
        None => match profile.set_up(&Unlock::Keyring) {
            Err(SdkError::NoKeyring(_)) if stdin().is_terminal() => {
                profile.set_up(&Unlock::Passphrase(new_passphrase(common)?))?
            }
            done => done?,
        },
    };
    Ok(Client::open(&profile, &key, common.ca_file.as_deref())?)
}

fn enter(common: &Common, profile: &Profile, source: &KeySource) -> Result<Door, Failure> {
    // A key file may have been moved.
    let moved = common.key_file.clone().filter(|_| matches!(source, KeySource::File(_))).map(KeySource::File);
    let key = moved.as_ref().unwrap_or(source).key(|| passphrase(common, "Passphrase: "))?;
    Ok(Door { profile: profile.clone(), key, authority: common.ca_file.clone() })
}

/// The default place for a key file lies apart from the profiles.
fn key_file(common: &Common) -> Result<PathBuf, Failure> {
    let default = || folders().map(|it| it.config_dir().join(format!("{}.key", common.profile)));
    let file = common.key_file.clone().or_else(default);
    file.ok_or_else(|| Failure::Usage("say where the key file is: --key-file FILE".to_owned()))
}

fn new_passphrase(common: &Common) -> Result<Zeroizing<String>, Failure> {
    let first = passphrase(common, "Choose a passphrase for this profile: ")?;
    if common.passphrase_file.is_none() && *passphrase(common, "The same again: ")? != *first {
        return Err(Failure::Usage("the two passphrases differ".to_owned()));
    }
    Ok(first)
}

fn passphrase(common: &Common, question: &str) -> Result<Zeroizing<String>, Failure> {
    let text = match &common.passphrase_file {
        Some(file) => first_line(file)?,
        None => Zeroizing::new(rpassword::prompt_password(question).map_err(|_| {
            Failure::Usage(
                "there is no terminal to ask for the passphrase on: give --passphrase-file FILE".to_owned(),
            )
        })?),
    };
    Ok(text)
}

fn first_line(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = Zeroizing::new(
        fs::read_to_string(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?,
    );
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn folders() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "chancery")
}
