import type { Address } from '../wire/address.ts';
import type { PacketView } from '../wire/packet-view.ts';

/** `error`: could not be sent from here, which says nothing about the port. */
export type PortState = 'open' | 'closed' | 'filtered' | 'error';

/** What a session says about one (target, port): one object, valid during the callback only. */
export interface Verdict {
  readonly targetIndex: number;
  readonly target: Address;
  readonly port: number;
  readonly state: PortState;
  /** What the state rests on: `syn-ack`, `rst`, `syn`, `no-response`, `icmp-...`, `send-error:ERRNO`. */
  readonly reason: string;
  /** Sender of the deciding packet, null when there is none. */
  readonly from: Address | null;
  /** TTL the deciding packet arrived with. */
  readonly ttl: number | null;
  /** 1-based number of the attempt that was answered; the number of SYNs sent when none was. */
  readonly attempts: number;
  /** Round trips of answered SYNs, milliseconds, in order of arrival. */
  readonly rttSamples: readonly number[];
  /** The SYN that was answered, else the last one, rebuilt byte for byte; null when none left this host. */
  readonly sent: Uint8Array | null;
  /** Makes `sent`, also after the callback has returned. */
  readonly recall: () => Uint8Array | null;
  /** The deciding packet from its IP header on, cut at 160 bytes; null when silent or not sent. */
  readonly reply: Uint8Array | null;
  /** The same packet, read in place; null when there is none. */
  readonly view: PacketView | null;
  /** A later, contradicting and proven answer to the same SYN (an RST after a SYN-ACK or the reverse). */
  readonly conflict: Uint8Array | null;
  /** Number of replies on the tuple that failed the proof, and the first of them. */
  readonly rejected: number;
  readonly rejectedReply: Uint8Array | null;
  /** MTU of the interface that the SYN left by; null when there was no route. */
  readonly mtu: number | null;
}
