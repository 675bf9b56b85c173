import { describe, expect, it } from 'vitest';

import { responderEvidence, type ResponderOffer } from '../../../src/analysis/mss/responder-evidence.ts';
import { forwardVerdict } from '../../../src/analysis/mss/forward-verdict.ts';
import { reverseVerdict } from '../../../src/analysis/mss/reverse-verdict.ts';
import { parseAddress } from '../../../src/wire/address.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { compileOptions } from '../../../src/wire/tcp-options.ts';

const ADDRESS = parseAddress('192.0.2.1') as NonNullable<ReturnType<typeof parseAddress>>;

function packet(mss: number | null): Uint8Array {
  const options = compileOptions(mss === null ? 'sackOK' : `mss=${mss},sackOK`);
  if (!options.ok) throw new Error(options.offending);
  const ports = { sourcePort: 1, destinationPort: 2, seq: 1, flags: TcpFlag.SYN, window: 65_535 };
  return encodeTcpPacket({ source: ADDRESS, destination: ADDRESS, ...ports, options: options.bytes });
}

/** An offer, what of it arrived, and what of the responder's 1460 came back. */
function offer(offered: number | null, arrived: number | null, back: number | null): ResponderOffer {
  return {
    offered,
    synSent: packet(offered),
    local: { synAck: packet(back) },
    report: { syn: packet(arrived), synAck: packet(1460) },
  };
}

describe('evidence of a responder', () => {
  it.each([
    ['nothing changed', [offer(8960, 8960, 1460), offer(1460, 1460, 1460)], null, null],
    ['both lowered', [offer(8960, 1300, 1380), offer(1460, 1300, 1380), offer(536, 536, 1380)], 1300, 1380],
    ['only the small one raised', [offer(1460, 1460, 1460), offer(536, 1360, 1460)], 1360, null],
    ['put in where there was none', [offer(1460, 1460, 1460), offer(null, 1360, 1460)], 1360, null],
    ['removed', [offer(1460, null, null)], 536, 536],
  ] as const)('%s', (_, offers, there, back) => {
    const evidence = responderEvidence(offers, 1460);
    expect([forwardVerdict(evidence).clampedTo, reverseVerdict(evidence).clampedTo]).toEqual([there, back]);
    expect(forwardVerdict(evidence).evidence).toEqual(['responder']);
    expect(evidence.rows.map(({ effective }) => effective)).toEqual(
      offers.map(({ report }) => (report === null ? null : (mssOf(report.syn) ?? 536))),
    );
  });

  it('takes silence for no word', () => {
    const silent = { offered: 1460, synSent: packet(1460), local: null, report: null };
    const half = { ...offer(1460, 1300, 1460), local: { synAck: null } };
    for (const offers of [[silent], [half], []]) expect(responderEvidence(offers, 1460).responder).toBeNull();
  });
});

/** Where our packets have their MSS, if they have one. */
function mssOf(bytes: Uint8Array): number | null {
  return bytes[40] === 2 ? new DataView(bytes.buffer, bytes.byteOffset).getUint16(42) : null;
}
