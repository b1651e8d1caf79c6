// The worker: the only place where keys and the vault are. It loads the core and does what its page asks.
import init, { Core, makeLock, prepare } from './pkg/chancery_web_core.js';
import wasm from './pkg/chancery_web_core_bg.wasm?url';
import { lockOf, writeLock } from './lock.worker';
import { isTrouble, troubleOf, type FromWorker, type ToWorker, type Trouble } from './words';

let core: Core | null = null;

function tell(said: FromWorker): void {
  self.postMessage(said);
}

/** What the core throws is a trouble, as JSON. */
function thrown(caught: unknown): Trouble {
  if (typeof caught !== 'string') return troubleOf(caught);
  try {
    const read: unknown = JSON.parse(caught);
    return isTrouble(read) ? read : troubleOf(caught);
  } catch {
    return troubleOf(caught);
  }
}

async function run(asked: ToWorker): Promise<unknown> {
  switch (asked.do) {
    case 'prepare':
      await init({ module_or_path: wasm });
      await prepare();
      return { locked: (await lockOf()) !== null };
    case 'open': {
      // Written down before anything is sealed by it: a vault without its lock would be lost.
      const kept = await lockOf();
      const lock = kept ?? makeLock(asked.passphrase, undefined);
      if (kept === null) await writeLock(lock);
      core?.free();
      core = Core.open(lock, asked.passphrase, undefined, (event: string) => {
        tell({ event: JSON.parse(event) });
      });
      return null;
    }
    case 'ask':
      if (core === null) throw { code: 'client.locked', title: 'this browser is locked', remedy: null };
      return JSON.parse(await core.ask(JSON.stringify(asked.ask)));
  }
}

self.addEventListener('message', (message: MessageEvent<ToWorker>) => {
  const { id } = message.data;
  run(message.data).then(
    (answer) => tell({ id, answer }),
    (caught: unknown) => tell({ id, trouble: thrown(caught) }),
  );
});
