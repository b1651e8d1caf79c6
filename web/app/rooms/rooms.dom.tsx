// The client once a person is in: rooms on the side, the chosen one in the middle.
import { useEffect, useState } from 'react';
import { Button, Failed, Notice } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk, Known } from '../desk.dom';
import { Invite } from './invite.dom';
import { NewRoom } from './new-room.dom';
import { OneRoom } from './one-room.dom';
import css from './rooms.module.css';
import { RoomList } from './room-list.dom';
import { Search } from './search.dom';

/** Rooms, and one of them. */
export function Rooms({ desk, known }: { desk: Desk; known: Known }) {
  const say = useWords();
  const [asks, setAsks] = useState<'room' | 'person' | 'search' | null>(null);
  const chosen = known.rooms.find((room) => room.id === known.chosen);
  useEffect(() => {
    const take = (key: KeyboardEvent) => {
      if (key.key !== 'k' || !(key.ctrlKey || key.metaKey)) return;
      key.preventDefault();
      setAsks('search');
    };
    document.addEventListener('keydown', take);
    return () => document.removeEventListener('keydown', take);
  }, []);
  return (
    <div className={css.whole} data-chosen={chosen !== undefined}>
      <nav className={css.side} aria-label={say('rooms')}>
        <header className={css.who}>
          <strong>{known.me?.handle}</strong>
          <span className="quiet small">{known.me?.domain}</span>
          <Button look="quiet" aria-keyshortcuts="Control+K" onPress={() => setAsks('search')}>
            {say('search')} <kbd className="quiet small">Ctrl K</kbd>
          </Button>
        </header>
        {known.online ? null : <Notice kind="warn">{say('offline')}</Notice>}
        {known.later === null ? null : <Notice kind="calm">{say('later')}</Notice>}
        <RoomList rooms={known.rooms} chosen={known.chosen} choose={(room) => void desk.choose(room)} />
        <footer className={css.foot}>
          <Button look="quiet" onPress={() => setAsks('room')}>
            {say('new-room')}
          </Button>
          <Button look="quiet" onPress={() => setAsks('person')}>
            {say('invite')}
          </Button>
        </footer>
      </nav>
      <main className={css.middle}>
        <Failed trouble={known.ended} />
        {chosen === undefined ? (
          <div className={`${css.empty} quiet`}>
            <h1 className="hidden">{say('rooms')}</h1>
            <p>{say('choose-room')}</p>
          </div>
        ) : (
          <OneRoom key={chosen.id} desk={desk} room={chosen} known={known} />
        )}
      </main>
      <NewRoom isOpen={asks === 'room'} close={() => setAsks(null)} desk={desk} />
      <Search isOpen={asks === 'search'} close={() => setAsks(null)} desk={desk} rooms={known.rooms} />
      <Invite isOpen={asks === 'person'} close={() => setAsks(null)} desk={desk} />
    </div>
  );
}
