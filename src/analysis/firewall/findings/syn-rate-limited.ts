import type { RateEvidence } from '../../../probe/firewall/firewall-plan.ts';
import { type Finding, finding } from '../../finding.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';

/** Share of answers at the slower rate which shows that the rate, not the path, was the cause. */
const NEARLY_ALL = 0.95;

/** The SYNs a second that pass; null where all did, or where SYNs at the slower rate were lost too. */
export function rateLimitOf(rate: RateEvidence | null): number | null {
  const measured = rate?.steps.find(({ phase }) => phase === 'measure');
  const confirmed = rate?.steps.find(({ phase }) => phase === 'confirm');
  if (measured === undefined || confirmed === undefined) return null;
  return confirmed.answered >= confirmed.sent * NEARLY_ALL ? Math.round(measured.passed) : null;
}

/** SYNs above a rate are lost and SYNs below it are not: a limiter. */
export const synRateLimited: GuardRule = {
  description: 'SYNs above a rate are dropped',
  find({ rate }: GuardEvidence): readonly Finding[] {
    const limit = rateLimitOf(rate);
    const measured = rate?.steps.find(({ phase }) => phase === 'measure');
    const confirmed = rate?.steps.find(({ phase }) => phase === 'confirm');
    if (limit === null || measured === undefined || confirmed === undefined) return [];
    const detail =
      `Of SYNs at ${measured.rate} a second about ${limit} a second were answered; at ${Math.round(confirmed.rate)} a second ${confirmed.answered} of ${confirmed.sent} were: ` +
      `a limiter on the path or at the host lets that many pass.`;
    return [finding('syn-rate-limited', 'likely', detail, { sent: measured.rate, received: limit })];
  },
};
