// The page as a whole: which of its views is shown.
import { Failed, Notice } from '../ui/controls.dom';
import { useWords } from '../ui/words.dom';
import { Enter } from './accounts/enter.dom';
import { Page } from './accounts/page.dom';
import { Welcome } from './accounts/welcome.dom';
import { Desk, useKnown } from './desk.dom';
import { Rooms } from './rooms/rooms.dom';

const desk = new Desk();

/** The client. */
export function App() {
  const known = useKnown(desk);
  const say = useWords();
  switch (known.phase) {
    case 'starting':
      return (
        <Page title="Chancery">
          <Notice kind="calm">{say('starting')}</Notice>
        </Page>
      );
    case 'elsewhere':
      return (
        <Page title={say('elsewhere-title')}>
          <p>{say('elsewhere-text')}</p>
        </Page>
      );
    case 'broken':
      return (
        <Page title="Chancery">
          <Failed trouble={known.ended} />
        </Page>
      );
    case 'new':
    case 'locked':
    case 'blank':
      return linkOf() === null && known.phase !== 'locked' ? (
        <Welcome />
      ) : (
        <Enter desk={desk} link={linkOf()} phase={known.phase} />
      );
    case 'open':
      return <Rooms desk={desk} known={known} />;
  }
}

/** The link by which the page was opened, if it opens an account. */
function linkOf(): string | null {
  return /^#(join|found)=/.test(location.hash) ? location.href : null;
}
