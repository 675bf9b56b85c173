import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { PortSet } from '../targets/ports.ts';

/** A kind of test; records call it by this name. */
export type TestKind =
  | 'syn'
  | 'ack'
  | 'fin'
  | 'null'
  | 'xmas'
  | 'syn-ecn'
  | 'syn-badsum'
  | 'syn-data'
  | 'syn-no-options'
  | 'syn-option'
  | 'syn-ttl'
  | 'syn-rate';

/** The packets of one kind. */
export interface TestShape {
  /** The heading of its column. */
  readonly label: string;
  /** Its name within a sentence. */
  readonly words: string;
  /** TcpFlag bits. */
  readonly flags: number;
  /** The usual option list, none, or the option that the test names. */
  readonly options: 'usual' | 'none' | 'one';
  readonly carriesData: boolean;
  readonly badChecksum: boolean;
}

const SYN_SHAPE = { flags: TcpFlag.SYN, options: 'usual', carriesData: false, badChecksum: false } as const;
const STRAY_SHAPE = { options: 'none', carriesData: false, badChecksum: false } as const;

/**
 * Every kind of test. A bare ACK, FIN, NULL and Xmas belong to no connection: a stack answers them by RFC
 * 9293, 3.10.7, while a filter may drop them.
 */
export const BATTERY: Readonly<Record<TestKind, TestShape>> = {
  syn: { ...SYN_SHAPE, label: 'SYN', words: 'SYN' },
  ack: { ...STRAY_SHAPE, label: 'ACK', words: 'bare ACK', flags: TcpFlag.ACK },
  fin: { ...STRAY_SHAPE, label: 'FIN', words: 'FIN', flags: TcpFlag.FIN },
  null: { ...STRAY_SHAPE, label: 'NULL', words: 'segment without flags', flags: 0 },
  xmas: { ...STRAY_SHAPE, label: 'XMAS', words: 'FIN, PSH, URG', flags: TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG },
  'syn-ecn': { ...SYN_SHAPE, label: 'ECN', words: 'ECN-setup SYN', flags: TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR },
  'syn-badsum': { ...SYN_SHAPE, label: 'BADSUM', words: 'SYN with a wrong checksum', badChecksum: true },
  'syn-data': { ...SYN_SHAPE, label: 'DATA', words: 'SYN with data', carriesData: true },
  'syn-no-options': { ...SYN_SHAPE, label: 'BARE', words: 'SYN without options', options: 'none' },
  'syn-option': { ...SYN_SHAPE, label: 'OPTION', words: 'SYN with one option', options: 'one' },
  'syn-ttl': { ...SYN_SHAPE, label: 'TTL', words: 'SYN of a limited TTL' },
  'syn-rate': { ...SYN_SHAPE, label: 'RATE', words: 'SYN of the rate search' },
};

/** The tests of every asked port, the usual SYN first. */
export const FIRST_TESTS = ['syn', 'ack', 'syn-no-options', 'syn-ecn', 'syn-data', 'syn-badsum', 'fin', 'null', 'xmas'] as const;

/** The tests of a control port. */
export const CONTROL_TESTS: readonly TestKind[] = ['syn', 'ack'];

/** The tests of a port rejected with ICMP: such errors are limited, and each test uses one up. */
export const REJECTED_TESTS: readonly TestKind[] = ['syn', 'ack', 'syn-no-options'];

/** SYNs that differ from the usual one in one respect, which explains a different answer. */
export const VARIANTS: readonly TestKind[] = ['syn-ecn', 'syn-data', 'syn-no-options'];

/** Services most hosts have: the first that was not asked for shows how an open port of the host answers. */
export const USUAL_CONTROLS: readonly number[] = [443, 80, 22];
/** Ports that are rarely in use: below Linux's ephemeral range, above registered services. */
const FIRST_HIGH = 20_011;
const HIGH_COUNT = 12_000;
const HIGH_PORTS = 2;

/** Ports for comparison, besides the asked ones: a usual one, and two high ones chosen by `random`. */
export function controlPorts(asked: PortSet, random: () => number): readonly number[] {
  const controls = USUAL_CONTROLS.filter((port) => asked.indexOf(port) < 0).slice(0, 1);
  const wanted = controls.length + HIGH_PORTS;
  for (let attempt = 0; attempt < 100 && controls.length < wanted; attempt++) {
    const port = FIRST_HIGH + ((random() >>> 0) % HIGH_COUNT);
    if (asked.indexOf(port) < 0 && !controls.includes(port)) controls.push(port);
  }
  return controls;
}
