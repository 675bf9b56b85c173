import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';

/** Which system a SYN-ACK's options and their order follow. */
export type StackStyle = 'linux' | 'windows' | 'freebsd';

/** A host's TCP, as far as a SYN-ACK shows it. */
export interface Stack {
  readonly style: StackStyle;
  readonly mss: number;
  /** Window shift, or null for a stack without scaling. */
  readonly wscale: number | null;
  readonly sack: boolean;
  readonly timestamps: boolean;
  /** Ticks a second of the timestamp clock. */
  readonly clockHz: number;
  /** Answers an ECN-setup SYN with ECE (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
  /**
   * Raw window of the SYN-ACK; `segments`: as many full segments as 16 bits hold
   * (tcp_select_initial_window).
   */
  readonly window: number | 'segments';
  /** Initial TTL. */
  readonly ttl: number;
  /** Where IP IDs come from; Linux gives 0 to SYN-ACKs and resets. */
  readonly ipId: 'zero' | 'counter' | 'random';
  /** False answers SYNs whose TCP checksum is wrong. */
  readonly verifiesChecksums: boolean;
}

const LINUX: Stack = {
  style: 'linux',
  mss: 1460,
  wscale: 7,
  sack: true,
  timestamps: true,
  clockHz: 1000,
  ecn: true,
  window: 'segments',
  ttl: 64,
  ipId: 'zero',
  verifiesChecksums: true,
};

/** The stack of each system. */
export const STACKS: Readonly<Record<StackStyle, Stack>> = {
  linux: LINUX,
  windows: { ...LINUX, style: 'windows', wscale: 8, timestamps: false, ecn: false, window: 65535, ttl: 128, ipId: 'counter' },
  freebsd: { ...LINUX, style: 'freebsd', wscale: 6, ecn: false, window: 65535, ttl: 64, ipId: 'random' },
};

const NOP: TcpOption = { kind: 1, name: 'nop' };
const SACK_OK: TcpOption = { kind: 4, name: 'sackOK' };

/**
 * The options of the SYN-ACK to a SYN with `offered`: MSS, and others only where offered (RFC 7323, 2.2 and
 * 3.2; RFC 2018, 2). `tsval` is the host's timestamp clock.
 */
export function answerOptions(stack: Stack, offered: readonly TcpOption[], tsval: number): readonly TcpOption[] {
  const asked = findOption(offered, 'ts');
  const agreed: Agreed = {
    mss: { kind: 2, name: 'mss', value: stack.mss },
    wscale:
      stack.wscale !== null && findOption(offered, 'wscale') !== undefined
        ? { kind: 3, name: 'wscale', value: stack.wscale }
        : null,
    sack: stack.sack && findOption(offered, 'sackOK') !== undefined,
    ts: stack.timestamps && asked !== undefined ? { kind: 8, name: 'ts', value: tsval >>> 0, echo: asked.value } : null,
  };
  return stack.style === 'linux' ? linuxOrder(agreed) : bsdOrder(agreed);
}

interface Agreed {
  readonly mss: TcpOption;
  readonly wscale: TcpOption | null;
  readonly sack: boolean;
  readonly ts: TcpOption | null;
}

/** net/ipv4/tcp_output.c, tcp_options_write: SACK-permitted takes the place of the NOPs before timestamps. */
function linuxOrder({ mss, wscale, sack, ts }: Agreed): readonly TcpOption[] {
  const clock = ts === null ? [] : sack ? [SACK_OK, ts] : [NOP, NOP, ts];
  const alone = sack && ts === null ? [NOP, NOP, SACK_OK] : [];
  return [mss, ...clock, ...alone, ...(wscale === null ? [] : [NOP, wscale])];
}

/** sys/netinet/tcp_output.c, tcp_addoptions; Windows differs only in its NOPs without timestamps. */
function bsdOrder({ mss, wscale, sack, ts }: Agreed): readonly TcpOption[] {
  const scale = wscale === null ? [] : [NOP, wscale];
  const permitted = sack ? [SACK_OK] : [];
  if (ts !== null) return [mss, ...scale, ...permitted, ...(sack ? [] : [NOP, NOP]), ts];
  return [mss, ...scale, ...(sack ? [NOP, NOP, SACK_OK] : [])];
}

const LARGEST_WINDOW = 0xffff;
/** Timestamps with two NOPs, which Linux first subtracts from the MSS. */
const TIMESTAMP_BYTES = 12;

/** The raw window beside `options`. */
export function answerWindow(stack: Stack, options: readonly TcpOption[]): number {
  if (stack.window !== 'segments') return stack.window;
  const segment = stack.mss - (findOption(options, 'ts') === undefined ? 0 : TIMESTAMP_BYTES);
  return Math.floor(LARGEST_WINDOW / segment) * segment;
}

/** SYN, ACK, and ECE when the SYN asks for ECN (ECE and CWR) and the stack supports it. */
export function answerFlags(stack: Stack, synFlags: number): number {
  const asks = (synFlags & (TcpFlag.ECE | TcpFlag.CWR)) === (TcpFlag.ECE | TcpFlag.CWR);
  return TcpFlag.SYN | TcpFlag.ACK | (stack.ecn && asks ? TcpFlag.ECE : 0);
}
