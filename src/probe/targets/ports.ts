import { usageError } from '../../errors.ts';
import { DEFAULT_PORT_GROUPS } from './default-ports.ts';
import { servicePort } from './service-names.ts';

/** Distinct ports in ascending order. */
export interface PortSet {
  readonly size: number;
  at(index: number): number;
  /** Index of `port`, or -1. */
  indexOf(port: number): number;
}

/** The ports of a set as an array; for the few ports of a run that looks at each closely. */
export function portsIn(ports: PortSet): readonly number[] {
  return Array.from({ length: ports.size }, (_, place) => ports.at(place));
}

const LAST_PORT = 65_535;
const ACCEPTED = 'expected a port from 1 to 65535, a range (8000-8100, -1024, 60000-), - for all, or a service name (https)';

/**
 * Reads a `-p` list; without a text, the default list. Throws a usage error that quotes the item at fault.
 */
export function parsePorts(text: string | undefined): PortSet {
  if (text === undefined) return new TablePortSet(Object.values(DEFAULT_PORT_GROUPS).flat());
  if (text.trim() === '') throw usageError('empty port list', text, ACCEPTED);
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw usageError('empty item in port list', text, ACCEPTED);
  const runs = items.map(parseItem);
  const { first } = runs[0] as Run;
  const { last } = runs.at(-1) as Run;
  const isOne = runs.every((run, place) => place === 0 || run.first === (runs[place - 1] as Run).last + 1);
  return isOne ? new PortRun(first, last - first + 1) : new TablePortSet(runs.flatMap(portsOf));
}

interface Run {
  readonly first: number;
  readonly last: number;
}

function portsOf({ first, last }: Run): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

/** Consecutive ports, computed: in random order a table of all ports is a cache miss for each packet. */
class PortRun implements PortSet {
  readonly size: number;
  readonly #first: number;

  constructor(first: number, size: number) {
    this.#first = first;
    this.size = size;
  }

  at(index: number): number {
    if (!(index >= 0 && index < this.size)) throw new RangeError(`no port at index ${index} of ${this.size}`);
    return this.#first + index;
  }

  indexOf(port: number): number {
    const index = port - this.#first;
    return index >= 0 && index < this.size ? index : -1;
  }
}

class TablePortSet implements PortSet {
  readonly size: number;
  readonly #ports: Uint16Array;
  /** Index + 1 of each port, 0 for others: a reply's port is looked up for every packet. */
  readonly #places: Uint16Array = new Uint16Array(LAST_PORT + 1);

  constructor(ports: readonly number[]) {
    this.#ports = Uint16Array.from(new Set(ports)).toSorted();
    this.size = this.#ports.length;
    for (const [index, port] of this.#ports.entries()) this.#places[port] = index + 1;
  }

  at(index: number): number {
    const port = this.#ports[index];
    if (port === undefined) throw new RangeError(`no port at index ${index} of ${this.size}`);
    return port;
  }

  indexOf(port: number): number {
    return (this.#places[port] ?? 0) - 1;
  }
}

function parseItem(item: string): Run {
  const named = servicePort(item);
  if (named !== null) return { first: named, last: named };
  const match = /^(\d*)(-?)(\d*)$/.exec(item);
  if (match === null) throw usageError('unknown service name', item, ACCEPTED);
  const [, low = '', dash = '', high = ''] = match;
  const first = low === '' ? 1 : parsePort(low, item);
  const last = high === '' ? (dash === '' ? first : LAST_PORT) : parsePort(high, item);
  if (last < first) throw usageError('reversed port range', item, `${ACCEPTED}; a range ends at or after its first port`);
  return { first, last };
}

function parsePort(digits: string, item: string): number {
  const port = Number(digits);
  if (port < 1 || port > LAST_PORT) throw usageError('invalid port', item, ACCEPTED);
  return port;
}
