// Who is in a room, and by whom they came into the organisation.
import type { Person } from '../../core/words';
import { Button } from '../../ui/controls.dom';
import { useWords } from '../../ui/words.dom';
import css from './people.module.css';

/** Everybody in a room. */
export function People({ people, close }: { people: Person[]; close: () => void }) {
  const say = useWords();
  return (
    <aside className={css.people} aria-label={say('people')}>
      <header className={css.head}>
        <h2>{say('people')}</h2>
        <Button look="icon" aria-label={say('close')} onPress={close}>
          ✕
        </Button>
      </header>
      <ul>
        {people.map((person) => (
          <li key={person.handle} className={css.person}>
            <strong>{person.handle}</strong> <span className="quiet small">{say(`role-${person.role}`)}</span>
            {person.bot === null ? null : (
              <p className={`${css.mark} small`}>
                {say('bot', { owner: person.bot.owner })}: {person.bot.purpose}
              </p>
            )}
            {person.guest === null ? null : (
              <p className={`${css.mark} small`}>{say('guest', { sponsor: person.guest.sponsor })}</p>
            )}
            <p className="quiet small">
              {person.invited_by === null ? say('founder') : say('invited-by', { who: person.invited_by })},{' '}
              {say('devices', { count: person.devices.length })}
            </p>
          </li>
        ))}
      </ul>
    </aside>
  );
}
