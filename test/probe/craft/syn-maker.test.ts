import { describe, expect, it } from 'vitest';

import { ProbeCookie } from '../../../src/probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../../src/probe/craft/syn-maker.ts';
import { craftSyn } from '../../../src/probe/craft/syn-spec.ts';
import { readSpec } from '../../../src/run/options/read-options.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import { decodePacket } from '../../../src/wire/packet.ts';

const NEAR = parseAddress('192.0.2.1') as Address;
const FAR = parseAddress('198.51.100.7') as Address;
const OTHER = parseAddress('198.51.100.8') as Address;
const PORTS = [20_000, 20_001, 20_002];
const template = craftSyn(readSpec({}), { address: NEAR, mtu: 1500 });

function cookie(): ProbeCookie {
  return new ProbeCookie(Uint32Array.of(1, 2, 3, 4));
}

function maker(fixed: { readonly seq: number | null; readonly ipId: number | null } = { seq: null, ipId: null }): SynMaker {
  return new SynMaker(PORTS, cookieNumbering(cookie(), fixed));
}

describe('SynMaker', () => {
  it('uses all source ports towards a port before one comes again, whatever is made for others in between', () => {
    const syns = maker();
    const ports = Array.from({ length: 6 }, () => {
      syns.make(template, OTHER, 443);
      syns.make(template, FAR, 80);
      return syns.make(template, FAR, 443).sourcePort;
    });
    expect(new Set(ports.slice(0, 3)).size).toBe(3);
    expect(ports.slice(3)).toEqual(ports.slice(0, 3));
  });

  it('writes what it says into the packet', () => {
    const { bytes, ...named } = maker().make(template, FAR, 443);
    const decoded = decodePacket(bytes);
    if (!decoded.ok || decoded.value.tcp === null) throw new Error('no TCP');
    const { ip, tcp } = decoded.value;
    const { header } = tcp;
    const tsval = header.options.flatMap((option) => (option.name === 'ts' && 'value' in option ? [option.value] : []));
    expect(named).toEqual({
      source: ip.source,
      target: ip.destination,
      sourcePort: header.sourcePort,
      port: header.destinationPort,
      seq: header.seq,
      tsval: tsval[0],
      ipId: ip.id,
    });
  });

  it('numbers every SYN anew, also on the same ports', () => {
    const one = new SynMaker([20_000], cookieNumbering(cookie(), { seq: null, ipId: null }));
    const seqs = Array.from({ length: 20 }, () => one.make(template, FAR, 443).seq);
    expect(new Set(seqs).size).toBe(20);
  });

  it('leaves fixed numbers fixed', () => {
    const { seq, ipId } = maker({ seq: 7, ipId: 9 }).make(template, FAR, 443);
    expect({ seq, ipId }).toEqual({ seq: 7, ipId: 9 });
  });
});
