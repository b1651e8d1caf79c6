// The first page of whoever comes without a link.
import { useState } from 'react';
import { Button, Field, Notice } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import { Page } from './page.dom';

/** Asks for the invitation link. */
export function Welcome() {
  const say = useWords();
  const [link, setLink] = useState('');
  const [isNone, setIsNone] = useState(false);
  function go() {
    const hash = /#(join|found)=.+/.exec(link.trim())?.[0];
    const server = link.trim().split('#')[0];
    setIsNone(hash === undefined);
    if (hash === undefined) return;
    // Another server's page is opened there; this one reads its own address again.
    location.assign(`${server}${hash}`);
    if (server === `${location.origin}/` || server === location.origin) location.reload();
  }
  return (
    <Page title={say('welcome-title')}>
      <p className="quiet">{say('welcome-text')}</p>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          go();
        }}
      >
        <Field label={say('invitation')} value={link} onChange={setLink} isRequired />
        {isNone ? <Notice kind="warn">{say('no-invitation')}</Notice> : null}
        <Button type="submit">{say('go-on')}</Button>
      </form>
    </Page>
  );
}
