import { describe, expect, it } from 'vitest';

import type { DrivenSession } from '../../../src/probe/session/driven-session.ts';
import { JointSession } from '../../../src/probe/session/joint-session.ts';
import type { SendBatch } from '../../../src/transport/transport.ts';

/** A session that has so many packets to send, and something to do only while it has. */
class Few implements DrivenSession {
  packets: number;
  readonly flushes: number[] = [];
  received = 0;
  stopped = false;
  onPoll: () => void = () => undefined;

  constructor(packets: number) {
    this.packets = packets;
  }

  get finished(): boolean {
    return this.packets === 0;
  }

  poll(now: number, batch: SendBatch): number {
    batch.count = 0;
    this.onPoll();
    if (this.finished) return Infinity;
    this.packets--;
    batch.count = 1;
    return now + 1000;
  }

  flushed(now: number): number {
    this.flushes.push(now);
    return Infinity;
  }

  receive(): void {
    this.received++;
  }

  noteDrops(): void {
    // Nothing to note.
  }

  stop(): void {
    this.stopped = true;
  }

  drainOnClose(batch: SendBatch): void {
    batch.count = this.packets > 0 ? 1 : 0;
    this.packets = Math.max(0, this.packets - 1);
  }
}

const batch = (): SendBatch => ({ count: 0 }) as SendBatch;

describe('sessions over one transport', () => {
  it('send in turn, and each learns what became of its own packets', () => {
    const [one, other] = [new Few(2), new Few(1)];
    const joint = new JointSession([one, other]);
    const sent = batch();
    for (let now = 0; !joint.finished; now++) {
      expect(joint.poll(now, sent)).toBe(now);
      joint.flushed(now, sent);
    }
    expect(one.flushes.length + other.flushes.length).toBe(3);
    expect(other.flushes).toHaveLength(1);
  });

  it('are asked again at once when one gives another something to do', () => {
    const [giver, taker] = [new Few(0), new Few(0)];
    const waits: DrivenSession = Object.assign(new Few(1), { poll: (now: number) => now + 1000 });
    const joint = new JointSession([waits, taker, giver]);
    giver.onPoll = () => {
      taker.packets = 1;
    };
    // The taker is asked before the giver.
    expect(joint.poll(5, batch())).toBe(5);
    expect(joint.finished).toBe(false);
  });

  it('all see every packet, all stop, and all take their leave', () => {
    const sessions = [new Few(1), new Few(1)];
    const joint = new JointSession(sessions);
    joint.receive(new Uint8Array(0), 0, 0, 0);
    joint.stop();
    const left = [0, 0, 0].map(() => {
      const last = batch();
      joint.drainOnClose(last);
      return last.count;
    });
    expect(left).toEqual([1, 1, 0]);
    expect(sessions.map(({ received, stopped }) => [received, stopped])).toEqual([
      [1, true],
      [1, true],
    ]);
  });
});
