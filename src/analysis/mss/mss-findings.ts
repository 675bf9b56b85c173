import { type Direction, type Finding, type FindingCode, finding } from '../finding.ts';
import { lostSizes, type MssEvidence } from './mss-evidence.ts';
import type { MssChange, MssVerdict } from './mss-verdict.ts';
import { IPV4 } from '../../wire/family.ts';
import { mtuOfMss } from '../../wire/tcp.ts';

const CODES: Readonly<Record<MssChange, FindingCode>> = {
  lowered: 'mss-clamped',
  raised: 'mss-clamped',
  set: 'mss-clamped',
  added: 'option-added',
  removed: 'option-missing',
};

/** The findings that verdicts and evidence amount to; empty on a clean path. */
export function mssFindings(evidence: MssEvidence, forward: MssVerdict, reverse: MssVerdict): readonly Finding[] {
  return [...verdictFinding(forward, 'forward'), ...verdictFinding(reverse, 'reverse'), ...blackHole(evidence)];
}

function verdictFinding({ change, certainty, clampedTo, detail }: MssVerdict, direction: Direction): readonly Finding[] {
  if (change === null || certainty === 'none' || certainty === 'unknown') return [];
  const code = change === 'removed' && certainty === 'proven' ? 'option-stripped' : CODES[change];
  return [finding(code, certainty, detail, { option: 'mss', direction, received: clampedTo })];
}

function blackHole(evidence: MssEvidence): readonly Finding[] {
  const lost = lostSizes(evidence);
  if (lost === null) return [];
  const [received, sent] = [mtuOfMss(lost.passes, IPV4), mtuOfMss(lost.lost, IPV4)];
  const detail =
    `Offered an MSS of ${lost.lost}, the host takes the request and its full segments do not arrive; offered ${lost.passes}, they do. Packets between ` +
    `${received} and ${sent} bytes are lost on the reverse path, and the host does not learn of it: a path MTU black hole. ` +
    'Transfers hang; clamp the MSS of SYNs at the narrow link, or let ICMP 3/4 through.';
  return [finding('pmtu-black-hole', 'likely', detail, { direction: 'reverse', sent, received })];
}
