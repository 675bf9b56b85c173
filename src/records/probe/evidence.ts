import type { Evidence } from '../../analysis/evidence.ts';
import type { HostFacts } from '../../analysis/host-ledger.ts';
import type { Verdict } from '../../probe/verdict.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { decodePacket } from '../../wire/packet.ts';

/**
 * Evidence of one verdict. If it `lasts`, it copies what it keeps of the verdict, which is reused;
 * otherwise it is valid during the callback only, and cheaper.
 */
export class VerdictEvidence implements Evidence {
  readonly reply: DecodedPacket | null;
  readonly conflict: DecodedPacket | null;
  readonly rejected: DecodedPacket | null;
  readonly rejectedCount: number;
  readonly rttMs: number | null;
  readonly host: HostFacts | null;
  readonly #verdict: Pick<Verdict, 'sent'>;
  #sent: DecodedPacket | null | undefined = undefined;

  constructor(verdict: Verdict, host: HostFacts | null, lasts: boolean) {
    this.host = host;
    this.#verdict = lasts ? { sent: verdict.sent } : verdict;
    this.reply = decoded(verdict.reply, lasts);
    this.conflict = decoded(verdict.conflict, lasts);
    this.rejected = decoded(verdict.rejectedReply, lasts);
    this.rejectedCount = verdict.rejected;
    this.rttMs = leastRtt(verdict);
  }

  /** Made and decoded when a finding first asks for it. */
  get sent(): DecodedPacket | null {
    if (this.#sent === undefined) this.#sent = decoded(this.#verdict.sent, false);
    return this.#sent;
  }
}

/** Lasting evidence of a plain reset whose host is not known yet; decoded when a finding asks for it. */
export class PlainResetEvidence implements Evidence {
  readonly conflict = null;
  readonly rejected = null;
  readonly rejectedCount = 0;
  readonly host = null;
  readonly rttMs: number | null;
  readonly #recall: () => Uint8Array | null;
  readonly #reply: Uint8Array | null;

  constructor(verdict: Verdict) {
    this.#recall = verdict.recall;
    this.#reply = verdict.reply?.slice() ?? null;
    this.rttMs = leastRtt(verdict);
  }

  get sent(): DecodedPacket | null {
    return decoded(this.#recall(), false);
  }

  get reply(): DecodedPacket | null {
    return decoded(this.#reply, false);
  }
}

/** The same evidence, now that the host is known. */
export function withHost(evidence: Evidence, host: HostFacts): Evidence {
  const { sent, reply, conflict, rejected, rejectedCount, rttMs } = evidence;
  return { sent, reply, conflict, rejected, rejectedCount, rttMs, host };
}

/** The shortest round trip of a verdict in milliseconds, or null. */
export function leastRtt({ rttSamples }: Verdict): number | null {
  let least = rttSamples[0] ?? null;
  for (const sample of rttSamples) if (least !== null && sample < least) least = sample;
  return least;
}

/** `copied`: the bytes are the verdict's, which reuses them. */
function decoded(bytes: Uint8Array | null, copied: boolean): DecodedPacket | null {
  if (bytes === null) return null;
  const result = decodePacket(copied ? bytes.slice() : bytes);
  return result.ok ? result.value : null;
}
