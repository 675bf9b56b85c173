import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ConnectionSession, type ConnectionPlan } from '../probe/connection/connection-session.ts';
import { runExchange } from '../probe/connection/stage.ts';
import { proofWords, slotAt } from '../probe/responder/proof.ts';
import type { ResponderPlan } from '../probe/responder/responder-plan.ts';
import { ResponderSession } from '../probe/responder/responder-session.ts';
import type { DrivenSession } from '../probe/session/driven-session.ts';
import type { SendBatch, Transport } from '../transport/transport.ts';
import { type Address, parseAddress } from '../wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../wire/numbers.ts';
import { encodeIcmpPacket, encodeTcpPacket, type TcpPacketFields } from '../wire/packet.ts';
import { TcpFlag } from '../wire/tcp-flags.ts';
import type { TcpOption } from '../wire/decoded.ts';

// V8 compiles code when it first runs. Without these rehearsals that time would stand in the first round
// trips.

/** A documentation address (RFC 5737): none of these packets is sent. */
const NOWHERE = parseAddress('192.0.2.1') as Address;
const ROUNDS = 3;
const { SYN, ACK, FIN } = TcpFlag;
const SLOT_BYTES = 2048;

/**
 * Turns the loop and shows a session packets that prove nothing. Sends nothing. For transports that stamp
 * packets in this process: there a millisecond or two of compiling would count as part of the first round
 * trip.
 */
export async function warmUp(
  session: Pick<DrivenSession, 'receive' | 'flushed'>,
  transport: Transport,
  sourcePort: number,
): Promise<void> {
  const syn = segment({ sourcePort, destinationPort: sourcePort, seq: 0, flags: SYN });
  const synAck = segment({ sourcePort: 1, destinationPort: sourcePort, seq: 0, flags: SYN | ACK });
  const unreachable = encodeIcmpPacket({ source: NOWHERE, destination: NOWHERE, type: 3, code: 3, quote: syn });
  for (let round = 0; round < ROUNDS; round++) {
    for (const packet of [syn, synAck, unreachable]) session.receive(packet, 0, packet.length, 0);
    transport.batch.count = 0;
    transport.flush();
    session.flushed(transport.now(), transport.batch);
    // oxlint-disable-next-line no-await-in-loop -- turns of the loop, one after the other
    await transport.wait(transport.now());
  }
}

/**
 * Collects the whole heap now. V8 would do so seconds into a long run, for longer than the capture should
 * wait (measured: 10 ms). Afterwards a run of millions of pairs gives it no cause to.
 */
export function settleHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

/**
 * Plays whole connections without a transport. Otherwise the peer sees the time of compiling between
 * SYN-ACK and ACK.
 */
export function rehearseConnections(): void {
  const syn = segment({ sourcePort: 2, destinationPort: 1, seq: 1000, flags: SYN, options: usualOptions(1) });
  const payload = Uint8Array.of(1, 2, 3);
  const server = { sourcePort: 1, destinationPort: 2 };
  const replies = [
    segment({ ...server, seq: 2000, ack: 1001, flags: SYN | ACK, options: usualOptions(1) }),
    segment({ ...server, seq: 2001, ack: 1004, flags: ACK, payload }),
    segment({ ...server, seq: 2004, ack: 1005, flags: ACK | FIN }),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const script = runExchange({ send: payload, listen: NANOS_PER_MS, close: 'fin' });
    const session = new ConnectionSession({ connectionPlans: [once(syn, script)], atOnce: 1 });
    const batch = emptyBatch(8);
    for (const [index, reply] of replies.entries()) {
      const now = 2 * NANOS_PER_MS * index;
      turn(session, batch, now);
      session.receive(reply, 0, reply.length, now + 2 * NANOS_PER_MS);
    }
    turn(session, batch, 2 * NANOS_PER_MS * replies.length);
    session.stop();
    session.drainOnClose(batch);
  }
}

function turn(session: ConnectionSession, batch: SendBatch, now: Nanos): void {
  session.poll(now, batch);
  session.flushed(now, batch);
  for (let slot = 0; slot < batch.count; slot++) {
    session.receive(batch.bytes, slot * SLOT_BYTES, batch.lengths[slot] as number, now);
  }
}

function* once(syn: Uint8Array, script: ReturnType<typeof runExchange>): ConnectionPlan {
  yield [{ syn, script, initialRto: 1000 * NANOS_PER_MS, retries: 0 }];
}

/**
 * Lets a responder answer a SYN without a transport. Otherwise the first round trip has 10 ms of compiling
 * in it.
 */
export function rehearseResponder({ mac, random, wallClock }: Pick<ResponderPlan, 'mac' | 'random' | 'wallClock'>): void {
  const session = new ResponderSession({
    mac,
    random,
    wallClock,
    ports: [1],
    routes: { sources: [], lookup: () => 0, isLocal: () => true, isUnresolved: () => false },
    endAt: Infinity,
    endAfter: Infinity,
    onAttempt: () => undefined,
  });
  const { isn, tsval } = proofWords(mac, slotAt(wallClock()));
  const syn = segment({ sourcePort: 2, destinationPort: 1, seq: isn >>> 0, flags: SYN, options: usualOptions(tsval >>> 0) });
  const batch = emptyBatch(1);
  session.poll(0, batch);
  session.receive(syn, 0, syn.length, 0);
  session.poll(0, batch);
  session.flushed(0, batch);
  session.stop();
  session.drainOnClose(batch);
}

function usualOptions(tsval: number): readonly TcpOption[] {
  return [
    { kind: 2, name: 'mss', value: 1460 },
    { kind: 4, name: 'sackOK' },
    { kind: 8, name: 'ts', value: tsval, echo: 0 },
    { kind: 1, name: 'nop' },
    { kind: 3, name: 'wscale', value: 7 },
  ];
}

function segment(fields: Omit<TcpPacketFields, 'source' | 'destination'>): Uint8Array {
  return encodeTcpPacket({ source: NOWHERE, destination: NOWHERE, id: 1, ...fields });
}

function emptyBatch(capacity: number): SendBatch {
  return {
    capacity,
    slotSize: SLOT_BYTES,
    bytes: new Uint8Array(capacity * SLOT_BYTES),
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}
