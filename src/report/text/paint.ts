import type { PortState } from '../../probe/verdict.ts';

/** What a piece of text is; each role has a colour. */
export type Role = PortState | 'heading' | 'finding' | 'missed' | 'faint';

/** `text` in the colour of its role. Widths are counted before painting. */
export type Paint = (role: Role, text: string) => string;

/** SGR parameters (ECMA-48, 8.3.117): only the 16 colours that terminal themes keep readable. */
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

/** No colours. */
export const PLAIN: Paint = (_role, text) => text;

/** ANSI colours when `color` is true, else none. */
export function createPaint(color: boolean): Paint {
  if (!color) return PLAIN;
  return (role, text) => (text === '' ? '' : `\u001B[${SGR[role]}m${text}\u001B[0m`);
}
