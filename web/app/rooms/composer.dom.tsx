// What a person writes. It is kept while it is written, and lost by nothing.
import { useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { troubleOf, type Line, type Room, type Trouble } from '../../core/words';
import { Button, Failed } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';
import css from './composer.module.css';

interface Props {
  desk: Desk;
  room: Room;
  name: string;
  answers: Line | null;
  done: () => void;
}

/** Writes to a room: Enter sends, Shift+Enter begins a line. */
export function Composer({ desk, room, name, answers, done }: Props) {
  const say = useWords();
  const [text, setText] = useState(room.draft ?? '');
  const [trouble, setTrouble] = useState<Trouble | null>(null);

  async function send() {
    if (text.trim() === '') return;
    try {
      await desk.say(text, answers?.id ?? null);
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
      {answers === null ? null : (
        <p className={`${css.answers} quiet small`}>
          {say('reply-under-way', { who: answers.from ?? '' })}
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
            desk.draft(room.id, typed);
          }}
        >
          <Label className="hidden">{say('write-to', { room: name })}</Label>
          <TextArea
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
