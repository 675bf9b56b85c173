import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { type Answer, answer } from './answer.ts';
import { connectionsFor, synAckOf } from './exchange.ts';

/** What SYN and SYN-ACK negotiated. */
export interface NegotiatedFacts {
  readonly optionsText: string;
  /** The MSS that the peer advertised; 536 where it advertised none. */
  readonly mss: number;
  /** Payload bytes of a full segment to the peer: its MSS less the options that every segment carries. */
  readonly segmentBytes: number;
  /** In the SYN-ACK in bytes, and the shift that the peer applies to later ones; null without scaling. */
  readonly window: number;
  readonly windowShift: number | null;
  readonly sack: boolean;
  readonly timestamps: boolean;
}

/** Reads it from the first connection; null without a SYN-ACK. */
export function negotiation(investigation: Investigation): Answer<NegotiatedFacts | null> {
  const connection = connectionsFor(investigation, 'asked').find(({ agreement }) => agreement !== null);
  const synAck = connection === undefined ? null : synAckOf(connection);
  const agreement = connection?.agreement ?? null;
  if (connection === undefined || synAck === null || agreement === null) return answer(null);
  const { peerMss: mss, peerShift, isScaled, sack, timestamps } = agreement;
  return answer({
    optionsText: formatOptions(synAck.segment.header.options),
    mss,
    segmentBytes: connection.segmentSize,
    window: synAck.window,
    windowShift: isScaled ? peerShift : null,
    sack,
    timestamps,
  });
}
