import { TcpFlag } from '../wire/tcp-flags.ts';
import type { Evidence, FindingRule } from './evidence.ts';
import type { Finding, PortFindingCode } from './finding.ts';
import { mssClamped } from './findings/mss-clamped.ts';
import { optionAdded } from './findings/option-added.ts';
import { optionMalformed } from './findings/option-malformed.ts';
import { optionMissing } from './findings/option-missing.ts';
import { optionPadded } from './findings/option-padded.ts';
import { payloadInSynAck } from './findings/payload-in-syn-ack.ts';
import { isOrdinaryReset, rstInjected } from './findings/rst-injected.ts';
import { timestampEchoWrong } from './findings/timestamp-echo-wrong.ts';
import { ttlMismatch } from './findings/ttl-mismatch.ts';
import { unexpectedAck } from './findings/unexpected-ack.ts';

/** Every finding about a single port, in the order of reports. A code without its line does not compile. */
export const FINDING_TABLE: Readonly<Record<PortFindingCode, FindingRule>> = {
  'rst-injected': rstInjected,
  'ttl-mismatch': ttlMismatch,
  'mss-clamped': mssClamped,
  'option-padded': optionPadded,
  'option-missing': optionMissing,
  'option-added': optionAdded,
  'option-malformed': optionMalformed,
  'timestamp-echo-wrong': timestampEchoWrong,
  'payload-in-syn-ack': payloadInSynAck,
  'unexpected-ack': unexpectedAck,
};

const RULES: readonly FindingRule[] = Object.values(FINDING_TABLE);

/** Everything that the evidence of one port shows; empty on a clean path. Never throws. */
export function findFindings(evidence: Evidence): readonly Finding[] {
  if (saysNothing(evidence)) return [];
  return RULES.flatMap((rule) => rule.find(evidence));
}

/** Most ports of a scan are silent, or reset as the host's own stack does: no rule needs to see those. */
function saysNothing({ reply, conflict, rejectedCount, host, rttMs }: Evidence): boolean {
  if (conflict !== null || rejectedCount > 0) return false;
  const header = reply?.tcp?.header;
  if (reply === null || header === undefined) return true;
  if ((header.flags & TcpFlag.SYN) !== 0 || header.optionBytes.length > 0) return false;
  return host === null || isOrdinaryReset({ ttl: reply.ip.ttl, ipId: reply.ip.id, window: header.window }, host, rttMs);
}
