// How a person comes in: by an invitation, as the first one, or to a browser that was locked.
import { useState } from 'react';
import { troubleOf, type Trouble } from '../../core/words';
import { Button, Failed, Field } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk, Phase } from '../desk.dom';
import { Page } from './page.dom';

/** Unlocks this browser, and opens an account where there is a link for it. */
export function Enter({ desk, link, phase }: { desk: Desk; link: string | null; phase: Phase }) {
  const say = useWords();
  const [passphrase, setPassphrase] = useState('');
  const [name, setName] = useState('');
  const [working, setWorking] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const founds = link?.includes('#found=') ?? false;
  const kind = phase === 'locked' ? 'unlock' : founds ? 'found' : 'join';

  async function enter() {
    setWorking(true);
    setTrouble(null);
    try {
      if (phase !== 'blank') await desk.unlock(passphrase);
      if (desk.known().me === null && link !== null) {
        await (founds ? desk.found(link, name) : desk.join(link));
      }
      // The link is used up, and is nobody's business who looks at the address.
      history.replaceState(null, '', '/');
    } catch (caught) {
      const found = troubleOf(caught);
      const wrong = found.code === 'client.vault' && kind === 'unlock';
      setTrouble(wrong ? { ...found, title: say('wrong-passphrase'), remedy: null } : found);
    } finally {
      setWorking(false);
    }
  }

  return (
    <Page title={say(`${kind}-title`)}>
      <p className="quiet">{say(`${kind}-text`, { host: location.host })}</p>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void enter();
        }}
      >
        {founds && phase !== 'locked' ? (
          <Field
            label={say('name')}
            hint={say('name-hint')}
            value={name}
            onChange={setName}
            isRequired
            autoComplete="username"
          />
        ) : null}
        {phase === 'blank' ? null : (
          <Field
            label={say('passphrase')}
            {...(phase === 'new' ? { hint: say('passphrase-hint') } : {})}
            type="password"
            value={passphrase}
            onChange={setPassphrase}
            isRequired
            minLength={phase === 'new' ? 10 : 1}
            autoComplete={phase === 'new' ? 'new-password' : 'current-password'}
          />
        )}
        <Failed trouble={trouble} />
        <Button type="submit" isDisabled={working}>
          {working ? say('working') : say(kind)}
        </Button>
      </form>
    </Page>
  );
}
