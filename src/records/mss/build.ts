import type { MssEvidence, MssRow } from '../../analysis/mss/mss-evidence.ts';
import { forwardVerdict } from '../../analysis/mss/forward-verdict.ts';
import { mssFindings } from '../../analysis/mss/mss-findings.ts';
import { reverseVerdict } from '../../analysis/mss/reverse-verdict.ts';
import type { PortVerdict } from '../../probe/handshake/port-verdict.ts';
import type { PairName } from '../records.ts';
import { judgeMss, type MssExpectations } from './expectations.ts';
import type { MssRecord, MssRowRecord, MssVerdict } from './records.ts';

/** The record of a port by its evidence. */
export function mssRecordOf(
  name: PairName,
  verdict: PortVerdict,
  evidence: MssEvidence,
  expectations: MssExpectations | null,
): MssRecord {
  const forward = forwardVerdict(evidence);
  const reverse = reverseVerdict(evidence);
  return {
    type: 'mss',
    ...name,
    ...verdict,
    rows: evidence.rows.map(rowRecordOf),
    forward: verdictRecordOf(forward),
    reverse: verdictRecordOf(reverse),
    findings: mssFindings(evidence, forward, reverse),
    ...judgeMss({ forward, reverse, ...verdict }, expectations),
  };
}

/** In the order of its declaration. */
function verdictRecordOf({ clampedTo, change, certainty, evidence, mss, detail }: MssVerdict): MssVerdict {
  return { clampedTo, change, certainty, evidence, mss, detail };
}

function rowRecordOf({ offered, synAck, effective, atLeast, bytes }: MssRow): MssRowRecord {
  const { mss: advertised = null, window = null } = synAck ?? {};
  return { offered, advertised, effective, atLeast, receivedBytes: bytes, window };
}
