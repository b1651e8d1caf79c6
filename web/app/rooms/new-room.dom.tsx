// A new room: its name, and who is in it from the beginning.
import { useState } from 'react';
import { troubleOf, type Trouble } from '../../core/words';
import { Button, Failed, Field } from '../../ui/controls.dom';
import { Dialog } from '../../ui/dialog.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';

/** Opens a room. */
export function NewRoom({ isOpen, close, desk }: { isOpen: boolean; close: () => void; desk: Desk }) {
  const say = useWords();
  const [name, setName] = useState('');
  const [people, setPeople] = useState('');
  const [trouble, setTrouble] = useState<Trouble | null>(null);

  async function open() {
    try {
      await desk.openRoom(name.trim(), people.split(/[\s,]+/).filter((it) => it !== ''));
      setName('');
      setPeople('');
      setTrouble(null);
      close();
    } catch (caught) {
      setTrouble(troubleOf(caught));
    }
  }

  return (
    <Dialog title={say('new-room')} isOpen={isOpen} close={close}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void open();
        }}
      >
        <Field label={say('room-name')} value={name} onChange={setName} isRequired autoFocus />
        <Field label={say('room-people')} hint={say('room-people-hint')} value={people} onChange={setPeople} />
        <Failed trouble={trouble} />
        <Button type="submit">{say('open-room')}</Button>
        <Button look="quiet" onPress={close}>
          {say('cancel')}
        </Button>
      </form>
    </Dialog>
  );
}
