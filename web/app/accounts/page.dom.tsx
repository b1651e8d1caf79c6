// One card in the middle: the pages before a person is in.
import type { ReactNode } from 'react';
import css from './page.module.css';

/** A page with one thing to do. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={css.page}>
      <section className={`${css.card} appears`}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{title}</h1>
        {children}
      </section>
    </main>
  );
}
