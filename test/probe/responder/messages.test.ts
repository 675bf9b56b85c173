import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeReport,
  decodeRequest,
  encodeHello,
  encodeReport,
  encodeRequest,
  type Message,
  readMessage,
} from '../../../src/probe/responder/messages.ts';
import { PROOF_CARRIERS } from '../../../src/probe/responder/proof.ts';
import { ATTEMPT_FATES, type AttemptReport, type ResponderReport } from '../../../src/probe/responder/report.ts';
import { readExchange } from '../../../src/probe/responder/report-exchange.ts';
import { ReportServer, type ReportTurn } from '../../../src/probe/responder/report-server.ts';
import { macOfToken } from '../../network/simulated-machine.ts';

const mac = macOfToken('correct horse');
const nonces = { responder: new Uint8Array(16).fill(1), client: new Uint8Array(16).fill(2) };

const packet = fc.uint8Array({ minLength: 40, maxLength: 120 });
const attempt: fc.Arbitrary<AttemptReport> = fc.record({
  arrivedUs: fc.nat(2 ** 53 - 1).map((one) => Math.min(one, Number.MAX_SAFE_INTEGER)),
  answeredAfterUs: fc.option(fc.nat(0xffff_fffe)),
  fate: fc.constantFrom(...ATTEMPT_FATES),
  synCopies: fc.nat(255),
  synAckCopies: fc.nat(255),
  carriers: fc.subarray([...PROOF_CARRIERS]),
  syn: packet,
  synLength: fc.nat(0xffff),
  synAck: fc.option(packet),
});
const report: fc.Arbitrary<ResponderReport> = fc.record({
  nowUs: fc.nat(2 ** 53 - 1),
  upMs: fc.nat(0xffff_ffff),
  own: attempt,
  others: fc.array(attempt, { maxLength: 5 }),
  more: fc.nat(1000),
  forgotten: fc.boolean(),
  strangers: fc.array(fc.record({ port: fc.nat(65_535), ageMs: fc.nat(0xffff_ffff) }), { maxLength: 5 }),
  listening: fc.array(fc.tuple(fc.nat(65_535), fc.nat(65_535)), { maxLength: 5 }),
});

function whole(bytes: Uint8Array): Message {
  const message = readMessage(bytes);
  if (message === null || message === 'foreign') throw new Error('no message');
  return message;
}

describe('messages', () => {
  it('a report is read as it was written', () => {
    fc.assert(
      fc.property(report, (one) => {
        expect(decodeReport(mac, nonces, whole(encodeReport(mac, nonces, one)))).toEqual(one);
      }),
    );
  });

  it('a report with one bit changed is none, wherever it is', () => {
    fc.assert(
      fc.property(report, fc.nat(), fc.nat(7), (one, place, bit) => {
        const bytes = encodeReport(mac, nonces, one);
        const at = 8 + (place % (bytes.length - 8));
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        expect(decodeReport(mac, nonces, whole(bytes))).toBeNull();
      }),
    );
  });

  it('a report for other nonces, or of another token, is none', () => {
    const [one] = fc.sample(report, 1) as [ResponderReport];
    const message = whole(encodeReport(mac, nonces, one));
    expect(decodeReport(mac, { ...nonces, client: new Uint8Array(16) }, message)).toBeNull();
    expect(decodeReport(mac, { ...nonces, responder: new Uint8Array(16) }, message)).toBeNull();
    expect(decodeReport(macOfToken('battery staple'), nonces, message)).toBeNull();
  });

  it('a request without the token, or of another connection, is none', () => {
    const request = encodeRequest(mac, nonces, { sinceMs: 5000, skip: 7 });
    expect(decodeRequest(mac, nonces.responder, whole(request))).toEqual({ sinceMs: 5000, skip: 7, nonce: nonces.client });
    expect(decodeRequest(mac, new Uint8Array(16), whole(request))).toBeNull();
    expect(decodeRequest(macOfToken('battery staple'), nonces.responder, whole(request))).toBeNull();
  });

  it('what does not fit is counted', () => {
    const [other] = fc.sample(attempt, 1) as [AttemptReport];
    const [one] = fc.sample(report, 1) as [ResponderReport];
    const many = { ...one, others: Array.from({ length: 400 }, () => other), more: 3 };
    const read = decodeReport(mac, nonces, whole(encodeReport(mac, nonces, many)));
    expect(read?.others.length).toBeLessThan(400);
    expect((read?.others.length ?? 0) + (read?.more ?? 0)).toBe(403);
  });

  it('no bytes make a reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, framed) => {
        const stream = framed ? Uint8Array.from([0x53, 0x59, 0x4e, 0x52, 1, 3, 0, bytes.length & 0xff, ...bytes]) : bytes;
        const message = readMessage(stream);
        if (message !== null && message !== 'foreign') decodeReport(mac, nonces, message);
      }),
    );
  });
});

describe('an exchange', () => {
  const [one] = fc.sample(report, 1) as [ResponderReport];
  const exchange = { mac, nonce: nonces.client };

  function requestOf(responder: Uint8Array): Uint8Array {
    return encodeRequest(mac, { ...nonces, responder }, { sinceMs: 0, skip: 0 });
  }

  function server(): ReportServer {
    return new ReportServer({ mac, nonce: nonces.responder, report: () => one });
  }

  it('brings the report, in whatever pieces the streams come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 100 }), (size, synData) => {
        const responder = server();
        // The data of the SYN comes first.
        responder.take(synData);
        let down = responder.hello();
        const turns: ReportTurn[] = [];
        let reading = readExchange(exchange, down.subarray(0, 0));
        for (let read = size; read < 30_000 && reading.report === null && reading.failure === null; read += size) {
          const isGreeted = reading.responderNonce !== null;
          reading = readExchange(exchange, down.subarray(0, read));
          const { responderNonce } = reading;
          const up = responderNonce === null || isGreeted ? new Uint8Array(0) : requestOf(responderNonce);
          for (let at = 0; at < up.length; at += size) {
            const served = responder.take(up.slice(at, at + size));
            turns.push(served);
            down = Uint8Array.from([...down, ...served.answer]);
          }
        }
        expect(reading).toMatchObject({ report: one, failure: null });
        expect(turns.filter(({ hasReport }) => hasReport)).toHaveLength(1);
        expect(turns.some(({ isForeign }) => isForeign)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('with something else is over at its first byte', () => {
    const reading = readExchange(exchange, new TextEncoder().encode('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(reading).toEqual({ responderNonce: null, report: null, failure: 'not-a-responder' });
  });

  it('with another token ends without a report', () => {
    const other = { ...exchange, mac: macOfToken('battery staple') };
    const responder = server();
    const hello = responder.hello();
    const { responderNonce } = readExchange(other, hello);
    const request = encodeRequest(other.mac, { ...nonces, responder: responderNonce as Uint8Array }, { sinceMs: 0, skip: 0 });
    expect(responder.take(request)).toEqual({ answer: new Uint8Array(0), hasReport: false, isForeign: true });
    const stream = Uint8Array.from([...hello, ...encodeReport(mac, nonces, one)]);
    expect(readExchange(other, stream)).toMatchObject({ report: null, failure: 'wrong-token' });
  });

  it('is given up by the responder when what comes is no request', () => {
    const responder = server();
    expect(responder.take(new Uint8Array(3000).fill(83)).isForeign).toBe(true);
    expect(server().take(encodeHello(nonces.client)).isForeign).toBe(true);
  });
});
