// One line of a room.
import type { Line } from '../../core/words';
import { Button } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';
import css from './one-line.module.css';

/** What can be reacted with at once. */
const EMOJI = ['👍', '✅', '👀'];
/** Lines of one person within this time stand together, in milliseconds. */
const TOGETHER = 5 * 60 * 1000;

interface Props {
  line: Line;
  before: Line | undefined;
  me: string;
  desk: Desk;
  answer: (line: Line) => void;
  change: (line: Line) => void;
}

/** Who said it, when, and what. */
export function OneLine({ line, before, me, desk, answer, change }: Props) {
  const say = useWords();
  const at = new Date(line.at);
  const day = at.toDateString();
  const newDay = before === undefined || new Date(before.at).toDateString() !== day;
  const follows =
    !newDay && before.from === line.from && before.kind === 'text' && line.kind === 'text' && line.at - before.at < TOGETHER;
  return (
    <article className={css.line} data-own={line.from === me} data-follows={follows}>
      {newDay ? <p className={`${css.day} quiet small`}>{dayOf(at, say)}</p> : null}
      {line.kind === 'event' ? (
        <p className={`${css.event} quiet small`}>{line.said}</p>
      ) : (
        <>
          {follows ? null : (
            <header className={css.head}>
              <strong>{line.from === me ? say('you') : line.from}</strong>
              {line.mark === null ? null : <span className={`${css.mark} small`}>{line.mark}</span>}
              <time className="quiet small" dateTime={at.toISOString()}>
                {at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
              </time>
            </header>
          )}
          {line.about === null ? null : (
            <p className={`${css.about} quiet small`}>{say('reply-about', { who: line.about.from })}</p>
          )}
          <Said line={line} />
          <footer className={css.foot}>
            {gathered(line).map(([emoji, who]) => (
              <span key={emoji} className={css.reaction} title={who.join(', ')}>
                {emoji} {who.length}
              </span>
            ))}
            {line.id === null || line.kind === 'gone' ? null : (
              <span className={css.acts}>
                {EMOJI.map((emoji) => (
                  <Button
                    key={emoji}
                    look="icon"
                    aria-label={say('react', { with: emoji })}
                    onPress={() => void desk.react(line.id ?? '', emoji)}
                  >
                    {emoji}
                  </Button>
                ))}
                <Button look="icon" onPress={() => answer(line)}>
                  {say('reply-to')}
                </Button>
                {line.from === me && line.kind === 'text' ? (
                  <>
                    <Button look="icon" onPress={() => change(line)}>
                      {say('change')}
                    </Button>
                    <Button look="icon" onPress={() => void desk.withdraw(line.id ?? '')}>
                      {say('take-back')}
                    </Button>
                  </>
                ) : null}
              </span>
            )}
          </footer>
        </>
      )}
    </article>
  );
}

function Said({ line }: { line: Line }) {
  const say = useWords();
  switch (line.kind) {
    case 'gone':
    case 'expired':
      return <p className="quiet">{say(line.kind)}</p>;
    case 'unopened':
      return <p className="quiet">{say('unopened', { why: line.said ?? '' })}</p>;
    case 'file':
      return (
        <p className={css.text}>
          📎 {line.file?.name} {line.said}
        </p>
      );
    default:
      return (
        <p className={css.text} dir="auto">
          {line.said}
          {line.edited ? <em className="quiet small"> {say('edited')}</em> : null}
          {line.told_by === null ? null : (
            <em className="quiet small"> {say('said-by-others', { who: line.told_by })}</em>
          )}
        </p>
      );
  }
}

function gathered(line: Line): [string, string[]][] {
  const by = new Map<string, string[]>();
  for (const it of line.reactions) by.set(it.with, [...(by.get(it.with) ?? []), it.from]);
  return [...by];
}

function dayOf(at: Date, say: ReturnType<typeof useWords>): string {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return say('today');
  if (days === 1) return say('yesterday');
  return at.toLocaleDateString([], { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
}
