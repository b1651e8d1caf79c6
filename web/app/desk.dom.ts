// What the page knows at this moment, and how it comes to know it. Views show it and call its verbs; they know nothing of the core.
import { useSyncExternalStore } from 'react';
import { Client } from '../core/client.dom';
import { troubleOf, type Answers, type Event, type Line, type Me, type Person, type Room, type Trouble } from '../core/words';

/** The most lines of a room that are shown at once; earlier ones are read when they are asked for. */
const SHOWN = 300;
/** How long after the last key a draft is kept, in milliseconds. */
const PAUSE = 400;

/** How far the page is. */
export type Phase = 'starting' | 'elsewhere' | 'new' | 'locked' | 'blank' | 'open' | 'broken';

/** What the page knows. */
export interface Known {
  phase: Phase;
  me: Me | null;
  rooms: Room[];
  chosen: string | null;
  lines: Line[];
  people: Person[];
  online: boolean;
  /** Why something is not done yet. */
  later: string | null;
  /** Why nothing is taken in or sent any more, or why the page could not begin. */
  ended: Trouble | null;
}

const NOTHING: Known = {
  phase: 'starting',
  me: null,
  rooms: [],
  chosen: null,
  lines: [],
  people: [],
  online: true,
  later: null,
  ended: null,
};

/** The page's model. */
export class Desk {
  #known = NOTHING;
  readonly #watchers = new Set<() => void>();
  readonly #client = new Client();
  #drafting: ReturnType<typeof setTimeout> | undefined;
  /** What is typed and not kept yet, by room. */
  readonly #typed = new Map<string, string>();
  #looking: Promise<void> | null = null;
  #again = false;

  constructor() {
    this.#client.hear((event) => this.#take(event));
    void this.#begin();
  }

  /** Watches what is known; answers how to stop. */
  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** What is known now. */
  known = (): Known => this.#known;

  /** Opens the vault, or makes it. */
  async unlock(passphrase: string): Promise<void> {
    await this.#client.open(passphrase);
    const me = await this.#client.ask({ ask: 'me' });
    this.#set({ me, phase: me === null ? 'blank' : 'open' });
    if (me !== null) await this.#look();
  }

  /** Opens an account by an invitation. */
  async join(link: string): Promise<void> {
    this.#set({ me: await this.#client.ask({ ask: 'join', link }), phase: 'open' });
    await this.#look();
  }

  /** Founds the organisation. */
  async found(link: string, handle: string): Promise<void> {
    this.#set({ me: await this.#client.ask({ ask: 'found', link, handle }), phase: 'open' });
    await this.#look();
  }

  /** Makes an invitation for a person; answers the link. */
  async invite(handle: string): Promise<string> {
    return (await this.#client.ask({ ask: 'invite', handle })).link;
  }

  /** Shows a room, or none. */
  async choose(room: string | null): Promise<void> {
    this.#set({ chosen: room, lines: [], people: [] });
    await this.#look();
  }

  /** Opens a room and shows it. */
  async openRoom(name: string, members: string[]): Promise<void> {
    await this.choose((await this.#client.ask({ ask: 'open-room', name, members })).room);
  }

  /** Says something in the chosen room, as an answer to a message if one is named. */
  async say(text: string, to: string | null): Promise<void> {
    clearTimeout(this.#drafting);
    await this.#inRoom((room) => {
      this.#typed.delete(room);
      return this.#client.ask({ ask: 'say', room, text, to });
    });
  }

  /** Reacts to a message. */
  async react(message: string, emoji: string): Promise<void> {
    await this.#inRoom((room) => this.#client.ask({ ask: 'react', room, message, with: emoji }));
  }

  /** Puts another text in the place of an own message's. */
  async edit(message: string, text: string): Promise<void> {
    await this.#inRoom((room) => this.#client.ask({ ask: 'edit', room, message, text }));
  }

  /** Takes an own message back. */
  async withdraw(message: string): Promise<void> {
    await this.#inRoom((room) => this.#client.ask({ ask: 'withdraw', room, message }));
  }

  /** What was said in all rooms with these words in it, the best first. */
  search(words: string): Promise<Answers['search']> {
    return this.#client.ask({ ask: 'search', words });
  }

  /** Keeps what was begun to write, once the person pauses. */
  draft(room: string, text: string): void {
    clearTimeout(this.#drafting);
    this.#typed.set(room, text);
    this.#set({ rooms: this.#known.rooms });
    this.#drafting = setTimeout(() => void this.#keep(), PAUSE);
  }

  /** That the person has seen everything in the chosen room. */
  async seen(): Promise<void> {
    const { chosen, lines, rooms } = this.#known;
    const last = lines.at(-1);
    const room = rooms.find((it) => it.id === chosen);
    if (chosen === null || last === undefined || room === undefined || room.read >= last.seq) return;
    await this.#client.ask({ ask: 'read', room: chosen, seq: last.seq });
    await this.#look();
  }

  async #keep(): Promise<void> {
    for (const [room, text] of this.#typed) {
      await this.#client.ask({ ask: 'draft', room, text });
      if (this.#typed.get(room) === text) this.#typed.delete(room);
    }
  }

  async #begin(): Promise<void> {
    // One tab has the files. The others wait for their turn, and go on by themselves.
    const free = await navigator.locks.query();
    if (free.held?.some((it) => it.name === 'chancery')) this.#set({ phase: 'elsewhere' });
    void navigator.locks.request('chancery', async () => {
      try {
        const { locked } = await this.#client.prepare();
        this.#set({ phase: locked ? 'locked' : 'new' });
      } catch (caught) {
        this.#set({ phase: 'broken', ended: troubleOf(caught) });
      }
      // Held until the page is gone.
      await new Promise(() => {});
    });
  }

  async #inRoom(run: (room: string) => Promise<unknown>): Promise<void> {
    const { chosen } = this.#known;
    if (chosen === null) return;
    await run(chosen);
    await this.#look();
  }

  /** Reads what is shown anew; what comes while that is under way is read once more after it. */
  #look(): Promise<void> {
    if (this.#looking !== null) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#read().finally(() => {
      this.#looking = null;
      if (this.#again) {
        this.#again = false;
        void this.#look();
      }
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const rooms = await this.#client.ask({ ask: 'rooms' });
    const { chosen } = this.#known;
    if (chosen === null) {
      this.#set({ rooms });
      return;
    }
    const lines = await this.#client.ask({ ask: 'lines', room: chosen, after: null, limit: SHOWN });
    const people = await this.#client.ask({ ask: 'people', room: chosen });
    // Another room may have been chosen meanwhile.
    this.#set(this.#known.chosen === chosen ? { rooms, lines, people } : { rooms });
  }

  #take(event: Event): void {
    switch (event.event) {
      case 'room':
      case 'alarm':
        void this.#look();
        break;
      case 'online':
        this.#set({ online: true, later: null });
        void this.#look();
        break;
      case 'offline':
        this.#set({ online: false });
        break;
      case 'later':
        this.#set({ later: event.why });
        break;
      case 'ended':
        this.#set({ online: false, ended: event.trouble });
        break;
    }
  }

  #set(what: Partial<Known>): void {
    // What is typed is newer than what was kept.
    const typed = (room: Room) => ({ ...room, draft: this.#typed.get(room.id) ?? room.draft });
    const rooms = what.rooms?.map(typed) ?? this.#known.rooms;
    this.#known = { ...this.#known, ...what, rooms };
    this.#watchers.forEach((watcher) => watcher());
  }
}

/** What is known now, for a view that is shown anew when it changes. */
export function useKnown(desk: Desk): Known {
  return useSyncExternalStore(desk.watch, desk.known);
}
