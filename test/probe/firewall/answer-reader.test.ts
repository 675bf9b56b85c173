import { describe, expect, it } from 'vitest';

import type { TestPacket } from '../../../src/probe/firewall/firewall-test.ts';
import { isChallenge, proofOf } from '../../../src/probe/firewall/answer-reader.ts';
import { usualSyn } from '../../../src/probe/firewall/port-case.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';

const { SYN, ACK, RST, FIN, PSH, URG } = TcpFlag;
/** Close to the end of the sequence space: everything wraps. */
const SEQ = 0xffff_ffff;

function testPacket(flags: number, payloadLength = 0): TestPacket {
  return {
    sender: { spec: usualSyn(80), add: () => undefined, take: () => undefined },
    port: 80,
    sourcePort: 40_000,
    seq: SEQ,
    ack: 777,
    flags,
    payloadLength,
    posted: { bytes: new Uint8Array(0), sentAt: 0, errno: 0 },
  };
}

/** `ack` counts from our sequence number. */
function reply(flags: number, ack: number, seq = 0): { readonly flags: number; readonly ack: number; readonly seq: number } {
  return { flags, ack: (SEQ + ack) >>> 0, seq };
}

describe('proof of an answer', () => {
  it('SYN-ACK: our number and one, with data up to its end', () => {
    expect(proofOf(testPacket(SYN), reply(SYN | ACK, 1))).toBe('syn-ack');
    expect(proofOf(testPacket(SYN), reply(SYN | ACK, 0))).toBeNull();
    expect(proofOf(testPacket(SYN), reply(SYN | ACK, 2))).toBeNull();
    expect(proofOf(testPacket(SYN, 8), reply(SYN | ACK, 1))).toBe('syn-ack');
    expect(proofOf(testPacket(SYN, 8), reply(SYN | ACK, 9))).toBe('syn-ack');
    expect(proofOf(testPacket(SYN, 8), reply(SYN | ACK, 10))).toBeNull();
  });

  it('ECN bits in a SYN-ACK change nothing', () => {
    expect(proofOf(testPacket(SYN | TcpFlag.ECE | TcpFlag.CWR), reply(SYN | ACK | TcpFlag.ECE, 1))).toBe('syn-ack');
  });

  it('reset of a SYN: acknowledges it, and is nothing without ACK', () => {
    expect(proofOf(testPacket(SYN), reply(RST | ACK, 1))).toBe('rst');
    expect(proofOf(testPacket(SYN), reply(RST | ACK, 0))).toBe('rst');
    expect(proofOf(testPacket(SYN), reply(RST | ACK, 2))).toBeNull();
    expect(proofOf(testPacket(SYN), reply(RST, 1))).toBeNull();
  });

  it('reset of a bare ACK: has our acknowledgment number as its sequence number (RFC 9293, 3.10.7.1)', () => {
    expect(proofOf(testPacket(ACK), reply(RST, 0, 777))).toBe('rst');
    expect(proofOf(testPacket(ACK), reply(RST | ACK, 0, 777))).toBe('rst');
    expect(proofOf(testPacket(ACK), reply(RST, 1, 778))).toBeNull();
    expect(proofOf(testPacket(ACK), reply(RST | ACK, 1, 0))).toBeNull();
  });

  it.each([
    ['FIN', FIN, 1],
    ['Xmas', FIN | PSH | URG, 1],
    ['NULL', 0, 0],
  ])('reset of %s: acknowledges its length', (_, flags, length) => {
    expect(proofOf(testPacket(flags), reply(RST | ACK, length))).toBe('rst');
    expect(proofOf(testPacket(flags), reply(RST | ACK, length + 1))).toBeNull();
    expect(proofOf(testPacket(flags), reply(RST, length))).toBeNull();
  });

  it('a SYN-ACK answers no stray segment, a bare ACK proves nothing', () => {
    expect(proofOf(testPacket(FIN), reply(SYN | ACK, 1))).toBeNull();
    expect(proofOf(testPacket(SYN), reply(ACK, 1))).toBeNull();
    expect(isChallenge(testPacket(SYN), reply(ACK, 5))).toBe(true);
    expect(isChallenge(testPacket(ACK), reply(ACK, 5))).toBe(false);
  });

  it('a SYN alone is a split handshake', () => {
    expect(proofOf(testPacket(SYN), reply(SYN, 0))).toBe('syn');
  });
});
