// What was said in a room, and what is on its way. Only what can be seen is drawn, however much there is.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { Line, Room } from '../../core/words';
import { useWords } from '../../ui/words.dom';
import type { Desk } from '../desk.dom';
import { OneLine } from './one-line.dom';
import css from './timeline.module.css';

interface Props {
  desk: Desk;
  room: Room;
  lines: Line[];
  me: string;
  answer: (line: Line) => void;
  change: (line: Line) => void;
}

/** What is only counted stands beside what it speaks of, not in a line of its own. */
const COUNTED = new Set<Line['kind']>(['reaction', 'edit', 'withdrawal', 'acknowledgement']);

/** The lines of a room, the newest at the end. */
export function Timeline({ desk, room, lines, me, answer, change }: Props) {
  const say = useWords();
  const scrolls = useRef<HTMLDivElement>(null);
  const shown = lines.filter((line) => !COUNTED.has(line.kind));
  const rows = shown.length + room.waiting.length;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scrolls.current,
    estimateSize: () => 56,
    overscan: 12,
    getItemKey: (at) => shown[at]?.seq ?? `waiting-${at - shown.length}`,
  });
  const atEnd = useRef(true);
  useEffect(() => {
    if (atEnd.current && rows > 0) virtual.scrollToIndex(rows - 1, { align: 'end' });
  }, [rows, virtual]);
  return (
    <div
      ref={scrolls}
      className={css.scrolls}
      role="log"
      aria-label={room.name ?? say('unnamed')}
      tabIndex={0}
      onScroll={(scrolled) => {
        const it = scrolled.currentTarget;
        atEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight < 80;
      }}
    >
      <ol className={css.lines} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = shown[item.index];
          return (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={css.row}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {line === undefined ? (
                <p className={`${css.waiting} quiet`}>
                  {room.waiting[item.index - shown.length]} <em className="small">{say('waiting')}</em>
                </p>
              ) : (
                <OneLine
                  line={line}
                  before={shown[item.index - 1]}
                  me={me}
                  answer={answer}
                  change={change}
                  desk={desk}
                />
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
