import { describe, expect, it } from 'vitest';
import { acknowledgeFirst, acknowledgeNothing } from '../../../src/probe/connection/ack-policy.ts';
import type { ConnectionScript } from '../../../src/probe/connection/connection.ts';
import { runExchange } from '../../../src/probe/connection/stage.ts';
import { NANOS_PER_MS } from '../../../src/wire/numbers.ts';
import { optionsText, Script, synAck } from './script.ts';

/** Does nothing: the test acts. */
const idle: ConnectionScript = () => Infinity;

function talk(say: string, close: 'fin' | 'rst', listenMs = 1000): ConnectionScript {
  return runExchange({ send: new TextEncoder().encode(say), listen: listenMs * NANOS_PER_MS, close });
}

describe('a connection', () => {
  it('is opened, used and closed from both ends', () => {
    const script = new Script(talk('hello', 'fin', 100));
    script.at(0).sends('S 0');
    script.at(20).hears(synAck()).sends('. 1 ack 1', 'P. 1:6 ack 1');
    script.at(40).hears({ flags: '.', seq: 1, ack: 6 }).hears({ flags: 'P.', seq: 1, ack: 6, payload: 'world' });
    script.sends('. 6 ack 6');
    script.at(120).sends('F. 6 ack 6');
    script.at(130).hears({ flags: '.', seq: 6, ack: 7 });
    expect(script.connection.state).toBe('FIN-WAIT-2');
    script.hears({ flags: 'F.', seq: 6, ack: 7 }).sends('. 7 ack 7');
    expect(script.connection.state).toBe('TIME-WAIT');
    script.at(300).sends();
    expect(script.connection.ending).toEqual({ kind: 'finished' });
    expect(new TextDecoder().decode(script.connection.received.firstBytes)).toBe('world');
    expect(script.connection.sent.acknowledgedBytes).toBe(5);
    expect(script.story).toEqual([
      'out:syn SYN-SENT',
      'in:syn-ack ESTABLISHED',
      'out:ack ESTABLISHED',
      'out:data ESTABLISHED',
      'in:ack ESTABLISHED',
      'in:data ESTABLISHED',
      'out:ack ESTABLISHED',
      'out:fin FIN-WAIT-1',
      'in:ack FIN-WAIT-2',
      'in:fin TIME-WAIT',
      'out:ack TIME-WAIT',
    ]);
  });

  it('answers a FIN itself, since no kernel does', () => {
    const script = new Script(talk('hello', 'fin'));
    script.at(0).hears(synAck()).sends('S 0', '. 1 ack 1', 'P. 1:6 ack 1');
    script.at(5).hears({ flags: 'F.', seq: 1, ack: 6 }).sends('. 6 ack 2', 'F. 6 ack 2');
    expect(script.connection.state).toBe('LAST-ACK');
    script.hears({ flags: '.', seq: 2, ack: 7 });
    expect(script.connection.ending).toEqual({ kind: 'finished' });
  });

  it('closes at once with the peer (RFC 9293, figure 13)', () => {
    const script = new Script(idle);
    script.at(0).hears(synAck()).take();
    script.connection.finish();
    script.at(1).sends('F. 1 ack 1');
    script.hears({ flags: 'F.', seq: 1, ack: 1 }).sends('. 2 ack 2');
    expect(script.connection.state).toBe('CLOSING');
    script.hears({ flags: '.', seq: 2, ack: 2 });
    expect(script.connection.state).toBe('TIME-WAIT');
  });

  it('resets when asked to, in the right place, and stays silent then', () => {
    const script = new Script(talk('hello', 'rst', 50));
    script.at(0).hears(synAck()).take();
    script.hears({ flags: '.', seq: 1, ack: 6 });
    script.at(50).sends('R. 6 ack 1');
    expect(script.connection.ending).toEqual({ kind: 'reset' });
    script.at(10_000).sends();
  });

  it('resets a peer that does not close its half', () => {
    const script = new Script(talk('hello', 'fin', 50));
    script.at(0).hears(synAck()).hears({ flags: '.', seq: 1, ack: 6 }).take();
    script.at(50).hears({ flags: '.', seq: 1, ack: 7 }).sends('F. 6 ack 1');
    script.at(2000).sends('R. 7 ack 1');
  });

  it('carries timestamps and scales its window once both ends agreed', () => {
    const script = new Script(talk('hello', 'rst'));
    script.at(0).take();
    const [ack] = script.at(30).hears(synAck()).take();
    expect(optionsText(ack as NonNullable<typeof ack>)).toBe('nop,nop,ts=1030:5');
    expect(ack?.tcp?.header.window).toBe(64_240 / 128 + 0.125);
  });

  it('carries no option that the peer did not agree to', () => {
    const script = new Script(talk('hello', 'rst'));
    const [, ack] = script
      .at(0)
      .hears(synAck({ options: 'mss=1400' }))
      .take();
    expect(optionsText(ack as NonNullable<typeof ack>)).toBe('none');
    expect(ack?.tcp?.header.window).toBe(64_240);
  });
});

describe('opening', () => {
  it('sends the SYN again, doubling the time, then takes it back', () => {
    const script = new Script(idle);
    script.at(999).sends('S 0');
    script.at(1000).sends('S 0');
    script.at(2999).sends();
    script.at(3000).sends('S 0');
    script.at(6999).sends();
    script.at(7000).sends('R 1');
    expect(script.connection.ending).toEqual({ kind: 'no-response' });
  });

  it('believes no SYN-ACK that acknowledges something else', () => {
    const script = new Script(idle);
    script
      .at(0)
      .hears(synAck({ ack: 2 }))
      .hears(synAck({ ack: 0 }))
      .sends('S 0');
    expect(script.connection.state).toBe('SYN-SENT');
    expect(script.story.slice(1)).toEqual(['in:not-believed SYN-SENT', 'in:not-believed SYN-SENT']);
  });

  it('believes an RST that acknowledges the SYN and no other', () => {
    const script = new Script(idle);
    script.at(0).hears({ flags: 'R', seq: 1 }).hears({ flags: 'R.', seq: 0, ack: 5 });
    expect(script.connection.state).toBe('SYN-SENT');
    script.hears({ flags: 'R.', seq: 0, ack: 1 });
    expect(script.connection.ending).toEqual({ kind: 'refused' });
    script.sends('S 0');
  });

  it('names a challenge ACK and does not take it for an answer', () => {
    const script = new Script(idle);
    script.at(0).hears({ flags: '.', seq: 700, ack: 900 });
    expect(script.story.at(-1)).toBe('in:challenge-ack SYN-SENT');
  });

  it('tells which SYN was answered by the echo of its TSval', () => {
    const script = new Script(idle);
    script.at(1000).sends('S 0', 'S 0');
    script.at(1040).hears(synAck({ options: 'mss=1460,sackOK,ts=9:2000' }));
    expect(script.connection.pace.srtt).toBe(40 * NANOS_PER_MS);
  });

  it('measures nothing where that cannot be told (Karn)', () => {
    const script = new Script(idle, { options: 'mss=1460' });
    script
      .at(1000)
      .at(1040)
      .hears(synAck({ options: 'mss=1460' }));
    expect(script.connection.pace.srtt).toBe(0);
  });

  it('is soft on ICMP errors: a SYN-ACK that still comes wins', () => {
    const script = new Script(idle);
    script.at(0);
    expect(script.hearsIcmp(3, 1)).toBe(true);
    expect(script.at(1).connection.state).toBe('SYN-SENT');
    script.hears(synAck());
    expect(script.connection.state).toBe('ESTABLISHED');
  });

  it('comes sooner with its next SYN after an ICMP error, and ends when the last is over', () => {
    const script = new Script(idle);
    script.at(0).sends('S 0');
    for (const ms of [10, 120, 230]) {
      script.at(ms);
      script.hearsIcmp(3, 13);
    }
    script.at(400).sends('S 0', 'S 0', 'R 1');
    expect(script.connection.ending).toMatchObject({ kind: 'unreachable', code: 13 });
  });

  it('ends with the ICMP error when nothing else comes', () => {
    const script = new Script(idle, { retries: 0 });
    script.at(0);
    script.hearsIcmp(3, 13);
    script.at(1000);
    expect(script.connection.ending).toMatchObject({ kind: 'unreachable', type: 3, code: 13 });
  });

  it('believes no ICMP error that quotes another sequence number', () => {
    const script = new Script(idle);
    script.at(0);
    expect(script.hearsIcmp(3, 1, { position: 1234 })).toBe(false);
    expect(script.story).toEqual(['out:syn SYN-SENT']);
  });
});

describe('data in the SYN', () => {
  it('is not sent again when the SYN-ACK acknowledges it', () => {
    const script = new Script(idle, { payload: 'GET' });
    script
      .at(0)
      .sends('S 0:3')
      .hears(synAck({ ack: 4 }))
      .sends('. 4 ack 1');
    expect(script.connection.sent.acknowledgedBytes).toBe(3);
  });

  it('is sent again behind the handshake when it was ignored (RFC 7413, 4.2)', () => {
    const script = new Script(idle, { payload: 'GET' });
    script.at(0).sends('S 0:3').hears(synAck()).sends('. 4 ack 1', 'P. 1:4 ack 1');
  });
});

describe('acknowledgements', () => {
  it('withheld from the SYN-ACK, show how often it is repeated, and can be made up for', () => {
    const script = new Script(idle, { acknowledge: acknowledgeNothing });
    script.at(0).hears(synAck()).sends('S 0');
    script.at(1000).hears(synAck()).at(3000).hears(synAck()).sends();
    expect(script.connection.state).toBe('SYN-SENT');
    expect(script.story.filter((line) => line === 'in:syn-ack-again SYN-SENT')).toHaveLength(2);
    script.connection.acknowledge(3000 * NANOS_PER_MS);
    script.at(3000).sends('. 1 ack 1');
    expect(script.connection.state).toBe('ESTABLISHED');
  });

  it('withheld from data after the first segment, stay where they were whatever else is sent', () => {
    const script = new Script(idle, { acknowledge: acknowledgeFirst(1) });
    script.at(0).hears(synAck()).take();
    script.hears({ flags: '.', seq: 1, ack: 1, payload: 'a' }).sends('. 1 ack 2');
    script.hears({ flags: '.', seq: 2, ack: 1, payload: 'bcd' }).hears({ flags: '.', seq: 5, ack: 1, payload: 'efg' }).sends();
    script.connection.write(new TextEncoder().encode('x'));
    script.at(10).sends('P. 1:2 ack 2');
    script.hears({ flags: '.', seq: 2, ack: 2, payload: 'bcd' }).sends();
    expect(script.story.at(-1)).toBe('in:data-again ESTABLISHED');
    expect(script.connection.received.byteCount).toBe(7);
    script.stops().sends('R. 2 ack 2');
  });

  it('repeat what was acknowledged when the peer repeats its SYN-ACK', () => {
    const script = new Script(idle);
    script.at(0).hears(synAck()).take();
    script.at(1000).hears(synAck()).sends('. 1 ack 1');
    expect(script.story.slice(-2)).toEqual(['in:syn-ack-again ESTABLISHED', 'out:ack ESTABLISHED']);
  });

  it('tell of a gap by repeating themselves', () => {
    const script = new Script(idle);
    script.at(0).hears(synAck()).take();
    script.hears({ flags: '.', seq: 4, ack: 1, payload: 'def' }).sends('. 1 ack 1');
    script.hears({ flags: '.', seq: 1, ack: 1, payload: 'abc' }).sends('. 1 ack 7');
  });
});

describe('sending', () => {
  it('keeps to the window that the peer opens', () => {
    const script = new Script(talk('hello', 'rst'));
    script
      .at(0)
      .hears(synAck({ window: 0 }))
      .sends('S 0', '. 1 ack 1');
    script.at(5).hears({ flags: '.', seq: 1, ack: 1, window: 1 }).sends('P. 1:6 ack 1');
    expect(script.story.at(-2)).toBe('in:window-update ESTABLISHED');
  });

  it('cuts what is written by the peer MSS less timestamps', () => {
    const script = new Script(talk('x'.repeat(2000), 'rst'));
    script.at(0).hears(synAck()).sends('S 0', '. 1 ack 1', 'P. 1:1389 ack 1', 'P. 1389:2001 ack 1');
  });

  it('sends again what is not acknowledged, and gives up in the end', () => {
    const script = new Script(talk('hello', 'rst', 60_000));
    script.at(0).hears(synAck()).take();
    script.at(200).sends('P. 1:6 ack 1');
    script.at(600).sends('P. 1:6 ack 1');
    script.at(60_000).sends('P. 1:6 ack 1', 'R. 6 ack 1', 'R. 1 ack 1');
    expect(script.connection.ending).toEqual({ kind: 'no-response' });
  });

  it('sends again in smaller pieces when the path wants them smaller', () => {
    const script = new Script(talk('x'.repeat(1000), 'rst'));
    script.at(0).hears(synAck()).take();
    script.connection.limitSegments(600);
    script.connection.resend(0);
    script.at(1).sends('P. 1:601 ack 1', 'P. 601:1001 ack 1');
  });

  it('shrinks its segments at once when a router names a smaller MTU', () => {
    const script = new Script(talk('x'.repeat(2000), 'rst'));
    script.at(0).hears(synAck()).take();
    expect(script.hearsIcmp(3, 4, { position: 1, rest: 1052 })).toBe(true);
    script.at(1).sends('P. 1:1001 ack 1', 'P. 1001:2001 ack 1');
  });

  it('can probe with bytes before the stream, and believes ICMP about them', () => {
    const script = new Script(idle);
    script.at(0).hears(synAck()).take();
    script.connection.probe({ flags: 0, position: 1 - 1388, payload: new Uint8Array(1388) }, 0);
    script.at(1).sends('. -1387:1 ack 1');
    expect(script.hearsIcmp(3, 4, { position: 1 - 1388, rest: 1280 })).toBe(true);
    const note = script.connection.notes.at(-1);
    expect(note).toMatchObject({ kind: 'icmp', mtu: 1280, quotedSeq: -1387 });
  });
});

describe('resets', () => {
  it('count exactly at the next number, and are questioned elsewhere in the window (RFC 5961)', () => {
    const script = new Script(idle);
    script.at(0).hears(synAck()).take();
    script.hears({ flags: 'R', seq: 100 }).sends('. 1 ack 1');
    expect(script.connection.state).toBe('ESTABLISHED');
    script.hears({ flags: 'R', seq: 1 }).sends();
    expect(script.connection.ending).toEqual({ kind: 'reset-by-peer' });
  });

  it('leave with what is half open when the run is stopped', () => {
    const script = new Script(idle, { acknowledge: acknowledgeNothing });
    script.at(0).hears(synAck()).take();
    script.stops().sends('R. 1 ack 1');
  });

  it('take back a SYN that may still be answered', () => {
    const script = new Script(idle);
    script.at(0).take();
    script.stops().sends('R 1');
    script.hears(synAck()).at(1).sends('R 1');
  });

  it('answer a peer that still sends on a closed connection', () => {
    const script = new Script(talk('hello', 'rst', 10));
    script.at(0).hears(synAck()).hears({ flags: '.', seq: 1, ack: 6 }).at(10).take();
    script.hears({ flags: 'P.', seq: 1, ack: 6, payload: 'late' }).at(11).sends('R. 6 ack 1');
    expect(script.story.slice(-2)).toEqual(['in:ack-again CLOSED', 'out:rst CLOSED']);
  });
});
