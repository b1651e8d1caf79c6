// The words of the interface, in the person's language: Fluent messages, chosen once.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import { createContext, useContext, type ReactNode } from 'react';
import de from './words/de.ftl?raw';
import en from './words/en.ftl?raw';

const TEXTS: Record<string, string> = { de, en };

function bundle(tag: string): FluentBundle {
  const language = tag.split('-')[0] ?? 'en';
  const known = language in TEXTS ? language : 'en';
  const made = new FluentBundle(known);
  // What is not translated yet is said in English.
  made.addResource(new FluentResource(en));
  made.addResource(new FluentResource(TEXTS[known] ?? en), { allowOverrides: true });
  return made;
}

/** Says a message of the interface. */
export type Say = (id: string, values?: Record<string, FluentVariable>) => string;

function sayer(from: FluentBundle): Say {
  return (id, values) => {
    const pattern = from.getMessage(id)?.value;
    return pattern === undefined || pattern === null ? id : from.formatPattern(pattern, values ?? null, []);
  };
}

const Words = createContext<Say>((id) => id);

/** Gives everything inside the words of the person's language, and tells the page which that is. */
export function InWords({ children }: { children: ReactNode }) {
  const from = bundle(navigator.language);
  document.documentElement.lang = from.locales[0] ?? 'en';
  return <Words value={sayer(from)}>{children}</Words>;
}

/** How messages are said here. */
export function useWords(): Say {
  return useContext(Words);
}
