//! The organisation's directory: what a provider asks by SCIM is passed on to the server, and what follows from it is signed here.

use std::io::Write as _;

use bytes::Bytes;
use chancery_wire::{api::Waiting, names::Handle};
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;

use crate::{
    client::Client,
    clock::draw,
    error::SdkError,
    profile::{Profile, file, private_file},
};

/// The file of the token by which the provider is known.
const TOKEN: &str = "directory.token";

/// What is passed on to the server, and what it answers.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// The headers that say something of it: media type, versions, where it is.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What followed from what the directory says.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Who was suspended.
    pub suspended: Vec<Handle>,
    /// Who was restored.
    pub restored: Vec<Handle>,
    /// With whom it could not be done, and why.
    pub failed: Vec<(Handle, String)>,
    /// Whom only an officer may suspend.
    pub officers: Vec<Handle>,
}

impl Profile {
    /// The token by which the provider is known to the program beside it, made when it is asked for first; and the file it is in, which
    /// nobody else can read.
    pub fn directory_token(&self) -> Result<(String, std::path::PathBuf), SdkError> {
        let path = self.directory().join(TOKEN);
        if !path.exists() {
            private_file(&path)?;
            let token = BASE64URL_NOPAD.encode(&draw::<32>());
            let written = std::fs::File::create(&path).and_then(|mut it| it.write_all(token.as_bytes()));
            written.map_err(|error| file(&path, &error))?;
        }
        let token = std::fs::read_to_string(&path).map_err(|error| file(&path, &error))?.trim().to_owned();
        // One that was cut off is none.
        if token.len() < 32 {
            return Err(file(&path, &"there is no whole token in it: delete it, and a new one is made"));
        }
        Ok((token, path))
    }
}

impl Client {
    /// Passes a request on to the server, as this device; answers the status and what the server says.
    pub async fn pass(
        &mut self,
        (method, path): (&str, &str),
        passed: &Passed,
    ) -> Result<(u16, Passed), SdkError> {
        let identity = self.enrolled()?;
        let answer = self.http.pass(&identity, (method, path), passed).await?;
        self.keep_session()?;
        Ok(answer)
    }

    /// The accounts that stand otherwise than the directory says; for the directory and officers.
    pub async fn waiting(&mut self) -> Result<Waiting, SdkError> {
        let identity = self.enrolled()?;
        let path = "/v1/provisioning/waiting";
        let waiting = self.http.ask(&identity, Method::GET, path, None::<&()>).await?;
        self.keep_session()?;
        Ok(waiting)
    }

    /// Signs what the directory says: suspends and restores the accounts that stand otherwise.
    pub async fn settle_directory(&mut self) -> Result<Settled, SdkError> {
        let Waiting { suspend, restore, officers } = self.waiting().await?;
        let mut settled = Settled { officers, ..Settled::default() };
        let all = suspend.into_iter().map(|it| (it, true)).chain(restore.into_iter().map(|it| (it, false)));
        for (handle, suspended) in all {
            match self.suspend(&handle, suspended).await {
                Ok(_) if suspended => settled.suspended.push(handle),
                Ok(_) => settled.restored.push(handle),
                Err(error @ SdkError::Unreachable(_)) => return Err(error),
                // The others do not wait for it.
                Err(error) => settled.failed.push((handle, error.to_string())),
            }
        }
        Ok(settled)
    }
}
