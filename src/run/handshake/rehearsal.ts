import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { runExchange } from '../../probe/connection/run-exchange.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { type Address, parseAddress } from '../../wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { encodeTcpPacket, type TcpPacketFields } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { TcpOption } from '../../wire/decoded.ts';

/** A documentation address (RFC 5737): packets that nobody sends or gets. */
const NOBODY = parseAddress('192.0.2.1') as Address;
const [CLIENT, SERVER] = [2, 1];
const [ISN, SERVER_ISN] = [1000, 2000];
const SAID = Uint8Array.of(1, 2, 3);
const ROUNDS = 3;
const SLOT_BYTES = 2048;
const SLOTS = 8;
const OPTIONS: readonly TcpOption[] = [
  { kind: 2, name: 'mss', value: 1460 },
  { kind: 4, name: 'sackOK' },
  { kind: 8, name: 'ts', value: 1, echo: 1 },
  { kind: 1, name: 'nop' },
  { kind: 3, name: 'wscale', value: 7 },
];

/**
 * Plays whole connections against nobody, before the first SYN leaves and without a socket. Code is compiled when it first runs: that would take milliseconds
 * between a SYN-ACK and its ACK, where the peer and the timeline see it.
 */
export function rehearseConnections(): void {
  for (let round = 0; round < ROUNDS; round++) playConnection();
}

function playConnection(): void {
  const syn = segment({ ...client(TcpFlag.SYN, 0), options: OPTIONS });
  const script = runExchange({ say: SAID, listen: NANOS_PER_MS, close: 'fin' });
  const session = new ConnectionSession({ connectionPlans: [once(syn, script)], atOnce: 1 });
  const batch = emptyBatch();
  const { SYN, ACK, FIN } = TcpFlag;
  const replies = [
    segment({ ...server(SYN | ACK, 0, 1), options: OPTIONS }),
    segment({ ...server(ACK, 1, 1 + SAID.length), payload: SAID }),
    segment(server(ACK | FIN, 1 + SAID.length, 2 + SAID.length)),
  ];
  let now: Nanos = 0;
  for (const reply of replies) {
    turn(session, batch, now);
    now += 2 * NANOS_PER_MS;
    session.receive(reply, 0, reply.length, now);
  }
  turn(session, batch, now);
  session.stop();
  session.drainOnClose(batch);
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

type Numbers = Pick<TcpPacketFields, 'sourcePort' | 'destinationPort' | 'seq' | 'ack' | 'flags'>;

function client(flags: number, position: number): Numbers {
  return { sourcePort: CLIENT, destinationPort: SERVER, seq: ISN + position, ack: 0, flags };
}

function server(flags: number, position: number, acknowledged: number): Numbers {
  return { sourcePort: SERVER, destinationPort: CLIENT, seq: SERVER_ISN + position, ack: ISN + acknowledged, flags };
}

function segment(fields: Omit<TcpPacketFields, 'source' | 'destination'>): Uint8Array {
  return encodeTcpPacket({ source: NOBODY, destination: NOBODY, id: 1, ...fields });
}

function emptyBatch(): SendBatch {
  return {
    capacity: SLOTS,
    slotSize: SLOT_BYTES,
    bytes: new Uint8Array(SLOTS * SLOT_BYTES),
    lengths: new Uint16Array(SLOTS),
    tags: new Int32Array(SLOTS),
    errors: new Int32Array(SLOTS),
    sentAt: new Float64Array(SLOTS),
    count: 0,
  };
}
