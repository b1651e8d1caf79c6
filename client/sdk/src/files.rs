//! Files: sent part by part from where they lie, and saved part by part; whatever was broken off goes on where it stopped.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use chancery_engine::{FileHere, Telling, Told, open_chunk};
use chancery_vault::WishId;
use chancery_wire::{
    api::{BeginFile, FileState},
    content::{Attachment, Written},
    files::{CHUNK, CHUNKS, chunks, padded, parts},
    ids::{Digest, RoomId},
    problem::Code,
};
use reqwest::Method;
use sha2::{Digest as _, Sha256};

use crate::{
    client::Client,
    clock::{now, sleep},
    error::SdkError,
};

/// How many bytes of a file are in a whole part.
const PART: u64 = CHUNKS * CHUNK as u64;
/// How long is waited before a part is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest path, in bytes.
const PATH_LIMIT: usize = 4096;

/// How far a file is: bytes that are done, and all there are.
pub(crate) type FileProgress<'a> = &'a mut dyn FnMut(u64, u64);

impl Client {
    /// Puts a file into a room: returns the wish for its message, which is sent by the next [`Client::sync`]. When it breaks off,
    /// the same call goes on where it stopped. A part that does not get through is tried again for as long as `patience`.
    pub async fn send_file(
        &mut self,
        room: RoomId,
        (path, about): (&Path, Option<Written>),
        patience: Duration,
        progress: FileProgress<'_>,
    ) -> Result<WishId, SdkError> {
        let (here, file) = look_at(path, about)?;
        let attachment = self.engine.begin_file(room, here, now())?;
        self.put_file(room, &attachment, &file, patience, progress).await.map_err(|error| match error {
            Failed::Here(error) => error.at(path),
            Failed::There(error) => error,
        })?;
        Ok(self.engine.file_sent(attachment.file, now())?)
    }

    /// Puts what is read from `source` on the server, sealed, from where it stopped.
    async fn put_file(
        &mut self,
        room: RoomId,
        attachment: &Attachment,
        mut source: impl Read + Seek,
        patience: Duration,
        progress: FileProgress<'_>,
    ) -> Result<(), Failed> {
        let identity = self.enrolled()?;
        let address = format!("/v1/rooms/{room}/files/{}", attachment.file);
        let begin = BeginFile { parts: parts(attachment.size) };
        let mut state: FileState = self.ask(Method::PUT, &address, Some(&begin)).await?;
        while state.next < state.parts {
            progress((state.next * PART).min(attachment.size), attachment.size);
            let part = self.seal_part(attachment, &mut source, state.next)?;
            let address = format!("{address}/parts/{}", state.next);
            state = insist(patience, async || self.http.put(&identity, &address, part.clone()).await).await?;
        }
        progress(attachment.size, attachment.size);
        Ok(())
    }

    /// Puts a piece of history on the server, for another device of this account.
    pub(crate) async fn tell_history(&mut self, telling: &Telling) -> Result<(), SdkError> {
        let bytes = std::io::Cursor::new(&telling.piece.bytes);
        let put = self.put_file(telling.place, &telling.file, bytes, Duration::ZERO, &mut |_, _| {}).await;
        put.map_err(|error| match error {
            Failed::Here(error) => error.at(Path::new("history")),
            Failed::There(error) => error,
        })?;
        Ok(self.engine.told(telling, now())?)
    }

    /// Keeps a block for the day all devices are lost; `all` does not wait for rooms to become quiet. Answers whether there was one.
    pub(crate) async fn keep_block(&mut self, all: bool) -> Result<bool, SdkError> {
        let Some(sealed) = self.engine.next_block(all, now())? else { return Ok(false) };
        let identity = self.enrolled()?;
        let address = format!("/v1/archive/{}/{}", sealed.block.room, sealed.block.number);
        match self.http.put::<()>(&identity, &address, sealed.bytes.clone().into()).await {
            Ok(()) => {
                // What was taken in from the same place has no use any more; until now it was the only copy.
                for old in self.engine.replaced(&sealed)? {
                    let address = format!("/v1/archive/{}/{}/{}", old.room, old.number, old.device);
                    self.http.ask::<()>(&identity, Method::DELETE, &address, None::<&()>).await?;
                    self.engine.drop_archived(&old, now())?;
                }
            }
            // There is another recovery key by now: the chain says which, and under that one everything is kept anew.
            Err(error) if error.is(Code::OtherRecoveryKey) => {
                self.devices_of(&identity.handle).await?;
                return Ok(false);
            }
            Err(error) if error.is(Code::BadBlock) => {}
            Err(error) => return Err(error),
        }
        self.engine.archived(&sealed, now())?;
        Ok(true)
    }

    /// Reads a piece of history.
    pub(crate) async fn read_history(&mut self, told: &Told) -> Result<Vec<u8>, SdkError> {
        let (identity, of) = (self.enrolled()?, &told.file);
        let mut bytes = std::io::Cursor::new(Vec::new());
        for number in 0..parts(of.size) {
            let address = format!("/v1/rooms/{}/files/{}/parts/{number}", told.place, of.file);
            let part = self.http.bytes(&identity, &address).await?;
            write_part(of, &mut bytes, number, &part).map_err(|error| error.at(Path::new("history")))?;
        }
        let bytes = bytes.into_inner();
        let right = Digest(Sha256::digest(&bytes).into()) == of.digest;
        if right { Ok(bytes) } else { Err(chancery_engine::EngineError::BadFile.into()) }
    }

    /// Reads and seals a part of a file.
    fn seal_part(
        &mut self,
        of: &Attachment,
        file: &mut (impl Read + Seek),
        number: u64,
    ) -> Result<Bytes, FileError> {
        let (all, first) = (chunks(of.size), number * CHUNKS);
        let mut part = Vec::new();
        file.seek(SeekFrom::Start(number * PART))?;
        for chunk in first..all.min(first + CHUNKS) {
            let mut bytes = Vec::with_capacity(CHUNK);
            let here = of.size.saturating_sub(chunk * CHUNK as u64).min(CHUNK as u64);
            file.by_ref().take(here).read_to_end(&mut bytes)?;
            // What is missing from a file that became shorter is noticed by its digest.
            let end = padded(of.size).saturating_sub(chunk * CHUNK as u64).min(CHUNK as u64);
            bytes.resize(usize::try_from(end).unwrap_or(CHUNK), 0);
            part.extend(self.engine.seal_chunk(of, chunk, &bytes)?);
        }
        Ok(part.into())
    }

    /// Saves a file of a room at `to`, where nothing may be yet. What has come so far lies beside it, under the name with `.part`;
    /// the same call goes on with that. The file appears under its name only when all of it is right.
    pub async fn save_file(
        &mut self,
        room: RoomId,
        (of, to): (&Attachment, &Path),
        patience: Duration,
        progress: FileProgress<'_>,
    ) -> Result<(), SdkError> {
        let identity = self.enrolled()?;
        if to.try_exists().map_err(|why| FileError::Io(why).at(to))? {
            return Err(SdkError::File { path: to.to_owned(), why: "there is something already".to_owned() });
        }
        let beside = beside(to);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(|why| FileError::Io(why).at(&beside))?;
        let mut next =
            file.metadata().map_err(|why| FileError::Io(why).at(&beside))?.len().min(of.size) / PART;
        while next * PART < of.size {
            progress(next * PART, of.size);
            let address = format!("/v1/rooms/{room}/files/{}/parts/{next}", of.file);
            let part = insist(patience, async || self.http.bytes(&identity, &address).await).await?;
            write_part(of, &mut file, next, &part).map_err(|error| error.at(&beside))?;
            next += 1;
        }
        progress(of.size, of.size);
        self.keep_session()?;
        finish(of, &mut file).map_err(|error| {
            if matches!(error, FileError::Engine(_)) {
                // What is wrong would be gone on with for ever.
                let _ = std::fs::remove_file(&beside);
            }
            error.at(&beside)
        })?;
        std::fs::rename(&beside, to).map_err(|why| FileError::Io(why).at(to))
    }
}

/// Why a file was not put on the server.
enum Failed {
    Here(FileError),
    There(SdkError),
}

impl From<FileError> for Failed {
    fn from(error: FileError) -> Self {
        Self::Here(error)
    }
}

impl From<SdkError> for Failed {
    fn from(error: SdkError) -> Self {
        Self::There(error)
    }
}

/// Why a file on this machine could not be read or written.
enum FileError {
    Io(std::io::Error),
    Engine(chancery_engine::EngineError),
}

impl From<std::io::Error> for FileError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<chancery_engine::EngineError> for FileError {
    fn from(error: chancery_engine::EngineError) -> Self {
        Self::Engine(error)
    }
}

impl FileError {
    fn at(self, path: &Path) -> SdkError {
        match self {
            Self::Io(why) => SdkError::File { path: path.to_owned(), why: why.to_string() },
            Self::Engine(error) => error.into(),
        }
    }
}

/// Tries again what does not get through, until it has not for as long as `patience`.
pub(crate) async fn insist<T>(
    patience: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T, SdkError>,
) -> Result<T, SdkError> {
    let until = now().plus_seconds(i64::try_from(patience.as_secs()).unwrap_or(i64::MAX));
    loop {
        match attempt().await {
            Err(error) if error.passes() && now() < until => sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// The file as it lies here, all of it read once.
fn look_at(path: &Path, about: Option<Written>) -> Result<(FileHere, File), SdkError> {
    let wrong = |why: std::io::Error| FileError::Io(why).at(path);
    let whole = path.canonicalize().map_err(wrong)?;
    let mut file = File::open(&whole).map_err(wrong)?;
    if !file.metadata().map_err(wrong)?.is_file() {
        return Err(SdkError::File { path: path.to_owned(), why: "it is no file".to_owned() });
    }
    let (size, digest) = digest(&mut file).map_err(wrong)?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = Written::file_name(&name).map_err(|_| SdkError::File {
        path: path.to_owned(),
        why: "its name cannot be sent: give it one of ordinary letters that does not begin with a dot"
            .to_owned(),
    })?;
    let long = || SdkError::File { path: path.to_owned(), why: "its path is too long".to_owned() };
    let path = Written::parse(&whole.to_string_lossy(), PATH_LIMIT).map_err(|_| long())?;
    let media = Written::parse(media_type(&name), 255).map_err(|_| long())?;
    Ok((FileHere { path, size, digest, name: named, media, about }, file))
}

/// The size and SHA-256 of a file.
fn digest(file: &mut File) -> std::io::Result<(u64, Digest)> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok((size, Digest(hash.finalize().into())));
        };
        hash.update(bytes);
        size += read as u64;
    }
}

/// Opens a part and writes it in its place. What does not open is not written.
fn write_part(
    of: &Attachment,
    file: &mut (impl Write + Seek),
    number: u64,
    part: &[u8],
) -> Result<(), FileError> {
    let mut place = number * PART;
    file.seek(SeekFrom::Start(place))?;
    let sealed = part.chunks(CHUNK + chancery_wire::files::SEAL);
    let first = number * CHUNKS;
    let expected = chunks(of.size).min(first + CHUNKS).saturating_sub(first);
    if sealed.len() as u64 != expected {
        return Err(chancery_engine::EngineError::BadFile.into());
    }
    for (chunk, sealed) in (first..).zip(sealed) {
        let bytes = open_chunk(of, chunk, sealed)?;
        let left = usize::try_from(of.size.saturating_sub(place)).unwrap_or(usize::MAX);
        let own = bytes.get(..bytes.len().min(left)).unwrap_or_default();
        file.write_all(own)?;
        place += own.len() as u64;
    }
    Ok(())
}

/// Makes sure that all of a file is right, and on the disk.
fn finish(of: &Attachment, file: &mut File) -> Result<(), FileError> {
    file.set_len(of.size)?;
    file.sync_all()?;
    if digest(file)? == (of.size, of.digest) {
        Ok(())
    } else {
        Err(chancery_engine::EngineError::BadFile.into())
    }
}

/// Where a file lies that is not whole yet.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    to.with_file_name(name)
}

/// The media type of a file by its name: the common ones, so that it can be shown; everything else is just bytes.
fn media_type(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match end.as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "json" => "application/json",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
