import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { ISN, found, hostOf, only, reply, rst } from './packets.ts';

const LIKELY = 'rst-injected null unknown likely';
const POSSIBLE = 'rst-injected null unknown possible';
const FOUR = [
  { ttl: 61, port: 80, rttMs: 20 },
  { ttl: 61, port: 443, rttMs: 18 },
  { ttl: 61, port: 22, rttMs: 19 },
  { ttl: 61, port: 8080, rttMs: 20 },
];

describe('rst-injected: one reset among SYN-ACKs', () => {
  it('from fewer hops away: likely, both TTLs named', () => {
    const given = { reply: rst({ ttl: 64, port: 25 }), host: hostOf({ ttl: 63 }) };
    expect(found(given)).toEqual([LIKELY]);
    const finding = only('rst-injected', given);
    expect(finding.detail).toContain('TTL 64, about 0 hops, against TTL 63, about 1 hop, from port 80');
    expect(finding.received).toBe('R. ttl 64 id 0 win 0');
  });

  it('from fewer hops away by another stack: initial TTL 255', () => {
    expect(found({ reply: rst({ ttl: 254 }), host: hostOf({ ttl: 61 }) })).toEqual([LIKELY]);
  });

  it('from farther away: only possible, since a proxy may have sent the SYN-ACKs', () => {
    expect(found({ reply: rst({ ttl: 58 }), host: hostOf({ ttl: 61 }) })).toEqual([POSSIBLE]);
  });

  it('from as far as any of the ports: nothing, though containers answer on others', () => {
    const host = hostOf({ ttl: 63, port: 8080 }, { ttl: 64, port: 22 });
    expect(found({ reply: rst({ ttl: 64 }), host })).toEqual([]);
    expect(found({ reply: rst({ ttl: 63 }), host })).toEqual([]);
  });

  it('same distance, other initial TTL: nothing alone', () => {
    expect(found({ reply: rst({ ttl: 252 }), host: hostOf(...FOUR) })).toEqual([]);
    expect(found({ reply: rst({ ttl: 125 }), host: hostOf(...FOUR) })).toEqual([]);
  });

  it('an IP ID, or a window, that such hosts do not send: possible', () => {
    expect(found({ reply: rst({ ttl: 61, id: 4711 }), host: hostOf(...FOUR) })).toEqual([POSSIBLE]);
    expect(found({ reply: rst({ ttl: 61, window: 512 }), host: hostOf(...FOUR) })).toEqual([POSSIBLE]);
    expect(found({ reply: rst({ ttl: 61, window: 512, id: 4711 }), host: hostOf(...FOUR) })).toEqual([POSSIBLE]);
  });

  it('neither says anything of a host that numbers its packets, nor an ID on a packet without DF', () => {
    const host = hostOf({ ttl: 61, id: 100 }, { ttl: 61, id: 101 });
    expect(found({ reply: rst({ ttl: 61, id: 4711, window: 512 }), host })).toEqual([]);
    expect(found({ reply: rst({ ttl: 61, id: 4711, df: false }), host: hostOf(...FOUR) })).toEqual([]);
  });

  it('far too soon: possible; too soon and by another stack: likely', () => {
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...FOUR), rttMs: 3 })).toEqual([POSSIBLE]);
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...FOUR), rttMs: 8 })).toEqual([]);
    expect(found({ reply: rst({ ttl: 61, id: 9 }), host: hostOf(...FOUR), rttMs: 8 })).toEqual([LIKELY]);
    expect(found({ reply: rst({ ttl: 252 }), host: hostOf(...FOUR), rttMs: 8 })).toEqual([LIKELY]);
  });

  it('sooner by jitter, by less than 2 ms, or than a single SYN-ACK: nothing', () => {
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...FOUR), rttMs: 11 })).toEqual([]);
    const quick = FOUR.map((shape) => ({ ...shape, rttMs: 1.9 }));
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...quick), rttMs: 0.1 })).toEqual([]);
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf({ ttl: 61, rttMs: 100 }), rttMs: 1 })).toEqual([]);
    const wavering = FOUR.map((shape, index) => ({ ...shape, rttMs: 18 + 5 * index }));
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...wavering), rttMs: 1 })).toEqual([]);
    expect(found({ reply: rst({ ttl: 61 }), host: hostOf(...FOUR.slice(1)), rttMs: 1 })).toEqual([]);
  });

  it('nothing to compare with: nothing', () => expect(found({ reply: rst({ ttl: 64, id: 5, window: 5 }) })).toEqual([]));
});

describe('rst-injected: both answers to one SYN', () => {
  it.each([
    ['the SYN-ACK first', reply({ ttl: 61 }), rst({ ttl: 63 })],
    ['the reset first', rst({ ttl: 63 }), reply({ ttl: 61 })],
  ])('%s', (_, first, conflict) => {
    expect(found({ reply: first, conflict })).toEqual(['rst-injected null reverse likely']);
    expect(only('rst-injected', { reply: first, conflict })).toMatchObject({ received: 'R. ttl 63 id 0 win 0' });
  });

  it('where the reset comes from as far as the other ports and the SYN-ACK does not, the SYN-ACK is suspected', () => {
    const given = { reply: reply({ ttl: 63 }), conflict: rst({ ttl: 61 }), host: hostOf({ ttl: 61, port: 22 }) };
    expect(found(given)).toEqual(['rst-injected null reverse possible', 'ttl-mismatch null unknown possible']);
  });

  it('two packets of one sort are no contradiction', () => {
    expect(found({ reply: rst(), conflict: rst({ ttl: 64 }) })).toEqual([]);
    expect(found({ conflict: reply({ ttl: 64 }) })).toEqual([]);
  });
});

describe('ttl-mismatch', () => {
  it('names the other port and both TTLs', () => {
    const given = { reply: reply({ ttl: 120, port: 443 }), host: hostOf({ ttl: 61, port: 22 }) };
    expect(found(given)).toEqual(['ttl-mismatch null unknown possible']);
    expect(only('ttl-mismatch', given).detail).toMatch(
      /TTL 120 \(about 8 hops\), the one from port 22 with TTL 61 \(about 3 hops\)/,
    );
  });

  it('not for the same distance from another initial TTL, and not for the only port', () => {
    expect(found({ reply: reply({ ttl: 125, port: 443 }), host: hostOf({ ttl: 61, port: 22 }) })).toEqual([]);
    expect(found({ reply: reply({ ttl: 125, port: 443 }), host: null })).toEqual([]);
    expect(found({ reply: reply({ ttl: 60, port: 22 }), host: hostOf({ ttl: 61, port: 22 }) })).toEqual([]);
  });

  it('not for the majority after an odd first port', () => {
    const host = hostOf({ ttl: 120, port: 1 }, { ttl: 61, port: 2 });
    expect(found({ reply: reply({ ttl: 61, port: 3 }), host })).toEqual([]);
    const later = hostOf({ ttl: 120, port: 1 }, { ttl: 61, port: 2 }, { ttl: 61, port: 3 });
    expect(only('ttl-mismatch', { reply: reply({ ttl: 120, port: 4 }), host: later }).detail).toContain(
      'from port 2 with TTL 61',
    );
  });
});

const rejected = (flags: number, ack = 77) => ({ rejected: reply({ flags, ack, options: 'none' }), rejectedCount: 1 });

describe('unexpected-ack', () => {
  it.each([
    ['a challenge ACK', TcpFlag.ACK, /flags \. acknowledged 77 where 1000001 was expected and decided nothing: .*challenge ACK/],
    ['a reset', TcpFlag.RST | TcpFlag.ACK, /flags R\. acknowledged 77 where 1000001 was expected.*reset of an older connection/],
    ['a reset without ACK', TcpFlag.RST, /acknowledged nothing.*must acknowledge it/],
    ['a SYN-ACK', TcpFlag.SYN | TcpFlag.ACK, /answers an older SYN.*translates sequence numbers/],
    ['anything else', TcpFlag.FIN, /no answer to a SYN looks like this/],
  ])('%s', (_, flags, words) => {
    const finding = only('unexpected-ack', rejected(flags));
    expect(finding).toMatchObject({ sent: ISN + 1, certainty: 'proven', direction: 'unknown' });
    expect(finding.detail).toMatch(words);
  });

  it('counts', () => {
    expect(only('unexpected-ack', { ...rejected(TcpFlag.ACK), rejectedCount: 3 }).detail).toContain(
      'the first of 3 such replies',
    );
  });

  it('claims no expected number where the reply belongs to another attempt than the known SYN', () => {
    const other = reply({ flags: TcpFlag.ACK, ack: 77, options: 'none', sourcePort: 40_001 });
    const finding = only('unexpected-ack', { rejected: other, rejectedCount: 1 });
    expect(finding.sent).toBeNull();
    expect(finding.detail).not.toContain('expected');
  });
});
