import { describe, expect, it } from 'vitest';

import { createTargetSet } from '../../src/probe/targets.ts';
import type { Verdict } from '../../src/probe/verdict.ts';
import type { PortRecord } from '../../src/report/records.ts';
import { PortRecorder } from '../../src/run/port-recorder.ts';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { NANOS_PER_SECOND } from '../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';

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
    reply: reply(port, flags, ttl),
    conflict: null,
    rejected: 0,
    rejectedReply: null,
    mtu: 1500,
  };
}

function recorder(): { readonly recorder: PortRecorder; readonly seen: PortRecord[] } {
  const seen: PortRecord[] = [];
  const targets = createTargetSet({ ranges: [{ first: THEM, last: THEM }], names: [] });
  return { recorder: new PortRecorder({ targets, expectations: null, emit: (record) => seen.push(record) }), seen };
}

const codes = (records: readonly PortRecord[]): string[] =>
  records.map(({ port, findings }) => `${port} ${findings.map(({ code }) => code).join()}`);

describe('PortRecorder', () => {
  it('lets a reset wait for a SYN-ACK of the host, by which its TTL turns out to be another device', () => {
    const { recorder: one, seen } = recorder();
    one.add(verdict(81, RST | ACK, 62), 0);
    expect(seen).toEqual([]);
    one.add(verdict(80, SYN | ACK, 60), 1000);
    expect(codes(seen)).toEqual(['81 rst-injected', '80 ']);
  });

  it('finds nothing in resets like the SYN-ACKs, before and after', () => {
    const { recorder: one, seen } = recorder();
    one.add(verdict(81, RST | ACK), 0);
    one.add(verdict(80, SYN | ACK), 0);
    one.add(verdict(82, RST | ACK), 0);
    expect(codes(seen)).toEqual(['81 ', '80 ', '82 ']);
    expect(seen[2]?.reply).toMatchObject({ flags: 'R.', seq: 7, ack: 1, window: 0, optionsText: 'none', payloadLength: 0 });
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
});
