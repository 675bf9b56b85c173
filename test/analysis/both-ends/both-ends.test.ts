import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBothEnds } from '../../../src/analysis/both-ends/both-ends.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';
import { encodeTcpPacket, type TcpPacketFields } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';

const NEAR = parseAddress('192.0.2.1') as Address;
const FAR = parseAddress('198.51.100.7') as Address;
const MSS: TcpOption = { kind: 2, name: 'mss', value: 1460 };
const ts = (value: number, echo: number): TcpOption => ({ kind: 8, name: 'ts', value, echo });

function syn(fields: Partial<TcpPacketFields> = {}): Uint8Array {
  const usual = { source: NEAR, destination: FAR, sourcePort: 5000, destinationPort: 443, seq: 100, id: 1 };
  return encodeTcpPacket({ ...usual, flags: TcpFlag.SYN, options: [MSS, ts(7, 0)], ...fields });
}

function synAck(fields: Partial<TcpPacketFields> = {}): Uint8Array {
  const usual = { source: FAR, destination: NEAR, sourcePort: 443, destinationPort: 5000, seq: 900, ack: 101, id: 2 };
  return encodeTcpPacket({ ...usual, flags: TcpFlag.SYN | TcpFlag.ACK, options: [MSS, ts(50, 7)], ...fields });
}

const clean = { synSent: syn(), synArrived: syn({ ttl: 60 }), synAckSent: synAck(), synAckArrived: synAck({ ttl: 61 }) };

describe('both ends of a handshake', () => {
  it('are the same on a clean path, TTL aside', () => {
    expect(compareBothEnds(clean)).toEqual({ forward: [], reverse: [], translation: null, findings: [] });
  });

  it('without a SYN-ACK at either end have no reverse path to compare', () => {
    expect(compareBothEnds({ ...clean, synAckArrived: null }).reverse).toBeNull();
    expect(compareBothEnds({ ...clean, synAckSent: null }).reverse).toBeNull();
  });

  it('a finding says what left, what arrived, and which way', () => {
    const { findings } = compareBothEnds({ ...clean, synArrived: syn({ options: [{ ...MSS, value: 1300 }, ts(7, 0)] }) });
    expect(findings).toEqual([
      {
        code: 'mss-clamped',
        option: 'mss',
        direction: 'forward',
        sent: 1460,
        received: 1300,
        certainty: 'proven',
        detail: 'In the SYN mss was rewritten on the forward path: 1460 left, 1300 arrived; the responder received it changed.',
      },
    ]);
  });

  it('what only undoes a forward change is no change of the reverse path', () => {
    const nat = parseAddress('203.0.113.9') as Address;
    const arrived = { source: nat, sourcePort: 1024, seq: 5100, options: [MSS, ts(77, 0)] };
    const answered = { destination: nat, destinationPort: 1024, ack: 5101, options: [MSS, ts(50, 77)] };
    const ends = { ...clean, synArrived: syn(arrived), synAckSent: synAck(answered) };
    const { reverse, translation, findings } = compareBothEnds(ends);
    expect(reverse).toEqual([]);
    expect(translation).toEqual({ source: '192.0.2.1:5000 > 203.0.113.9:1024', destination: null });
    expect(findings.map(({ code, direction }) => `${code} ${direction}`)).toEqual([
      'sequence-rewritten forward',
      'option-rewritten forward',
    ]);
  });

  it('an acknowledgement that undoes nothing is a change', () => {
    const { findings } = compareBothEnds({ ...clean, synAckSent: synAck({ ack: 4000 }) });
    expect(findings).toMatchObject([{ code: 'field-rewritten', direction: 'reverse', sent: 4000, received: 101 }]);
  });

  it.each([
    ['window-rewritten', syn({ window: 100 })],
    ['dscp-changed', syn({ tos: 40 })],
    ['sequence-rewritten', syn({ seq: 101 })],
    ['field-rewritten', syn({ id: 9 })],
    ['field-rewritten', syn({ df: false })],
    ['option-stripped', syn({ options: [MSS] })],
    ['option-added', syn({ options: [MSS, ts(7, 0), { kind: 4, name: 'sackOK' }] })],
    ['option-rewritten', syn({ options: [ts(7, 0), MSS] })],
  ])('%s', (code, synArrived) => {
    expect(compareBothEnds({ ...clean, synArrived }).findings.map((finding) => finding.code)).toEqual([code]);
  });

  it('no bytes make the comparison throw, and every finding is proven', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(59).map((length) => syn().slice(0, length)),
    );
    fc.assert(
      fc.property(bytes, fc.option(bytes), fc.option(bytes), (synArrived, synAckSent, synAckArrived) => {
        const { findings } = compareBothEnds({ synSent: syn(), synArrived, synAckSent, synAckArrived });
        for (const { certainty, direction } of findings) {
          expect(certainty).toBe('proven');
          expect(['forward', 'reverse']).toContain(direction);
        }
      }),
    );
  });
});
