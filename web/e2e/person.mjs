// A person in a browser of their own: what the tests do with a page, and what must hold on every one.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** How long anything may take, in milliseconds. */
const PATIENCE = 30_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Somebody with a browser of their own, whose files are in `folder`. */
export class Person {
  /** What broke the page's rules, in all browsers. */
  static violations = [];

  static async at(name, { folder, shots, size, language = 'en-GB' }) {
    const context = await chromium.launchPersistentContext(join(folder, name), {
      executablePath: '/usr/bin/chromium',
      args: ARGS,
      viewport: size,
      locale: language,
      // What moves is in between, and is looked at when it has come to rest.
      reducedMotion: 'reduce',
    });
    const person = new Person();
    Object.assign(person, { name, context, shots });
    await context.exposeFunction('violated', (what) => Person.violations.push(`${name}: ${what}`));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (it) => {
        window.violated(`${it.effectiveDirective} ${it.blockedURI} ${it.sample}`);
      });
    });
    person.page = await person.tab();
    return person;
  }

  /** One more tab. */
  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => Person.violations.push(`${this.name}: ${error}`));
    return page;
  }

  /** Types into a field. */
  async types(label, text) {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async presses(name) {
    await this.page.getByRole('button', { name }).click();
  }

  /** Waits until a room says something. */
  async reads(text) {
    await this.page.getByRole('log').getByText(text).waitFor();
  }

  /** Writes to the room that is shown, and sends it. */
  async says(text) {
    await this.page.getByRole('textbox', { name: /Write to/ }).fill(text);
    await this.page.keyboard.press('Enter');
  }

  async chooses(room) {
    await this.page.getByRole('option', { name: room }).click();
  }

  /** Looks at the page as it is: takes a picture, and has it checked for what keeps people out. */
  async looks(what) {
    await this.page.screenshot({ path: join(this.shots, `${this.name}-${what}.png`) });
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(async () => {
      const { violations } = await window.axe.run(document);
      return violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(' ')}`);
    });
    if (found.length > 0) throw new Error(`${this.name}, ${what}: ${found.join('\n')}`);
  }

  async leaves() {
    await this.context.close();
  }
}
