// What is written down of the vault's lock, beside the vault: no secret, and of no use without what opens it.

const NAME = 'chancery.lock';

/** What was written down; nothing where nobody has set up this browser. */
export async function lockOf(): Promise<string | null> {
  const folder = await navigator.storage.getDirectory();
  try {
    const file = await (await folder.getFileHandle(NAME)).getFile();
    const text = await file.text();
    return text === '' ? null : text;
  } catch (caught) {
    if (caught instanceof DOMException && caught.name === 'NotFoundError') return null;
    throw caught;
  }
}

/** Writes it down, all of it or nothing. */
export async function writeLock(lock: string): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle(NAME, { create: true });
  const writing = await file.createWritable();
  await writing.write(lock);
  await writing.close();
}
