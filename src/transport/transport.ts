import type { Address } from '../wire/address.ts';
import type { Nanos } from '../wire/numbers.ts';

/** Engines by their names in `--engine` and in the run record. */
export type EngineName = 'packet-ring' | 'raw-cap' | 'simulated';

/** Which clock round trips are measured by. */
export type ClockName = 'kernel' | 'userspace' | 'simulated';

/**
 * Ways of handing packets to the kernel: a raw IP socket, an AF_XDP transmit ring, an AF_PACKET socket. The
 * last two bypass the queueing discipline and all that sees outgoing packets, captures and stamps included.
 */
export type SendPathName = 'raw-ip' | 'af-xdp' | 'af-packet' | 'simulated';

/** The way that a transport uses. */
export interface SendPath {
  readonly name: SendPathName;
  /** Why it is this one; for people. */
  readonly why: string;
}

/**
 * Fixed slots for packets to send, owned by the transport and reused for every batch. Slot `i` is a whole IP
 * packet, `bytes[i * slotSize ... + lengths[i]]`. The session fills slots `0 ... count-1`; `flush` sends
 * them.
 */
export interface SendBatch {
  readonly capacity: number;
  readonly slotSize: number;
  /** May be another array after each `flush` (transmit rings). The transport leaves its contents alone. */
  readonly bytes: Uint8Array;
  readonly lengths: Uint16Array;
  /** For the code that fills the slot; the transport does not touch it. */
  readonly tags: Int32Array;
  /** After `flush`: 0 = handed to the kernel, else the errno (transport/errno.ts). */
  readonly errors: Int32Array;
  /** After `flush`: when the slot was handed to the kernel, if own packets are not captured. */
  readonly sentAt: Float64Array;
  count: number;
}

/**
 * Receives a captured IP packet, `bytes[offset ... offset+length]`, valid during the call only. `length` is
 * what was captured: the IP header may announce more (snap length) or less (Ethernet padding). Own outgoing
 * packets come too, where the engine sees them: their stamps are the send times.
 */
export type PacketHandler = (bytes: Uint8Array, offset: number, length: number, at: Nanos) => void;

/** Why a transport can no longer do its job (interface gone, capture closed). */
export interface TransportFault {
  readonly message: string;
  readonly hint: string;
}

/** What every engine implements; `test/contract/` tests it. Times are on one clock, zero when opened. */
export interface Transport {
  readonly engine: EngineName;
  readonly clock: ClockName;
  readonly sendPath: SendPath;
  readonly batch: SendBatch;
  /** Names the one receiver of captured packets; packets that came before are not replayed. */
  capture(handler: PacketHandler): void;
  /**
   * Tries to send slots `0 ... batch.count-1` in order and sets `errors` and `sentAt` of each. Never throws
   * for a packet. EAGAIN and ENOBUFS mean "not sent, try again later".
   */
  flush(): void;
  /**
   * Lets another thread send the slots, in any order, while `batch` is another one and packets that are
   * answered already are delivered all the same. False where that cannot be had, or is not worth it: nothing
   * has happened. Before the next `post` or `flush`, `settled` is asked until it says null.
   */
  post(): boolean;
  /** A batch that was posted and each of whose slots is now as after `flush`; null when there is none. */
  settled(): SendBatch | null;
  now(): Nanos;
  /** Resolves after a delivery, a settled batch, `until` or `wake`; lets captures in at least once. */
  wait(until: Nanos): Promise<void>;
  /** Ends a pending `wait` early (a signal arrived). */
  wake(): void;
  /** A fault that ends the run, or null. Cheap: called every turn of the loop. */
  fault(): TransportFault | null;
  /** Packets that the capture has lost so far, or null where the engine cannot know. Cheap. */
  drops(): number | null;
  /** Closes sockets, idempotent. */
  close(): Promise<void>;
}

/** An address and interface that packets leave from. */
export interface Source {
  readonly address: Address;
  readonly interface: string;
  /** Bytes of the largest IP packet on that interface. */
  readonly mtu: number;
}

/** How this host reaches targets, as the kernel says. */
export interface Routes {
  /** The ways out that lookups found so far; an index stays valid. */
  readonly sources: readonly Source[];
  /** Index into `sources`, or `-errno` when the kernel has no route (ENETUNREACH, EHOSTUNREACH, ...). */
  lookup(target: Address): number;
  /** True for an address of this host. */
  isLocal(address: Address): boolean;
  /**
   * True while the next hop towards `target` has not answered ARP: the kernel holds packets to it back or has
   * dropped them. False when that cannot be known.
   */
  isUnresolved(target: Address): boolean;
}
