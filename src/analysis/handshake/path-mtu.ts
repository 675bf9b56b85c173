import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatAddress } from '../../wire/address.ts';
import { type Answer, answer, found } from './answer.ts';
import { IPV4 } from '../../wire/family.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** How large packets may be. */
export interface PathMtuFacts {
  /** The largest IP packet that arrived; null when not even a small one was acknowledged. */
  readonly bytes: number | null;
  /** The router that reported the limit (ICMP 3/4); null without a report. */
  readonly reportedBy: string | null;
}

/** Whether full-size segments with DF fit, and what prevents it; null when it was not measured. */
export function pathMtu({ pathMtu: measured }: Investigation): Answer<PathMtuFacts | null> {
  if (measured === null) return answer(null);
  const { bytes, largest, reported, probes, isCut } = measured;
  const reportedBy = reported === null ? null : formatAddress(reported.by);
  const facts = { bytes, reportedBy };
  if (bytes === null)
    return answer(
      facts,
      `The path MTU cannot be told: none of ${probes} probes of old bytes was acknowledged, not even a small one.`,
    );
  if (bytes === largest) {
    const what = isCut ? 'The largest packets that can be tried here fit' : 'Full-size packets fit';
    return answer(facts, `${what}: ${bytes} bytes with DF arrived.`);
  }
  const cure = `an MSS of ${mssOfMtu(bytes, IPV4)} fits`;
  if (reportedBy !== null) {
    const named = reported?.mtu === null ? 'without a size' : `MTU ${reported?.mtu}`;
    return answer(facts, `Path MTU ${bytes}: ${reportedBy} reports it by ICMP (fragmentation needed, ${named}); ${cure}.`);
  }
  return found(facts, 'pmtu-black-hole', {
    certainty: 'likely',
    direction: 'forward',
    sent: bytes + 1,
    received: bytes,
    detail:
      `Packets of ${bytes} bytes with DF arrive, those of ${bytes + 1} and more vanish without an ICMP 3/4: a path MTU black hole. ` +
      `Transfers will hang after the handshake; clamp the MSS to ${mssOfMtu(bytes, IPV4)} at the narrow link, or let ICMP 3/4 through.`,
  });
}
