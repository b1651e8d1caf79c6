// An invitation for a person: a link that works once.
import { useState } from 'react';
import { troubleOf, type Trouble } from '../../core/words';
import { Button, Failed, Field } from '../../ui/controls.dom';
import { Dialog } from '../../ui/dialog.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';

/** Makes a link, and shows it. */
export function Invite({ isOpen, close, desk }: { isOpen: boolean; close: () => void; desk: Desk }) {
  const say = useWords();
  const [name, setName] = useState('');
  const [link, setLink] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);

  function end() {
    setLink(null);
    setName('');
    setCopied(false);
    setTrouble(null);
    close();
  }

  async function make() {
    try {
      setLink(await desk.invite(name.trim()));
      setTrouble(null);
    } catch (caught) {
      setTrouble(troubleOf(caught));
    }
  }

  return (
    <Dialog title={say('invite-title')} isOpen={isOpen} close={end}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void make();
        }}
      >
        {link === null ? (
          <>
            <Field label={say('person-name')} hint={say('person-name-hint')} value={name} onChange={setName} isRequired autoFocus />
            <Failed trouble={trouble} />
            <Button type="submit">{say('invite-make')}</Button>
          </>
        ) : (
          <>
            <p>{say('invite-text', { who: name })}</p>
            <Field label={say('invitation')} value={link} isReadOnly />
            <Button onPress={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}>
              {copied ? say('copied') : say('copy')}
            </Button>
          </>
        )}
        <Button look="quiet" onPress={end}>
          {say('close')}
        </Button>
      </form>
    </Dialog>
  );
}
