import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { IPV4_HEADER_BYTES, Ipv4Offset } from '../../wire/ipv4.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { TCP_HEADER_BYTES, TcpOffset } from '../../wire/tcp.ts';

/** How long nothing is sent after the kernel said that its queue is full. */
const STALL_PAUSE: Nanos = NANOS_PER_MS;
/** Most sent packets that are still expected among the captured ones. */
const MAX_UNSEEN = 256;

/** A packet that was posted, and what became of it. */
export interface Posted {
  /** The whole IP packet. */
  readonly bytes: Uint8Array;
  /** When it left, by the transport until the capture shows it; null while it waits or if it was refused. */
  sentAt: Nanos | null;
  /** Why the kernel refused it; 0 otherwise. */
  errno: number;
}

/** Packets of a session that sends few: posted in order, tried again while the kernel's queue is full. */
export class TransmitQueue {
  readonly #waiting: Posted[] = [];
  /** The packets of the latest batch, by slot. */
  #leaving: Posted[] = [];
  /** Sent, and not yet seen by the capture; oldest first. */
  readonly #unseen: Posted[] = [];
  #stalledUntil: Nanos = 0;

  /** Packets that wait to be sent. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Queues a whole IP packet. The result says what became of it after the next `flushed`. */
  post(bytes: Uint8Array): Posted {
    const posted: Posted = { bytes, sentAt: null, errno: 0 };
    this.#waiting.push(posted);
    return posted;
  }

  /** Withdraws every packet that has not left. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Withdraws packets that have not left and for which `isUnwanted` is true. */
  withdraw(isUnwanted: (posted: Posted) => boolean): void {
    const wanted = this.#waiting.filter((posted) => !isUnwanted(posted));
    this.#waiting.splice(0, this.#waiting.length, ...wanted);
  }

  /** As DrivenSession.poll; Infinity if nothing waits, a pause if the kernel's queue was full. */
  fill(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    this.#leaving = [];
    if (now < this.#stalledUntil) return this.#waiting.length === 0 ? Infinity : this.#stalledUntil;
    while (this.#waiting.length > 0 && batch.count < batch.capacity) {
      const posted = this.#waiting.shift() as Posted;
      const slot = batch.count++;
      batch.bytes.set(posted.bytes, slot * batch.slotSize);
      batch.lengths[slot] = posted.bytes.length;
      batch.tags[slot] = slot;
      this.#leaving.push(posted);
    }
    return this.#waiting.length === 0 ? Infinity : now;
  }

  /** As DrivenSession.flushed, for the batch that was filled last. */
  flushed(now: Nanos, batch: SendBatch): Nanos {
    const blocked: Posted[] = [];
    for (const [slot, posted] of this.#leaving.entries()) {
      const errno = batch.errors[slot] as number;
      if (errno === Errno.EAGAIN || errno === Errno.ENOBUFS) blocked.push(posted);
      else if (errno === 0) this.#left(posted, batch.sentAt[slot] as number);
      else posted.errno = errno;
    }
    this.#leaving = [];
    if (blocked.length === 0) return this.#waiting.length === 0 ? Infinity : now;
    this.#waiting.unshift(...blocked);
    this.#stalledUntil = now + STALL_PAUSE;
    return this.#stalledUntil;
  }

  /** True for a captured packet that was sent from here: `at` is then the time when it left. */
  stamp(bytes: Uint8Array, offset: number, length: number, at: Nanos): boolean {
    const seen = bytes.subarray(offset, offset + length);
    const index = this.#unseen.findIndex((posted) => isCopy(posted.bytes, seen));
    if (index < 0) return false;
    for (const posted of this.#unseen.splice(index, 1)) posted.sentAt = at;
    return true;
  }

  #left(posted: Posted, at: Nanos): void {
    posted.sentAt = at;
    if (this.#unseen.length >= MAX_UNSEEN) this.#unseen.shift();
    this.#unseen.push(posted);
  }
}

/**
 * True if `seen` is `sent` after the kernel filled in the IP checksum, and ID and source if they are 0. The
 * TCP checksum may be partial if hardware is to finish it.
 */
function isCopy(sent: Uint8Array, seen: Uint8Array): boolean {
  if (seen.length < IPV4_HEADER_BYTES + TCP_HEADER_BYTES || seen[0] !== sent[0]) return false;
  if (seen[Ipv4Offset.TTL] !== sent[Ipv4Offset.TTL]) return false;
  const id = ((sent[Ipv4Offset.ID] as number) << 8) | (sent[Ipv4Offset.ID + 1] as number);
  const same = (from: number, to: number): boolean => {
    for (let index = from; index < to; index++) if (sent[index] !== seen[index]) return false;
    return true;
  };
  if (id !== 0 && !same(Ipv4Offset.ID, Ipv4Offset.ID + 2)) return false;
  const checksum = IPV4_HEADER_BYTES + TcpOffset.CHECKSUM;
  return same(Ipv4Offset.DESTINATION, checksum) && same(checksum + 2, Math.min(sent.length, seen.length));
}
