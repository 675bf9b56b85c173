import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendBatch } from '../../network/send-batch.ts';
import type { Attempt } from '../../../src/probe/responder/responder-plan.ts';
import { proofWords, slotAt } from '../../../src/probe/responder/proof.ts';
import { ResponderSession } from '../../../src/probe/responder/responder-session.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { decodePacket, encodeTcpPacket, type TcpPacketFields } from '../../../src/wire/packet.ts';
import type { DecodedPacket } from '../../../src/wire/decoded.ts';
import { formatTcpFlags, TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { routesOf } from '../../network/two-machines.ts';
import { macOfToken } from '../../network/simulated-machine.ts';
import { LOCAL, REMOTE } from '../../simulation/two-ends.ts';

const EPOCH_MS = 1_800_000_000_000;
const mac = macOfToken('correct horse');
const words = proofWords(mac, slotAt(EPOCH_MS));

/** A responder at which packets are thrown, and what it says to each. */
class Range {
  now = 0;
  readonly attempts: Attempt[] = [];
  readonly session: ResponderSession;
  #random = 0;

  constructor(endAfter: number = Infinity) {
    this.session = new ResponderSession({
      ports: [443, 8443],
      routes: routesOf(REMOTE),
      mac,
      random: (length) => Uint8Array.from({ length }, () => (this.#random = (this.#random * 75 + 74) % 65_537) & 0xff),
      wallClock: () => EPOCH_MS + this.now / NANOS_PER_MS,
      endAt: Infinity,
      endAfter,
      onAttempt: (attempt) => this.attempts.push(attempt),
    });
    this.answers();
  }

  throw(packet: Uint8Array, offset: number = 0): readonly DecodedPacket[] {
    this.session.receive(packet, offset, packet.length - offset, this.now);
    return this.answers();
  }

  pass(nanos: number): readonly DecodedPacket[] {
    this.now += nanos;
    return this.answers();
  }

  answers(): readonly DecodedPacket[] {
    const sent: DecodedPacket[] = [];
    const batch = sendBatch(64, 2048);
    for (this.session.poll(this.now, batch); batch.count > 0; this.session.poll(this.now, batch)) {
      for (let slot = 0; slot < batch.count; slot++) {
        const start = slot * batch.slotSize;
        const decoded = decodePacket(batch.bytes.slice(start, start + (batch.lengths[slot] as number)));
        if (decoded.ok) sent.push(decoded.value);
        batch.sentAt[slot] = this.now;
      }
      this.session.flushed(this.now, batch);
    }
    return sent;
  }
}

function segment(fields: Partial<TcpPacketFields> = {}): Uint8Array {
  return encodeTcpPacket({
    source: LOCAL,
    destination: REMOTE,
    sourcePort: 5000,
    destinationPort: 443,
    seq: words.isn,
    flags: TcpFlag.SYN,
    ...fields,
  });
}

const flags = (packets: readonly DecodedPacket[]): readonly string[] =>
  packets.map(({ tcp }) => formatTcpFlags(tcp?.header.flags ?? 0));

describe('a responder', () => {
  it('answers a proven SYN as Linux would', () => {
    const [answer, ...rest] = new Range().throw(segment());
    expect(rest).toEqual([]);
    expect(answer?.tcp?.header).toMatchObject({ ack: words.isn + 1, window: 64_240, sourcePort: 443, destinationPort: 5000 });
    expect(answer?.ip.id).toBeGreaterThan(0);
  });

  it('says nothing to anybody else: no bytes whatever make it speak', () => {
    const range = new Range();
    const word = fc.nat(0xffff_ffff);
    const stranger = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc
        .record({
          seq: word,
          ack: word,
          flags: fc.nat(0x1ff),
          sourcePort: fc.nat(65_535),
          options: fc.uint8Array({ minLength: 20, maxLength: 20 }),
        })
        .map((fields) => segment(fields)),
      // A proof in the wrong place, or with the wrong flags.
      fc.constantFrom(
        segment({ destinationPort: 80 }),
        segment({ destination: LOCAL }),
        segment({ flags: TcpFlag.SYN | TcpFlag.ACK }),
        segment({ flags: TcpFlag.SYN | TcpFlag.RST }),
        segment({ flags: TcpFlag.ACK }),
        segment({ flags: TcpFlag.FIN }),
        segment({ flags: 0 }),
      ),
    );
    fc.assert(fc.property(stranger, (bytes) => range.throw(bytes).length === 0));
    expect(range.session.stats).toMatchObject({ attempts: 0, answered: 0 });
  });

  it('says nothing to a proven SYN with a wrong checksum, and remembers it', () => {
    const range = new Range();
    const packet = segment();
    packet[36] = (packet[36] as number) ^ 0x55;
    expect(range.throw(packet)).toEqual([]);
    expect(range.attempts.map(({ fate }) => fate)).toEqual(['bad-checksum']);
  });

  it('keeps nothing of SYNs without a proof but their number', () => {
    const range = new Range();
    for (let seq = 1; seq <= 10_000; seq++) range.throw(segment({ seq, sourcePort: seq % 60_000 }));
    expect(range.session.stats).toMatchObject({ strangers: 10_000, attempts: 0 });
    expect(flags(range.throw(segment()))).toEqual(['S.']);
  });

  it('sends its SYN-ACK three times, then forgets the client', () => {
    const range = new Range();
    expect(flags(range.throw(segment()))).toEqual(['S.']);
    for (const seconds of [1, 2]) expect(flags(range.pass(seconds * NANOS_PER_SECOND))).toEqual(['S.']);
    expect(range.pass(4 * NANOS_PER_SECOND)).toEqual([]);
    expect(range.attempts).toMatchObject([{ fate: 'answered', synAckCopies: 3 }]);
    expect(range.pass(60 * NANOS_PER_SECOND)).toEqual([]);
  });

  it('greets a client that completes the handshake, and resets one without the token', () => {
    const range = new Range();
    const [synAck] = range.throw(segment());
    const ack = ((synAck?.tcp?.header.seq ?? 0) + 1) >>> 0;
    const established = { seq: words.isn + 1, ack, flags: TcpFlag.ACK };
    expect(range.throw(segment({ ...established, ack: ack + 1 }))).toEqual([]);
    const [hello] = range.throw(segment(established));
    expect(hello?.tcp?.payload.subarray(0, 4)).toEqual(new TextEncoder().encode('SYNR'));
    const answers = range.throw(segment({ ...established, payload: new Uint8Array(1400).fill(65) }));
    expect(flags(answers)).not.toContain('R.');
    expect(
      flags(range.throw(segment({ ...established, seq: words.isn + 1401, payload: new Uint8Array(1400).fill(65) }))),
    ).toContain('R.');
    expect(range.throw(segment(established))).toEqual([]);
  });

  it('takes a SYN that comes again for the same, and answers it again after a while', () => {
    const range = new Range();
    range.throw(segment());
    expect(range.throw(segment())).toEqual([]);
    range.now += 200 * NANOS_PER_MS;
    expect(flags(range.throw(segment()))).toEqual(['S.']);
    expect(range.session.stats.attempts).toBe(1);
  });

  it('holds 256 connections and answers a thousand SYNs a second, even with replayed proofs', () => {
    const range = new Range();
    let answered = 0;
    for (let port = 1; port <= 3000; port++) {
      const answers = flags(range.throw(segment({ sourcePort: port })));
      answered += answers.filter((one) => one === 'S.').length;
    }
    expect(answered).toBe(1000);
    expect(range.session.stats).toMatchObject({ attempts: 3000, answered: 1000, rateLimited: 2000 });
    // A second later there is room again, for the oldest that never came back has made it.
    range.now += NANOS_PER_SECOND;
    expect(flags(range.throw(segment({ sourcePort: 4000 })))).toContain('S.');
  });

  it('ends after as many attempts as it was asked for', () => {
    const range = new Range(1);
    range.throw(segment());
    for (const seconds of [1, 2, 4]) range.pass(seconds * NANOS_PER_SECOND);
    expect(range.session.finished).toBe(true);
    expect(range.throw(segment({ sourcePort: 5001 }))).toEqual([]);
  });

  it('resets what is open when it is stopped', () => {
    const range = new Range();
    range.throw(segment());
    range.session.stop();
    const batch = sendBatch(64, 2048);
    range.session.drainOnClose(batch);
    expect(batch.count).toBe(1);
    expect((batch.bytes[33] as number) & TcpFlag.RST).toBe(TcpFlag.RST);
    expect(range.attempts).toHaveLength(1);
    range.session.flushed(range.now, batch);
    range.session.drainOnClose(batch);
    expect(batch.count).toBe(0);
  });
});
