import { describe, expect, it } from 'vitest';

import { type SynAtResponder, viewFromResponder } from '../../../src/analysis/path/responder-view.ts';
import type { HopView } from '../../../src/analysis/path/hop-view.ts';
import { placeChanges } from '../../../src/analysis/path/place-changes.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';

const HERE = parseAddress('192.0.2.1') as Address;
const THERE = parseAddress('198.51.100.7') as Address;

function syn(ttl: number, mss: number): Uint8Array {
  const ends = { source: HERE, destination: THERE, sourcePort: 40_000, destinationPort: 443 };
  return encodeTcpPacket({ ...ends, ttl, id: 7, seq: 1, flags: TcpFlag.SYN, options: [{ kind: 2, name: 'mss', value: mss }] });
}

function seen(ttlLeft: number, mss = 1460): SynAtResponder {
  return { address: THERE, synSent: syn(64, 1460), synArrived: syn(ttlLeft, mss), reply: 'syn-ack', rttMs: 0.5 };
}

const ROUTER: HopView = { ...viewFromResponder(seen(64), []), ttl: 2, address: HERE, reply: 'icmp-ttl-exceeded' };

describe('the responder as a hop', () => {
  it('is as far as its SYN has aged', () => {
    expect(viewFromResponder(seen(60), [ROUTER])).toMatchObject({
      ttl: 5,
      address: THERE,
      reply: 'syn-ack',
      rttMs: [0.5],
      quotedBytes: 44,
    });
  });

  it('is behind the last router, whatever a device made of the TTL', () => {
    expect(viewFromResponder(seen(255), [ROUTER]).ttl).toBe(3);
    expect(viewFromResponder(seen(64), []).ttl).toBe(1);
  });

  it('places what no router quoted behind the last of them', () => {
    const end = viewFromResponder(seen(61, 1300), [ROUTER]);
    expect(placeChanges([ROUTER, end], HERE)).toMatchObject([{ field: 'tcp.option.mss', seen: 1300, afterTtl: 2, atTtl: 4 }]);
  });
});
