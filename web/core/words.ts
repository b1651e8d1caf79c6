// What the page and the core say to each other: the same words as in apps/web-core (ask.rs, event.rs, view.rs).

/** What the page asks for. */
export type Ask =
  | { ask: 'me' }
  | { ask: 'join'; link: string }
  | { ask: 'found'; link: string; handle: string }
  | { ask: 'invite'; handle: string }
  | { ask: 'rooms' }
  | { ask: 'people'; room: string }
  | { ask: 'lines'; room: string; after: number | null; limit: number }
  | { ask: 'open-room'; name: string; members: string[] }
  | { ask: 'add'; room: string; members: string[] }
  | { ask: 'say'; room: string; text: string; to: string | null }
  | { ask: 'edit'; room: string; message: string; text: string }
  | { ask: 'withdraw'; room: string; message: string }
  | { ask: 'react'; room: string; message: string; with: string }
  | { ask: 'leave'; room: string }
  | { ask: 'read'; room: string; seq: number }
  | { ask: 'draft'; room: string; text: string }
  | { ask: 'search'; words: string };

/** What is answered to each of them; nothing is said of those that are only done. */
export interface Answers {
  me: Me | null;
  join: Me;
  found: Me;
  invite: { link: string; waits: boolean };
  rooms: Room[];
  people: Person[];
  lines: Line[];
  'open-room': { room: string };
  add: Wished;
  say: Wished;
  edit: Wished;
  withdraw: Wished;
  react: Wished;
  leave: Wished;
  read: null;
  draft: null;
  search: { room: string; line: Line }[];
}

/** Something that was wished for; it is kept, and sent as soon as it can be. */
export interface Wished {
  wish: number;
}

/** Who this device is. */
export interface Me {
  handle: string;
  domain: string;
  device: string;
  server: string;
}

/** A room as it stands in the list. Times are milliseconds since 1970, by the server. */
export interface Room {
  id: string;
  name: string | null;
  topic: string | null;
  standing: 'opening' | 'joined' | 'lost' | 'left' | 'paused' | 'stopped';
  why: string | null;
  unread: number;
  mentions: number;
  read: number;
  muted: boolean;
  draft: string | null;
  people: number;
  apart: string | null;
  waiting: string[];
  unsent: { wish: number; what: string; why: string }[];
  last: { from: string | null; said: string | null; at: number } | null;
}

/** A person, guest or program in a room. */
export interface Person {
  handle: string;
  role: 'member' | 'moderator' | 'owner';
  invited_by: string | null;
  provider: string | null;
  bot: { owner: string; purpose: string } | null;
  guest: { sponsor: string; until: number } | null;
  devices: { device: string; enrolled: number | null }[];
}

/** A line of a room. */
export interface Line {
  seq: number;
  id: string | null;
  at: number;
  kind:
    | 'text'
    | 'file'
    | 'edit'
    | 'reaction'
    | 'withdrawal'
    | 'acknowledgement'
    | 'gone'
    | 'expired'
    | 'event'
    | 'unopened';
  said: string | null;
  file: { name: string; size: number; media: string } | null;
  from: string | null;
  edited: boolean;
  mark: string | null;
  about: { seq: number; from: string } | null;
  thread: string | null;
  told_by: string | null;
  mentions: string[];
  urgent: boolean;
  pinned: boolean;
  acknowledged: string[];
  reactions: { with: string; from: string }[];
  receipts: { from: string; read: boolean }[];
}

/** Why something was not done: a stable word, what happened, and what to do about it. */
export interface Trouble {
  code: string;
  title: string;
  remedy: string | null;
}

/** What happens by itself. */
export type Event =
  | { event: 'room'; room: string }
  | { event: 'alarm'; room: string; why: string }
  | { event: 'online' }
  | { event: 'offline'; why: string }
  | { event: 'later'; why: string }
  | { event: 'ended'; trouble: Trouble };

/** What the page says to its worker. What opens the lock is said once, and kept by neither. */
export type ToWorker =
  | { id: number; do: 'prepare' }
  | { id: number; do: 'open'; passphrase: string }
  | { id: number; do: 'ask'; ask: Ask };

/** What the worker says to its page. */
export type FromWorker =
  | { id: number; answer: unknown }
  | { id: number; trouble: Trouble }
  | { event: Event };

/** Whether something that was caught is a trouble. */
export function isTrouble(caught: unknown): caught is Trouble {
  return typeof caught === 'object' && caught !== null && 'code' in caught && 'title' in caught;
}

/** What was caught, as a trouble. */
export function troubleOf(caught: unknown): Trouble {
  if (isTrouble(caught)) return caught;
  const title = caught instanceof Error ? caught.message : String(caught);
  return { code: 'client.broken', title, remedy: null };
}
