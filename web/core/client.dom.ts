// The page's side of the core: asks the worker, and hears what happens. Nothing secret passes here but what a person types to unlock.
import workerUrl from './core.worker?worker&url';
import type { Answers, Ask, Event, FromWorker, ToWorker } from './words';

/** The page's rules let scripts be started by this policy alone, and it lets this one be started. */
const policy = window.trustedTypes?.createPolicy('chancery-core', {
  createScriptURL(asked: string): string {
    if (asked !== workerUrl) throw new TypeError('this page starts no other script');
    return asked;
  },
});

/** What is said to the worker, before it has a number. */
type Said<T = ToWorker> = T extends ToWorker ? Omit<T, 'id'> : never;

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (why: unknown) => void;
}

/** A page's hold on the core. */
export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #hears = new Set<(event: Event) => void>();
  #next = 1;

  constructor() {
    const url = policy === undefined ? workerUrl : policy.createScriptURL(workerUrl);
    this.#worker = new Worker(url as string, { type: 'module', name: 'chancery' });
    this.#worker.addEventListener('message', (message: MessageEvent<FromWorker>) => this.#take(message.data));
    this.#worker.addEventListener('error', (error) => this.#broken(error.message));
  }

  /** Loads the core and takes hold of this browser's files; says whether there is a vault. */
  prepare(): Promise<{ locked: boolean }> {
    return this.#say({ do: 'prepare' }) as Promise<{ locked: boolean }>;
  }

  /** Opens the vault, and makes it where there is none. */
  async open(passphrase: string): Promise<void> {
    await this.#say({ do: 'open', passphrase });
  }

  /** Asks the core. */
  ask<A extends Ask>(ask: A): Promise<Answers[A['ask']]> {
    return this.#say({ do: 'ask', ask }) as Promise<Answers[A['ask']]>;
  }

  /** Hears what happens; answers how to hear no more. */
  hear(hear: (event: Event) => void): () => void {
    this.#hears.add(hear);
    return () => this.#hears.delete(hear);
  }

  #say(what: Said): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...what, id });
    });
  }

  #take(said: FromWorker): void {
    if ('event' in said) {
      this.#hears.forEach((hear) => hear(said.event));
      return;
    }
    const waits = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if ('trouble' in said) waits?.reject(said.trouble);
    else waits?.resolve(said.answer);
  }

  #broken(why: string): void {
    const trouble = { code: 'client.broken', title: `the core has ended: ${why}`, remedy: null };
    this.#waiting.forEach((waits) => waits.reject(trouble));
    this.#waiting.clear();
    this.#hears.forEach((hear) => hear({ event: 'ended', trouble }));
  }
}
