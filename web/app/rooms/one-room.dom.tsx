// One room: who is in it, what is said, and what one says oneself.
import { useEffect, useState } from 'react';
import type { Room } from '../../core/words';
import { Button, Notice } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk, Known } from '../desk.dom';
import { Composer, type About } from './composer.dom';
import css from './one-room.module.css';
import { People } from './people.dom';
import { Timeline } from './timeline.dom';

/** The chosen room. */
export function OneRoom({ desk, room, known }: { desk: Desk; room: Room; known: Known }) {
  const say = useWords();
  const [about, setAbout] = useState<About | null>(null);
  const [showsPeople, setShowsPeople] = useState(false);
  const name = room.name ?? say('unnamed');
  const last = known.lines.at(-1)?.seq;
  useEffect(() => {
    if (document.visibilityState === 'visible') void desk.seen();
  }, [desk, last]);
  return (
    <div className={css.room}>
      <header className={css.head}>
        <span className={css.back}>
          <Button look="icon" aria-label={say('back')} onPress={() => void desk.choose(null)}>
            ‹
          </Button>
        </span>
        <div className={css.title}>
          <h1>{name}</h1>
          <p className="quiet small">{say('sealed', { count: room.people })}</p>
        </div>
        <Button look="quiet" aria-expanded={showsPeople} onPress={() => setShowsPeople(!showsPeople)}>
          {say('people-in', { count: room.people })}
        </Button>
      </header>
      {room.standing === 'stopped' ? (
        <Notice kind="bad">{say('stopped', { why: room.why ?? '' })}</Notice>
      ) : room.why !== null || room.apart !== null ? (
        <Notice kind="warn">{room.why ?? room.apart}</Notice>
      ) : null}
      <div className={css.body}>
        <Timeline
          desk={desk}
          lines={known.lines}
          me={known.me?.handle ?? ''}
          room={room}
          answer={(line) => setAbout({ line, how: 'answers' })}
          change={(line) => setAbout({ line, how: 'changes' })}
        />
        {showsPeople ? <People people={known.people} close={() => setShowsPeople(false)} /> : null}
      </div>
      {room.standing === 'joined' || room.standing === 'opening' ? (
        <Composer
          // What is put in a message's place is written apart from what was begun.
          key={about?.how === 'changes' ? about.line.seq : 'new'}
          desk={desk}
          room={room}
          name={name}
          about={about}
          done={() => setAbout(null)}
        />
      ) : null}
    </div>
  );
}
