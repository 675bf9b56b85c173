import { expect } from 'vitest';
import type { Evidence } from '../../src/analysis/evidence.ts';
import { findFindings } from '../../src/analysis/find-findings.ts';
import type { Finding, FindingCode } from '../../src/analysis/finding.ts';
import { HostLedger } from '../../src/analysis/host-ledger.ts';
import { parseAddress } from '../../src/wire/address.ts';
import type { Address } from '../../src/wire/address.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { decodePacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { compileOptions } from '../../src/wire/tcp-options.ts';

const CLIENT = parseAddress('10.0.0.1') as Address;
const TARGET = parseAddress('10.0.0.2') as Address;
const SOURCE_PORT = 40_000;
export const ISN = 1_000_000;
export const TSVAL = 123_456;
export const DEFAULT_OPTIONS = `mss=1460,sackOK,ts=${TSVAL},nop,wscale=7`;

/** What differs from an ordinary packet. */
export interface Shape {
  readonly options?: string;
  readonly ttl?: number;
  readonly id?: number;
  readonly df?: boolean;
  readonly window?: number;
  readonly flags?: number;
  readonly ack?: number;
  readonly port?: number;
  readonly sourcePort?: number;
  readonly payload?: Uint8Array;
}

/** Decodes what the wire would carry. */
function decodeWhole(bytes: Uint8Array): DecodedPacket {
  const decoded = decodePacket(bytes);
  if (!decoded.ok) throw new Error(decoded.defect.message);
  return decoded.value;
}

function optionBytes(text: string): Uint8Array {
  const compiled = compileOptions(text);
  if (!compiled.ok) throw new Error(`${compiled.offending}: ${compiled.accepted}`);
  return compiled.bytes;
}

export function syn({ options = DEFAULT_OPTIONS, payload, port = 80 }: Shape = {}): DecodedPacket {
  return decodeWhole(
    encodeTcpPacket({
      source: CLIENT,
      destination: TARGET,
      sourcePort: SOURCE_PORT,
      destinationPort: port,
      seq: ISN,
      flags: TcpFlag.SYN,
      window: 64_240,
      id: 7,
      options: optionBytes(options),
      ...(payload === undefined ? {} : { payload }),
    }),
  );
}

const LINUX_SYN_ACK = {
  options: `mss=1460,sackOK,ts=9:${TSVAL},nop,wscale=7`,
  flags: TcpFlag.SYN | TcpFlag.ACK,
  window: 65_160,
  ttl: 63,
  id: 0,
  df: true,
  ack: ISN + 1,
  port: 80,
  sourcePort: SOURCE_PORT,
} as const;

/** A packet from the target; a Linux SYN-ACK over one router when nothing is said. */
export function reply(shape: Shape = {}): DecodedPacket {
  const { port, sourcePort, options, ...fields } = { ...LINUX_SYN_ACK, ...shape };
  return decodeWhole(
    encodeTcpPacket({
      ...fields,
      source: TARGET,
      destination: CLIENT,
      sourcePort: port,
      destinationPort: sourcePort,
      seq: 5_000_000,
      options: optionBytes(options),
    }),
  );
}

/** A reset as Linux sends it from a closed port. */
export function rst(shape: Shape = {}): DecodedPacket {
  return reply({ options: 'none', window: 0, flags: TcpFlag.RST | TcpFlag.ACK, ...shape });
}

/** Evidence in which nothing is conspicuous but what is given. */
export function evidence(given: Partial<Evidence> = {}): Evidence {
  return { sent: syn(), reply: reply(), conflict: null, rejected: null, rejectedCount: 0, rttMs: null, host: null, ...given };
}

/** What a ledger knows after these SYN-ACKs of one host. */
export function hostOf(...synAcks: readonly (Shape & { readonly rttMs?: number })[]): Evidence['host'] {
  const ledger = new HostLedger();
  for (const { rttMs, ...shape } of synAcks) ledger.learn(1, reply(shape), rttMs ?? null);
  return ledger.facts(1);
}

/** The findings as `code option direction certainty`. */
export function found(given: Partial<Evidence>): readonly string[] {
  return findFindings(evidence(given)).map(
    ({ code, option, direction, certainty }) => `${code} ${option} ${direction} ${certainty}`,
  );
}

/** The one finding with that code; fails where there is none, or more than one. */
export function only(code: FindingCode, given: Partial<Evidence>): Finding {
  const [finding, ...others] = findFindings(evidence(given)).filter((candidate) => candidate.code === code);
  expect(others).toEqual([]);
  if (finding === undefined) throw new Error(`no ${code} was found`);
  return finding;
}
