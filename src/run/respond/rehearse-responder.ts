import { ProvenSyns } from '../../probe/responder/proven-syns.ts';
import type { ResponderPlan } from '../../probe/responder/responder-plan.ts';
import { ResponderSession } from '../../probe/responder/responder-session.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { UNSPECIFIED } from '../../wire/address.ts';
import { SynTemplate } from '../../wire/syn-template.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';

const SLOT_BYTES = 2048;
const PORT = 1;

/**
 * Lets a responder of its own answer a SYN that is never sent. Code is compiled when it first runs: that takes ten milliseconds and more, which would stand in the
 * first client's round trip.
 */
export function rehearseResponder({ mac, random, wallClock }: Pick<ResponderPlan, 'mac' | 'random' | 'wallClock'>): void {
  const nowhere = { sources: [], lookup: () => 0, isLocal: () => true, isUnresolved: () => false };
  const session = new ResponderSession({
    mac,
    random,
    wallClock,
    ports: [PORT],
    routes: nowhere,
    endAt: Infinity,
    endAfter: Infinity,
    onAttempt: () => undefined,
  });
  const syns = new ProvenSyns({ mac, wallClock, sourcePorts: [PORT + 1], ipId: null, firstId: 0 });
  const template = new SynTemplate({
    source: UNSPECIFIED,
    options: { ok: true, bytes: Uint8Array.of(2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7), tsvalOffset: 8 },
    ttl: 64,
    tos: 0,
    window: 0,
    flags: TcpFlag.SYN,
    df: true,
    payload: new Uint8Array(0),
    badChecksum: false,
  });
  const syn = syns.make(template, UNSPECIFIED, PORT);
  const batch = emptyBatch();
  session.poll(0, batch);
  session.receive(syn, 0, syn.length, 0);
  session.poll(0, batch);
  session.flushed(0, batch);
  session.stop();
  session.drainOnClose(batch);
}

function emptyBatch(): SendBatch {
  return {
    capacity: 1,
    slotSize: SLOT_BYTES,
    bytes: new Uint8Array(SLOT_BYTES),
    lengths: new Uint16Array(1),
    tags: new Int32Array(1),
    errors: new Int32Array(1),
    sentAt: new Float64Array(1),
    count: 0,
  };
}
