import type { PortState } from '../../probe/verdict.ts';

/** What a piece of text is, for the eye. */
export type Role = PortState | 'heading' | 'finding' | 'missed' | 'faint';

/** Wraps `text` in what shows its role; widths are counted before painting. */
export type Paint = (role: Role, text: string) => string;

/** SGR parameters (ECMA-48, 8.3.117): the 16 colours that every terminal theme keeps readable. */
const SGR: Readonly<Record<Role, string>> = {
  open: '1;32',
  closed: '31',
  filtered: '33',
  error: '1;31',
  heading: '1',
  finding: '1;33',
  missed: '1;31',
  faint: '2',
};

/** Leaves text as it is. */
export const PLAIN: Paint = (_role, text) => text;

/** Paints with ANSI sequences when `color` is true, else leaves the text as it is. */
export function createPaint(color: boolean): Paint {
  if (!color) return PLAIN;
  return (role, text) => (text === '' ? '' : `\u001B[${SGR[role]}m${text}\u001B[0m`);
}
