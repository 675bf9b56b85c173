import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { anything, synAck, tcp, type Match } from '../match.ts';
import { rewrite, when, type Middlebox } from '../middlebox.ts';
import { ackOf, flagsOf, seqOf, trafficClassOf, type Packet } from '../packet.ts';
import { edited, set } from '../packet-edit.ts';
import type { TwoWay } from './options.ts';

const ECN_FIELD = 0x03;

/** Sets DSCP to `dscp`, 0 to 63; the ECN field stays. */
export function rewriteDscp(dscp: number): Middlebox {
  return rewrite((packet) =>
    edited(packet, (bytes) => set.trafficClass(bytes, (dscp << 2) | (trafficClassOf(bytes) & ECN_FIELD))),
  );
}

/** Clears ECE and CWR of TCP and the ECN field of IP. */
export function clearEcn(): Middlebox {
  return rewrite((packet) =>
    edited(packet, (bytes) => {
      set.trafficClass(bytes, trafficClassOf(bytes) & ~ECN_FIELD);
      if (tcp(bytes)) set.flags(bytes, flagsOf(bytes) & ~(TcpFlag.ECE | TcpFlag.CWR));
    }),
  );
}

/**
 * Sets ECE and CWR on SYN-ACKs, as a stack that reflects the SYN's flags does: no agreement (RFC 3168,
 * 6.1.1).
 */
export function reflectEcn(): Middlebox {
  return changeField((bytes) => set.flags(bytes, flagsOf(bytes) | TcpFlag.ECE | TcpFlag.CWR), synAck);
}

/** Gives every packet the same TTL: a normaliser, which hides the hops before it from a trace. */
export function resetTtl(ttl: number): Middlebox {
  return changeField((bytes) => set.ttl(bytes, ttl));
}

/**
 * Adds `offset` to the client's sequence numbers and subtracts it from the acknowledgments on the reverse
 * path.
 */
export function translateSeq(offset: number): TwoWay {
  return {
    forward: when(
      tcp,
      rewrite((packet) => edited(packet, (bytes) => set.seq(bytes, seqOf(bytes) + offset))),
    ),
    reverse: when(
      (packet) => tcp(packet) && (flagsOf(packet) & TcpFlag.ACK) !== 0,
      rewrite((packet) => edited(packet, (bytes) => set.ack(bytes, ackOf(bytes) - offset))),
    ),
  };
}

/** Adds `offset` to the acknowledgment number of SYN-ACKs that match, which makes them invalid. */
export function forgeAck(offset: number, match: Match = anything): Middlebox {
  return changeField(
    (bytes) => set.ack(bytes, ackOf(bytes) + offset),
    (packet) => synAck(packet) && match(packet),
  );
}

/** Any other change to header fields, made with `set`; checksums are updated. */
export function changeField(change: (bytes: Uint8Array) => void, match: Match = anything): Middlebox {
  return when(
    match,
    rewrite((packet: Packet) => edited(packet, change)),
  );
}
