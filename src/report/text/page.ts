import { portRuns } from '../../probe/responder/responder-reporter.ts';
import { serviceName } from '../../probe/targets/service-names.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import type { TextStyle } from '../reporter.ts';
import { createPaint, type Paint, type Role } from './paint.ts';
import { wrapSentence } from './wrap.ts';

/** What the lines of a report are made for. */
export interface Page {
  readonly columns: number;
  readonly paint: Paint;
  readonly verbose: boolean;
  /** Remarks that were given in full: later ones refer to them. */
  readonly said: Set<string>;
}

/** A page as `style` asks for. */
export function createPage({ color, columns, verbose }: TextStyle): Page {
  return { columns, paint: createPaint(color), verbose, said: new Set() };
}

/** `lines` as text; empty for none. */
export function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The facts that are not empty, separated by commas. */
export function joinFacts(facts: readonly string[]): string {
  return facts.filter((fact) => fact !== '').join(', ');
}

/** A sentence, wrapped, all of it in the colour of `role`. */
export function sentenceLines(role: Role, text: string, { columns, paint }: Pick<Page, 'columns' | 'paint'>): string[] {
  return wrapSentence('', text, columns).map((line) => paint(role, line));
}

/** Blocks of lines with an empty line between them. */
export class Blocks {
  #written = false;

  /** A block of its own. */
  block(lines: readonly string[]): string {
    const gap = this.#written && lines.length > 0 ? '\n' : '';
    return gap + this.append(lines);
  }

  /** More lines of the block that was written last. */
  append(lines: readonly string[]): string {
    this.#written ||= lines.length > 0;
    return joinLines(lines);
  }
}

/** A target's address, and its name where it was given by name. */
type Named = Pick<PortRecord, 'target' | 'hostname'>;

/** `192.0.2.1 (web.example)` */
export function targetName({ target, hostname }: Named): string {
  return hostname === null ? target : `${target} (${hostname})`;
}

/** `  443 https`, the number flush right in `width` columns. */
export function portLabel(port: number, width: number): string {
  return `${String(port).padStart(width)} ${serviceName(port) ?? ''}`.trimEnd();
}

/** `22` and `8000-8010` for ascending ports. */
export function portRanges(ports: readonly number[]): readonly string[] {
  return portRuns(ports).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
}

/** `web.example (192.0.2.1) port 443` */
export function portName({ target, hostname, port }: Named & { readonly port: number }): string {
  return `${hostname === null ? target : `${hostname} (${target})`} port ${port}`;
}

/** The answer about a port: what it is about, the state where it comes next, and the rest of the sentence. */
interface Headline {
  readonly lead: string;
  readonly state?: PortState | 'interrupted';
  readonly rest: string;
}

/** A headline, wrapped; lines after the first are indented by `hang` columns. */
export function headlineLines({ lead, state, rest }: Headline, { columns, paint }: Page, hang = 0): string[] {
  const start = lead + (state ?? '');
  const text = start + rest;
  const [first = '', ...more] = wrapSentence('', text, text.length <= columns ? columns : columns - hang);
  const role = state === undefined || state === 'interrupted' ? 'error' : state;
  const painted = first.startsWith(start)
    ? paint('heading', lead) + paint(role, state ?? '') + first.slice(start.length)
    : paint('heading', first);
  return [painted, ...more.map((line) => ' '.repeat(hang) + line)];
}

/** Facts that are no findings, below them. */
export function factLines(facts: readonly string[], columns: number): string[] {
  return facts.flatMap((fact) => wrapSentence('      - ', fact, columns));
}

/** Options in tcpdump's words; timestamps keep their values only when verbose. */
export function shortOptions(optionsText: string, verbose: boolean): string {
  return verbose ? optionsText : optionsText.replaceAll(/\bts=[\d:]+/g, 'ts');
}
