import { describe, expect, it } from 'vitest';

import { HalfOpenResets } from '../../../src/probe/session/half-open-resets.ts';
import type { SendBatch } from '../../../src/transport/transport.ts';
import { parseAddress } from '../../../src/wire/address.ts';
import { decodePacket, encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag, formatTcpFlags } from '../../../src/wire/tcp-flags.ts';

const LOCAL = parseAddress('192.0.2.1') as NonNullable<ReturnType<typeof parseAddress>>;
const REMOTE = parseAddress('198.51.100.7') as typeof LOCAL;
const { SYN, ACK, RST, PSH } = TcpFlag;

function heard(flags: number, destinationPort: number): Uint8Array {
  const numbers = { sourcePort: 443, destinationPort, seq: 5000, ack: 1001, flags, window: 65_160 };
  return encodeTcpPacket({ source: REMOTE, destination: LOCAL, ...numbers });
}

function batch(): SendBatch {
  const slots = { capacity: 4, slotSize: 128, bytes: new Uint8Array(512), lengths: new Uint16Array(4) };
  return { ...slots, tags: new Int32Array(4), errors: new Int32Array(4), sentAt: new Float64Array(4), count: 0 };
}

describe('resets of half-open connections', () => {
  it('answer a SYN-ACK to one of the ports where it says that we are', () => {
    const resets = new HalfOpenResets([40_000]);
    const bytes = heard(SYN | ACK, 40_000);
    expect(resets.finished).toBe(true);
    resets.receive(bytes, 0, bytes.length);
    expect(resets.finished).toBe(false);
    const out = batch();
    resets.drainOnClose(out);
    const sent = decodePacket(out.bytes.slice(0, out.lengths[0]));
    const header = sent.ok ? sent.value.tcp?.header : undefined;
    expect(header).toMatchObject({ sourcePort: 40_000, destinationPort: 443, seq: 1001 });
    expect(formatTcpFlags(header?.flags ?? 0)).toBe('R');
  });

  it.each([
    ['another port', SYN | ACK, 40_001],
    ['a reset', RST | ACK, 40_000],
    ['a SYN', SYN, 40_000],
    ['data', PSH | ACK, 40_000],
  ])('leave everything else alone: %s', (_, flags, port) => {
    const resets = new HalfOpenResets([40_000]);
    const bytes = heard(flags, port);
    resets.receive(bytes, 0, bytes.length);
    expect(resets.finished).toBe(true);
  });
});
