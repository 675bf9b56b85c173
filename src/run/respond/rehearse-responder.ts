import { ProofSyns } from '../../probe/responder/proof-syns.ts';
import type { ResponderPlan } from '../../probe/responder/responder-plan.ts';
import { ResponderSession } from '../../probe/responder/responder-session.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { UNSPECIFIED } from '../../wire/address.ts';
import { readSpec } from '../options/read-options.ts';

const SLOT_BYTES = 2048;
const PORT = 1;

/**
 * Lets a responder of its own answer a SYN that is never sent. Code is compiled when it first runs: that takes ten milliseconds and more, which would stand in the
 * first client's round trip.
 */
export function rehearseResponder({ mac, random, wallClock }: Pick<ResponderPlan, 'mac' | 'random' | 'wallClock'>): void {
  const source = { address: UNSPECIFIED, interface: '', mtu: 1500 };
  const nowhere = { sources: [source], lookup: () => 0, isLocal: () => true, isUnresolved: () => false };
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
  const syns = new ProofSyns({ mac, wallClock, sourcePorts: [PORT + 1], ipId: null, firstId: 0, routes: nowhere });
  const syn = syns.to(UNSPECIFIED, PORT, { spec: readSpec({}), carriers: [] })();
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
