import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { type Answer, plain } from './answer.ts';
import { synAckOf, trialsOf } from './exchange.ts';

/** What SYN and SYN-ACK negotiated. */
export interface NegotiatedFacts {
  readonly optionsText: string;
  /** The MSS that the peer advertised; 536 where it advertised none. */
  readonly mss: number;
  /** Payload bytes of a full segment to the peer: its MSS less the options that every segment carries. */
  readonly segmentBytes: number;
  /** The peer's window in the SYN-ACK in bytes, and the shift that it applies to later ones; null without scaling. */
  readonly window: number;
  readonly windowShift: number | null;
  readonly sack: boolean;
  readonly timestamps: boolean;
}

/** Reads it from the first connection; null without a SYN-ACK. */
export function negotiation(investigation: Investigation): Answer<NegotiatedFacts | null> {
  const connection = trialsOf(investigation, 'asked').find((trial) => trial.connection.agreement !== null)?.connection;
  const synAck = connection === undefined ? null : synAckOf(connection);
  const agreement = connection?.agreement ?? null;
  if (connection === undefined || synAck === null || agreement === null) return plain(null);
  const { peerMss: mss, peerShift, isScaled, sack, timestamps } = agreement;
  return plain({
    optionsText: formatOptions(synAck.segment.header.options),
    mss,
    segmentBytes: connection.segmentSize,
    window: synAck.window,
    windowShift: isScaled ? peerShift : null,
    sack,
    timestamps,
  });
}
