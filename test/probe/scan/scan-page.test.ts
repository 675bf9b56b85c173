import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { Fate } from '../../../src/probe/scan/in-flight-ring.ts';
import { Phase } from '../../../src/probe/scan/pair-table.ts';
import type { PortState } from '../../../src/probe/verdict.ts';
import { readProjectFile } from '../../architecture/source-files.ts';

const page = readProjectFile('docs/internals/scan.md');
const STATES = [...Object.keys(Fate), ...Object.keys(Phase)];
const VERDICTS: Readonly<Record<PortState, string>> = {
  open: 'open_verdict',
  closed: 'closed',
  filtered: 'filtered',
  error: 'error',
};

/** Each transition of the diagram, as its two ends. */
const transitions = [...page.matchAll(/^ +(\S+) --> (\w+): \S/gm)].map(([, from = '', to = '']) => [from, to] as const);

describe('docs/internals/scan.md', () => {
  it('lists the states of the code, and no other', () => {
    const rows = [...page.matchAll(/^\| (?:`(\w+)`|not begun|over) \|/gm)].map(([, name]) => name);
    expect(rows.filter((name) => name !== undefined)).toEqual(STATES.toSorted(byMentioning(page)));
    expect(rows).toHaveLength(STATES.length + 2);
  });

  it('shows how a pair comes into every state and out of it', () => {
    // A settled pair has left: it is in the table, or over.
    const states = STATES.filter((name) => name !== 'settled');
    const to = new Set(transitions.map(([, end]) => end));
    const from = new Set(transitions.map(([start]) => start));
    expect([...to].toSorted()).toEqual([...states, ...Object.values(VERDICTS)].toSorted());
    expect([...from].toSorted()).toEqual(['[*]', ...states].toSorted());
  });

  it('names files that are there', () => {
    const files = new Set([...readdirSync('src/probe/scan'), '../rto-table.ts']);
    const named = [...page.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !files.has(name))).toEqual([]);
  });
});

/** In the order in which the table of a page has them. */
function byMentioning(text: string): (a: string, b: string) => number {
  return (a, b) => text.indexOf(`| \`${a}\` |`) - text.indexOf(`| \`${b}\` |`);
}
