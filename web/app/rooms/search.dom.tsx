// Search everywhere: what was said in all rooms, as far as this browser has it. Nothing of it is asked of the server.
import { useEffect, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { troubleOf, type Answers, type Room, type Trouble } from '../../core/words';
import { Failed, Field } from '../../ui/controls.dom';
import { Dialog } from '../../ui/dialog.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';
import css from './search.module.css';

interface Props {
  isOpen: boolean;
  close: () => void;
  desk: Desk;
  rooms: Room[];
}

/** Finds lines and goes to their rooms. */
export function Search({ isOpen, close, desk, rooms }: Props) {
  const say = useWords();
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Answers['search']>([]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);

  useEffect(() => {
    // What is found by earlier words is not shown with later ones.
    let isOld = false;
    const asked = words.trim() === '' ? Promise.resolve([]) : desk.search(words);
    asked.then(
      (lines) => {
        if (isOld) return;
        setFound(lines);
        setTrouble(null);
      },
      (caught: unknown) => {
        if (!isOld) setTrouble(troubleOf(caught));
      },
    );
    return () => {
      isOld = true;
    };
  }, [desk, words]);

  function go(room: string) {
    setWords('');
    close();
    void desk.choose(room);
  }

  return (
    <Dialog title={say('search')} isOpen={isOpen} close={close}>
      <Field label={say('search-words')} value={words} onChange={setWords} autoFocus />
      <Failed trouble={trouble} />
      <p role="status" className="quiet small">
        {words.trim() === '' ? say('search-hint') : say('found-lines', { count: found.length })}
      </p>
      {found.length === 0 ? null : (
        <ListBox aria-label={say('search')} className={css.found ?? ''} onAction={(key) => go(String(key).split('/')[0] ?? '')}>
          {found.map(({ room, line }) => {
            const name = rooms.find((it) => it.id === room)?.name ?? say('unnamed');
            return (
              <ListBoxItem
                key={`${room}/${line.seq}`}
                id={`${room}/${line.seq}`}
                textValue={line.said ?? ''}
                className={css.line ?? ''}
              >
                <span className="quiet small">
                  {name} · {line.from} · {new Date(line.at).toLocaleDateString()}
                </span>
                <span className={css.said}>{line.said}</span>
              </ListBoxItem>
            );
          })}
        </ListBox>
      )}
    </Dialog>
  );
}
