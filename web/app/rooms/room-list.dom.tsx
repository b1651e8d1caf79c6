// The list of rooms: what is new, and where.
import { ListBox, ListBoxItem } from 'react-aria-components';
import type { Room } from '../../core/words';
import { useWords } from '../../ui/words.dom';
import css from './room-list.module.css';

interface Props {
  rooms: Room[];
  chosen: string | null;
  choose: (room: string) => void;
}

/** All rooms but those that were left, the one where something was said last first. */
export function RoomList({ rooms, chosen, choose }: Props) {
  const say = useWords();
  if (rooms.length === 0) return <p className={`${css.none} quiet`}>{say('no-rooms')}</p>;
  const newest = (room: Room) => room.last?.at ?? 0;
  const sorted = rooms.filter((room) => room.standing !== 'left').sort((one, other) => newest(other) - newest(one));
  return (
    <ListBox
      aria-label={say('rooms')}
      className={css.list ?? ''}
      selectionMode="single"
      selectionBehavior="replace"
      selectedKeys={chosen === null ? [] : [chosen]}
      onSelectionChange={(keys) => {
        const [key] = keys === 'all' ? [] : [...keys];
        if (key !== undefined) choose(String(key));
      }}
    >
      {sorted.map((room) => {
        const name = room.name ?? say('unnamed');
        return (
          <ListBoxItem key={room.id} id={room.id} textValue={name} className={css.room ?? ''}>
            <span className={css.name}>{name}</span>
            {room.unread > 0 ? (
              <span className={css.count}>
                <span aria-hidden="true">{room.unread}</span>
                <span className="hidden">{say('unread', { count: room.unread })}</span>
              </span>
            ) : null}
            <span className={`${css.last} quiet small`}>
              {room.draft !== null && room.draft !== ''
                ? `✎ ${room.draft}`
                : room.last?.said != null
                  ? `${room.last.from ?? ''}: ${room.last.said}`
                  : say('people-in', { count: room.people })}
            </span>
          </ListBoxItem>
        );
      })}
    </ListBox>
  );
}
