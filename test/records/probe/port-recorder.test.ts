import { describe, expect, it } from 'vitest';

import { createPairOrder } from '../../../src/probe/scan/pair-order.ts';
import { createTargetSet } from '../../../src/probe/targets/targets.ts';
import type { Verdict } from '../../../src/probe/verdict.ts';
import type { PortRecord } from '../../../src/records/probe/records.ts';
import { PortRecorder } from '../../../src/records/probe/recorder.ts';
import { type Address, addressPlus, parseAddress } from '../../../src/wire/address.ts';
import { NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { PacketView } from '../../../src/wire/packet-view.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';

const US = parseAddress('10.0.0.1') as Address;
const THEM = parseAddress('10.0.0.9') as Address;
const { SYN, RST, ACK } = TcpFlag;

function reply(port: number, flags: number, ttl: number): Uint8Array {
  const window = (flags & SYN) === 0 ? 0 : 65_535;
  return encodeTcpPacket({
    source: THEM,
    destination: US,
    sourcePort: port,
    destinationPort: 61_000,
    seq: 7,
    ack: 1,
    flags,
    ttl,
    window,
  });
}

function verdict(port: number, flags: number, ttl = 60): Verdict {
  const sent = encodeTcpPacket({ source: US, destination: THEM, sourcePort: 61_000, destinationPort: port, seq: 0, flags: SYN });
  const isOpen = (flags & SYN) !== 0;
  const bytes = reply(port, flags, ttl);
  const view = new PacketView();
  view.load(bytes, 0, bytes.length);
  return {
    targetIndex: 0,
    target: THEM,
    port,
    state: isOpen ? 'open' : 'closed',
    reason: isOpen ? 'syn-ack' : 'rst',
    from: THEM,
    ttl,
    attempts: 1,
    rttSamples: [1.5],
    sent,
    recall: () => sent,
    reply: bytes,
    view,
    conflict: null,
    rejected: 0,
    rejectedReply: null,
    mtu: 1500,
  };
}

interface Recording {
  readonly recorder: PortRecorder;
  readonly seen: PortRecord[];
  /** States of verdicts that got no record. */
  readonly passed: string[];
}

/** Of a run that is too large to wait for all of a target, unless `ports` are few. */
function recorder({ openOnly = false, hosts = 1, ports = 5000 } = {}): Recording {
  const seen: PortRecord[] = [];
  const passed: string[] = [];
  const targets = createTargetSet({ ranges: [{ first: THEM, last: addressPlus(THEM, hosts - 1) }], names: [] });
  const order = createPairOrder({ total: hosts * ports, seed: 1, shard: null, randomize: true });
  const options = { targets, order, expectations: null, openOnly, ports, pass: ({ state }: Verdict) => passed.push(state) };
  return { recorder: new PortRecorder({ ...options, emit: (record) => seen.push(record) }), seen, passed };
}

const codes = (records: readonly PortRecord[]): string[] =>
  records.map(({ port, findings }) => `${port} ${findings.map(({ code }) => code).join()}`);

describe('PortRecorder', () => {
  it('lets a reset wait for SYN-ACKs of the host, by which its TTL turns out to be another device', () => {
    const { recorder: one, seen } = recorder();
    one.add(verdict(81, RST | ACK, 62), 0);
    one.add(verdict(80, SYN | ACK, 60), 1000);
    for (const port of [82, 83]) one.add(verdict(port, SYN | ACK, 60), 2000);
    expect(seen).toEqual([]);
    one.add(verdict(84, SYN | ACK, 60), 3000);
    expect(codes(seen)).toEqual(['81 rst-injected', '80 ', '82 ', '83 ', '84 ']);
  });

  it('finds nothing in resets like the SYN-ACKs, before and after', () => {
    const { recorder: one, seen } = recorder();
    one.add(verdict(81, RST | ACK), 0);
    one.add(verdict(80, SYN | ACK), 0);
    one.add(verdict(82, RST | ACK), 0);
    expect(codes(seen)).toEqual(['81 ', '82 ']);
    expect(seen[1]?.reply).toMatchObject({ flags: 'R.', seq: 7, ack: 1, window: 0, optionsText: 'none', payloadLength: 0 });
  });

  it('holds no record longer than two seconds, and none past the end', () => {
    const { recorder: one, seen } = recorder();
    one.add(verdict(81, RST | ACK), 0);
    one.add(verdict(82, RST | ACK), NANOS_PER_SECOND);
    one.tick(2 * NANOS_PER_SECOND);
    expect(codes(seen)).toEqual(['81 ']);
    one.end();
    expect(codes(seen)).toEqual(['81 ', '82 ']);
  });

  it('keeps what waits, though the verdict and its bytes are reused', () => {
    const { recorder: one, seen } = recorder();
    const reused = verdict(81, RST | ACK, 62);
    one.add(reused, 0);
    reused.reply?.fill(0);
    reused.sent?.fill(0);
    one.end();
    expect(seen[0]?.reply).toMatchObject({ flags: 'R.', seq: 7, ack: 1 });
    expect(seen[0]?.ttl).toBe(62);
  });

  it('lets the records of one target go and leaves those of others waiting, each in its order', () => {
    const { recorder: one, seen } = recorder({ hosts: 2 });
    const other = { targetIndex: 1, target: addressPlus(THEM, 1) };
    one.add(verdict(81, RST | ACK), 0);
    one.add({ ...verdict(91, RST | ACK), ...other }, 1);
    one.add(verdict(82, RST | ACK), 2);
    one.add({ ...verdict(92, RST | ACK), ...other }, NANOS_PER_SECOND);
    one.add(verdict(80, SYN | ACK), NANOS_PER_SECOND);
    expect(codes(seen)).toEqual(['81 ', '82 ']);
    one.tick(1 + 2 * NANOS_PER_SECOND);
    expect(codes(seen)).toEqual(['81 ', '82 ', '91 ']);
    one.add({ ...verdict(90, SYN | ACK), ...other }, 2 * NANOS_PER_SECOND);
    one.end();
    expect(seen.map(({ target, port }) => `${target}:${port}`).slice(2)).toEqual([
      '10.0.0.10:91',
      '10.0.0.10:92',
      '10.0.0.9:80',
      '10.0.0.10:90',
    ]);
  });

  it('judges a reset with options, or with something else heard, by all that is known of it', () => {
    const { recorder: one, seen } = recorder();
    const contradicted = { ...verdict(82, RST | ACK), conflict: reply(82, SYN | ACK, 60) };
    one.add(contradicted, 0);
    one.add(verdict(80, SYN | ACK), 0);
    one.add({ ...contradicted, port: 83 }, 0);
    one.end();
    expect(codes(seen)).toEqual(['82 rst-injected', '80 ', '83 rst-injected']);
  });

  it('measures a reset by its shortest round trip, whether it waited or not', () => {
    const { recorder: one, seen } = recorder();
    const slow = (port: number): Verdict => ({ ...verdict(port, SYN | ACK), rttSamples: [40] });
    const reset = (port: number): Verdict => ({ ...verdict(port, RST | ACK), rttSamples: [40, 2, 41] });
    one.add(slow(80), 0);
    one.add(slow(81), 0);
    one.add(slow(82), 0);
    one.add(slow(84), 0);
    one.add(reset(83), 0);
    expect(codes(seen).at(-1)).toBe('83 rst-injected');
  });

  it.each([0, 1, 2, 3])('blames the one port whose SYN-ACK came another way, wherever it stands among them: %i', (odd) => {
    const { recorder: one, seen } = recorder();
    for (let place = 0; place < 4; place++) one.add(verdict(80 + place, SYN | ACK, place === odd ? 120 : 60), place);
    one.end();
    expect(codes(seen)).toEqual([0, 1, 2, 3].map((place) => `${80 + place} ${place === odd ? 'ttl-mismatch' : ''}`));
  });

  it('blames both of two ports, each beside the other, and neither for being alone', () => {
    const { recorder: one, seen } = recorder({ hosts: 2 });
    one.add(verdict(80, SYN | ACK, 60), 0);
    one.add(verdict(81, SYN | ACK, 120), 1);
    one.add({ ...verdict(90, SYN | ACK, 60), targetIndex: 1, target: addressPlus(THEM, 1) }, 2);
    expect(seen).toEqual([]);
    one.end();
    expect(codes(seen)).toEqual(['80 ttl-mismatch', '81 ttl-mismatch', '90 ']);
    expect(seen[0]?.findings[0]?.detail).toContain('port 81 with TTL 120');
    expect(seen[1]?.findings[0]?.detail).toContain('port 80 with TTL 60');
  });

  it('holds the first SYN-ACKs no longer than two seconds, and not at all where a target has one port', () => {
    const { recorder: one, seen } = recorder();
    const kept = verdict(80, SYN | ACK);
    one.add(kept, 0);
    kept.reply?.fill(0);
    one.tick(2 * NANOS_PER_SECOND - 1);
    expect(seen).toEqual([]);
    one.tick(2 * NANOS_PER_SECOND);
    expect(codes(seen)).toEqual(['80 ']);
    expect(seen[0]?.reply).toMatchObject({ flags: 'S.' });
    const { recorder: other, seen: atOnce } = recorder({ ports: 1 });
    other.add(verdict(80, SYN | ACK), 0);
    expect(codes(atOnce)).toEqual(['80 ']);
  });

  it('keeps the one reset that is unlike the others of a large run, however many they are and however long it takes', () => {
    for (const place of [0, 4000, 4096, 4500]) {
      const { recorder: one, seen } = recorder({ ports: 6000 });
      for (let index = 0; index < 4600; index++) one.add(verdict(1000 + index, RST | ACK, index === place ? 62 : 60), index);
      one.tick(60 * NANOS_PER_SECOND);
      expect(seen).toHaveLength(4599);
      for (const port of [80, 81, 82, 83]) one.add(verdict(port, SYN | ACK), 60 * NANOS_PER_SECOND);
      expect(codes(seen.slice(4599))).toEqual([`${1000 + place} rst-injected`, '80 ', '81 ', '82 ', '83 ']);
    }
  });

  it('waits in a small run for the last verdict about a target, however long that takes', () => {
    const { recorder: one, seen } = recorder({ hosts: 2, ports: 3 });
    one.add(verdict(80, SYN | ACK, 120), 0);
    one.add(verdict(81, SYN | ACK), 1);
    one.add({ ...verdict(90, SYN | ACK), targetIndex: 1, target: addressPlus(THEM, 1) }, 2);
    one.tick(60 * NANOS_PER_SECOND);
    expect(seen).toEqual([]);
    one.add(verdict(82, SYN | ACK), 60 * NANOS_PER_SECOND);
    expect(codes(seen)).toEqual(['80 ttl-mismatch', '81 ', '82 ']);
  });

  it('holds SYN-ACKs back no longer than until four more are alike than not', () => {
    const { recorder: one, seen } = recorder({ ports: 9 });
    one.add(verdict(79, SYN | ACK, 120), 0);
    for (const port of [80, 81, 82, 83]) one.add(verdict(port, SYN | ACK), 0);
    expect(seen).toEqual([]);
    one.add(verdict(84, SYN | ACK), 0);
    expect(codes(seen)).toEqual(['80 ', '81 ', '82 ', '83 ', '84 ']);
    one.add(verdict(85, SYN | ACK), 0);
    one.add(verdict(86, SYN | ACK, 120), 0);
    expect(codes(seen.slice(5))).toEqual(['85 ']);
    one.add(verdict(87, RST | ACK, 62), 0);
    expect(codes(seen.slice(6))).toEqual(['79 ttl-mismatch', '86 ttl-mismatch', '87 rst-injected']);
  });

  it('holds no reset back that is like one of the SYN-ACKs', () => {
    const { recorder: one, seen } = recorder({ ports: 4 });
    one.add(verdict(81, RST | ACK), 0);
    one.add(verdict(80, SYN | ACK, 62), 0);
    expect(seen).toEqual([]);
    one.add(verdict(82, SYN | ACK), 0);
    expect(codes(seen)).toEqual(['81 ']);
    one.add(verdict(83, RST | ACK, 62), 0);
    expect(codes(seen)).toEqual(['81 ', '83 ', '80 ttl-mismatch', '82 ttl-mismatch']);
  });

  it.each(
    [0, 1, 2, 3].flatMap((turn) => [
      [turn, false],
      [turn, true],
    ]) as [number, boolean][],
  )('finds the same in every order of four answers: %i, reversed %s', (turn, reversed) => {
    const { recorder: one, seen } = recorder({ ports: 4 });
    const answers = [verdict(80, SYN | ACK, 62), verdict(81, SYN | ACK), verdict(82, SYN | ACK), verdict(83, RST | ACK)];
    const turned = [...answers.slice(turn), ...answers.slice(0, turn)];
    for (const answer of reversed ? turned.toReversed() : turned) one.add(answer, 0);
    expect(codes(seen).toSorted()).toEqual(['80 ttl-mismatch', '81 ', '82 ', '83 ']);
    expect(seen.find(({ port }) => port === 80)?.findings[0]?.detail).toContain('from port 81 with');
  });

  it('takes the SYN-ACK that contradicts a reset for one of the host, whichever of the two came first', () => {
    const contradicted = { ...verdict(82, RST | ACK, 62), conflict: reply(82, SYN | ACK, 60) };
    for (const openOnly of [false, true]) {
      const { recorder: one, seen } = recorder({ ports: 2, openOnly });
      one.add(verdict(80, SYN | ACK, 57), 0);
      one.add(contradicted, 0);
      expect(codes(seen)).toEqual(['80 ttl-mismatch', ...(openOnly ? [] : ['82 rst-injected,ttl-mismatch'])]);
    }
  });

  it('makes records of open ports alone when no others are wanted', () => {
    const { recorder: one, seen, passed } = recorder({ openOnly: true });
    one.add(verdict(81, RST | ACK, 62), 0);
    one.add({ ...verdict(82, RST), state: 'filtered', reason: 'no-response', reply: null, view: null }, 0);
    one.add(verdict(80, SYN | ACK, 60), 1000);
    one.end();
    expect(codes(seen)).toEqual(['80 ']);
    expect(passed).toEqual(['closed', 'filtered']);
  });
});
