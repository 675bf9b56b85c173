import { describe, expect, it } from 'vitest';

import { acknowledgeFirst } from '../../../src/probe/connection/ack-policy.ts';
import { established, inStages } from '../../../src/probe/connection/stage.ts';
import { measured } from '../../../src/probe/mss/measured.ts';
import { SegmentGauge, type SegmentSize } from '../../../src/probe/mss/segment-gauge.ts';
import { Script } from '../connection/script.ts';

/** 12 bytes of options count towards an MSS. */
const TS = 'nop,nop,ts=500:1000';
const ALLOWED = 1460;
const SYN_ACK = { flags: 'S.', ack: 1, options: 'mss=1460,sackOK,ts=400:1000,nop,wscale=7' };

/** A reply as it comes in, by hand; the server's time-out is the test's. */
class Reply {
  readonly #gauge = new SegmentGauge(ALLOWED);
  readonly #script: Script;
  #now = 1;

  constructor() {
    const stages = [established, measured(null, this.#gauge, { lastAt: 0 })];
    this.#script = new Script(inStages(stages), { acknowledge: acknowledgeFirst(0) });
    this.#script.at(0).hears(SYN_ACK).at(1);
    this.#script.take();
  }

  /** Bytes from position `seq` on, `ms` behind what came before. */
  segment(ms: number, seq: number, length: number, flags: string = '.'): this {
    this.#now += ms;
    this.#script
      .at(this.#now)
      .hears({ flags, seq, ack: 1, options: TS, payload: 'x'.repeat(length) })
      .at(this.#now + 0.01);
    return this;
  }

  /** A copy of the SYN-ACK. */
  synAckAgain(ms: number): this {
    this.#now += ms;
    this.#script
      .at(this.#now)
      .hears(SYN_ACK)
      .at(this.#now + 0.01);
    return this;
  }

  /** What was acknowledged since the last call, as positions. */
  get acknowledged(): readonly string[] {
    return this.#script.take().map(({ tcp }) => `${((tcp?.header.ack ?? 0) - 0xffff_ff00) >>> 0}`);
  }

  get size(): SegmentSize {
    return this.#gauge.size;
  }

  get state(): string {
    return this.#script.connection.state;
  }
}

describe('the size of segments', () => {
  it('is not that of what the capture shows: ten segments put together', () => {
    const reply = new Reply().segment(1, 1, 14_480);
    expect(reply.size).toMatchObject({ full: null, atLeast: null, bytes: 14_480 });
    expect(reply.segment(205, 1, 1288).size).toMatchObject({ full: 1300, atLeast: 1300 });
    expect(reply.state).toBe('CLOSED');
  });

  it('is not that of two small segments put together, shorter than one full one', () => {
    expect(new Reply().segment(1, 1, 1048).segment(205, 1, 524).size.full).toBe(536);
  });

  it('is not that of a copy that the network makes', () => {
    const reply = new Reply().segment(1, 1, 2896).segment(0.2, 1, 2896);
    expect(reply.size.atLeast).toBeNull();
    expect(reply.segment(205, 1, 1448).size.full).toBe(1460);
  });

  it('is that of a single one without PSH, with bytes behind it', () => {
    const reply = new Reply().segment(1, 1, 1288).segment(0, 1289, 500, 'P.');
    expect(reply.segment(205, 1, 1288).size.full).toBe(1300);
  });

  it('is that of one of two alike, where every segment has PSH', () => {
    const reply = new Reply().segment(1, 1, 1288, 'P.').segment(0, 1289, 1288, 'P.');
    expect(reply.segment(205, 1, 1288, 'P.').size.full).toBe(1300);
  });

  it('is that of the offer, whatever follows', () => {
    expect(new Reply().segment(1, 1, 1448, 'P.').segment(205, 1, 1448, 'P.').size.full).toBe(1460);
  });

  it('stays unknown after a short reply', () => {
    const reply = new Reply().segment(1, 1, 400, 'P.').segment(205, 1, 400, 'P.');
    expect(reply.size).toEqual({ full: null, atLeast: 412, bytes: 400 });
    expect(reply.acknowledged).toEqual(['401']);
  });

  it('shows behind a short write that was acknowledged, and only once it was repeated: an answer to an ACK may be longer', () => {
    const reply = new Reply().segment(1, 1, 150, 'P.').segment(0.1, 151, 5152, 'P.').segment(205, 1, 150, 'P.');
    expect(reply.acknowledged).toEqual(['151']);
    expect(reply.segment(1, 151, 2576).size.full).toBeNull();
    expect(reply.segment(205, 151, 1288).size.full).toBe(1300);
  });

  it('asks for no more than it must: what was acknowledged and comes again is acknowledged again', () => {
    const reply = new Reply().segment(1, 1, 150, 'P.').segment(0.1, 151, 5152, 'P.').segment(205, 1, 150, 'P.');
    expect(reply.acknowledged).toEqual(['151']);
    expect(reply.segment(400, 1, 150, 'P.').acknowledged).toEqual(['151']);
  });

  it('is measured at the head alone: the tail that a loss probe repeats may be short', () => {
    const reply = new Reply().segment(1, 1, 2900, 'P.').segment(30, 2897, 4, 'P.');
    expect(reply.size).toMatchObject({ full: null, atLeast: null });
    expect(reply.segment(180, 1, 1448).size.full).toBe(1460);
  });

  // A copy of the SYN-ACK was acknowledged with all that had come; the ACK was lost, the head came again and was acknowledged again, and two segments followed.
  it('is not that of what answers an ACK that was sent again', () => {
    const reply = new Reply().segment(1, 1, 1288).synAckAgain(0.1).segment(2, 1289, 1288).segment(600, 1, 1288);
    expect(reply.segment(1, 1289, 2576).size.full).toBeNull();
    expect(reply.segment(205, 1289, 1288).size.full).toBe(1300);
  });

  it('survives a loss of the first segment', () => {
    const reply = new Reply().segment(1, 1449, 1448).segment(0, 2897, 1448);
    expect(reply.segment(205, 1, 1448).size.full).toBeNull();
    expect(reply.segment(410, 1, 1448).size.full).toBe(1460);
  });
});
