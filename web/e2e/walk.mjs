// Two people in two browsers and one at the command line: found, join, talk, go away and come back. Nothing readable is left behind.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Person } from './person.mjs';

const [found, folder, shots, chancery] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

/** The command line, as Carol. */
function carol(...words) {
  const home = ['--home', join(folder, 'profiles'), '--profile', 'carol'];
  return execFileSync(chancery, [...home, ...words], { encoding: 'utf8' });
}

/** An invitation that Alice makes. */
async function invited(alice, name, look) {
  await alice.presses('Invite');
  await alice.types('Name', name);
  await alice.presses('Make a link');
  const link = await alice.page.getByLabel('Invitation link').inputValue();
  if (look) await alice.looks('3-invite');
  await alice.presses('Close');
  return link;
}

/** Whether something can be read in the files of a browser that is closed. */
function isLeft(where, words) {
  const files = readdirSync(where, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  return files.flatMap((it) => {
    const bytes = readFileSync(join(it.parentPath, it.name));
    const forms = words.flatMap((word) => [Buffer.from(word), Buffer.from(word, 'utf16le')]);
    return forms.some((form) => bytes.includes(form)) ? [`${it.parentPath}/${it.name}`] : [];
  });
}

const alice = await Person.at('alice', { folder, shots, size: { width: 1440, height: 900 } });
const bob = await Person.at('bob', { folder, shots, size: { width: 360, height: 740 } });

await alice.page.goto(found);
await alice.types('Your name', 'alice');
await alice.types('Passphrase', 'correct horse battery');
await alice.looks('1-found');
await alice.presses('Found it');
await alice.page.getByRole('button', { name: 'New room' }).waitFor();
await alice.looks('2-empty');
const forBob = await invited(alice, 'bob', true);
const forCarol = await invited(alice, 'carol', false);

await bob.page.goto(forBob);
await bob.types('Passphrase', 'staple battery horse');
await bob.looks('1-join');
await bob.presses('Join');
await bob.page.getByRole('button', { name: 'New room' }).waitFor();
if (bob.page.url().includes('#')) throw new Error('the link is in the address still');
carol('--unlock', 'file', '--key-file', join(folder, 'carol.key'), 'join', forCarol);

await alice.presses('New room');
await alice.types('Name of the room', 'Ward 7');
await alice.types('People', 'bob carol');
await alice.looks('4-new-room');
await alice.presses('Open room');
await alice.says('Bed 3 is free.');
await bob.chooses('Ward 7');
await bob.reads('Bed 3 is free.');
await bob.says('Thank you, I send somebody.');
await alice.reads('Thank you, I send somebody.');
if (!carol('read').includes('Thank you, I send somebody.')) throw new Error('Carol does not read what Bob has said');
carol('send', 'Ward 7', 'I am at the command line.');
await alice.reads('I am at the command line.');
await bob.reads('I am at the command line.');
await alice.looks('5-room');
await bob.looks('2-room');
await alice.presses(/people$/);
await alice.looks('6-people');

// She changes what she has said, and takes something back; all see that. She finds what was said.
const first = alice.page.getByRole('log').getByRole('article').filter({ hasText: 'Bed 3 is free.' });
await first.hover();
await first.getByRole('button', { name: 'Change' }).click();
await alice.says('Bed 4 is free.');
await bob.reads('Bed 4 is free.');
await alice.says('This was for another room.');
await bob.reads('This was for another room.');
const wrong = alice.page.getByRole('log').getByRole('article').filter({ hasText: 'This was for another room.' });
await wrong.hover();
await wrong.getByRole('button', { name: 'Take back' }).click();
await bob.reads('taken back');
await alice.page.keyboard.press('Control+k');
await alice.types('Words', 'somebody');
await alice.page.getByRole('option', { name: /I send somebody/ }).waitFor();
await alice.looks('7-search');
await alice.page.keyboard.press('Escape');

// A second tab waits for its turn, and takes it.
const second = await bob.tab();
await second.goto(new URL('/', found).href);
await second.getByText('open in another tab').waitFor();
const before = bob.page;
bob.page = second;
await bob.looks('3-second-tab');
await before.close();
await bob.types('Passphrase', 'not the phrase');
await bob.presses('Unlock');
await bob.page.getByText('That is not the passphrase').waitFor();
await bob.looks('4-wrong');
await bob.types('Passphrase', 'staple battery horse');
await bob.presses('Unlock');
await bob.chooses('Ward 7');
await bob.reads('Bed 4 is free.');
// Written without a connection, it is kept and sent once there is one.
await bob.context.setOffline(true);
await bob.says('I write this in the lift.');
await bob.page.getByText('on its way').waitFor();
await bob.context.setOffline(false);
await alice.reads('I write this in the lift.');

await alice.leaves();
await bob.leaves();
const left = isLeft(folder, ['Bed 3 is free', 'Bed 4 is free', 'Ward 7', 'correct horse battery', 'staple battery horse']);
if (left.length > 0) throw new Error(`readable in: ${left.join(', ')}`);
if (Person.violations.length > 0) throw new Error(Person.violations.join('\n'));
console.log('all of it holds');
