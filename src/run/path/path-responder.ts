import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import type { PathResponder } from '../../records/path/path-record.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import type { Address } from '../../wire/address.ts';
import { fromHex } from '../../wire/hex.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';

/** What a responder says of the SYNs to a port, in the form that a path's record takes; null where no attempt was made. */
export function responderViewOf(outcome: ResponderOutcome, address: Address): PathResponder | null {
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) return null;
  const local = localViewOf(attempt.connection);
  const part = responderPartOf(outcome, attempt, local);
  const { responder, synSent } = part;
  const synArrived = responder.syn === null ? null : fromHex(responder.syn);
  const rttMs = local.rtt === null ? null : local.rtt / NANOS_PER_MS;
  const reply = local.reply === null ? null : local.reason;
  const { state, reason, from } = local;
  const seen = synArrived === null || synSent === null ? null : { address, synSent, synArrived, reply, rttMs };
  return { ...part, verdict: { state, reason, from }, seen };
}
