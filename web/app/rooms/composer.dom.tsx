// What a person writes. It is kept while it is written, and lost by nothing.
import { useEffect, useRef, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { troubleOf, type Line, type Room, type Trouble } from '../../core/words';
import { Button, Failed } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';
import css from './composer.module.css';

/** A message that what is written speaks of: it answers it, or takes its place. */
export interface About {
  line: Line;
  how: 'answers' | 'changes';
}

interface Props {
  desk: Desk;
  room: Room;
  name: string;
  about: About | null;
  done: () => void;
}

/** Writes to a room: Enter sends, Shift+Enter begins a line. */
export function Composer({ desk, room, name, about, done }: Props) {
  const say = useWords();
  const changes = about?.how === 'changes' ? about.line : null;
  const [text, setText] = useState(changes?.said ?? room.draft ?? '');
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (about !== null) area.current?.focus();
  }, [about]);

  async function send() {
    if (text.trim() === '') return;
    try {
      if (changes?.id != null) await desk.edit(changes.id, text);
      else await desk.say(text, about?.line.id ?? null);
      setText('');
      setTrouble(null);
      done();
    } catch (caught) {
      setTrouble(troubleOf(caught));
    }
  }

  return (
    <form
      className={css.composer}
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void send();
      }}
    >
      <Failed trouble={trouble} />
      {about === null ? null : (
        <p className={`${css.answers} quiet small`}>
          {changes === null ? say('reply-under-way', { who: about.line.from ?? '' }) : say('change-under-way')}
          <Button look="icon" onPress={done}>
            {say('cancel')}
          </Button>
        </p>
      )}
      <div className={css.row}>
        <TextField
          className={css.field ?? ''}
          value={text}
          onChange={(typed) => {
            setText(typed);
            // What is put in another message's place is no draft of a new one.
            if (changes === null) desk.draft(room.id, typed);
          }}
        >
          <Label className="hidden">{say('write-to', { room: name })}</Label>
          <TextArea
            ref={area}
            className={css.text ?? ''}
            rows={Math.min(8, text.split('\n').length)}
            placeholder={say('write-to', { room: name })}
            onKeyDown={(key) => {
              if (key.key === 'Enter' && !key.shiftKey && !key.nativeEvent.isComposing) {
                key.preventDefault();
                void send();
              }
            }}
          />
        </TextField>
        <Button type="submit" isDisabled={text.trim() === ''}>
          {say('send')}
        </Button>
      </div>
    </form>
  );
}
