import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { encodeTcpPacket } from '../../wire/packet.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { DrivenSession } from './driven-session.ts';
import { TransmitQueue } from './transmit-queue.ts';

const { SYN, ACK, RST } = TcpFlag;
/** Most resets that are sent, however many SYN-ACKs arrive. */
const MAX_RESETS = 4096;

/** Resets what SYNs from some source ports leave half open, for the kernel: one RST for each SYN-ACK. */
export class HalfOpenResets implements DrivenSession {
  readonly #ports: ReadonlySet<number>;
  readonly #transmitQueue = new TransmitQueue();
  readonly #view = new PacketView();
  #sent = 0;

  constructor(sourcePorts: readonly number[]) {
    this.#ports = new Set(sourcePorts);
  }

  /** True while there is nothing to send. */
  get finished(): boolean {
    return this.#transmitQueue.size === 0;
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    return this.#transmitQueue.fill(now, batch);
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    return this.#transmitQueue.flushed(now, batch);
  }

  receive(bytes: Uint8Array, offset: number, length: number): void {
    const view = this.#view;
    if (!view.load(bytes, offset, length) || !view.isTcp || !this.#ports.has(view.destinationPort)) return;
    if ((view.flags & (SYN | ACK | RST)) !== (SYN | ACK) || this.#sent++ >= MAX_RESETS) return;
    this.#transmitQueue.post(
      encodeTcpPacket({
        source: view.destination,
        destination: view.source,
        sourcePort: view.destinationPort,
        destinationPort: view.sourcePort,
        // RFC 9293, 3.10.7.1: where the SYN-ACK's acknowledgement says that we are.
        seq: view.ack,
        flags: RST,
        window: 0,
      }),
    );
  }

  noteDrops(): void {
    // A lost SYN-ACK is sent again.
  }

  stop(): void {
    // What is owed still leaves.
  }

  drainOnClose(batch: SendBatch): void {
    this.#transmitQueue.fill(Infinity, batch);
  }
}
