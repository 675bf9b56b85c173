import type { Evidence } from './evidence.ts';
import type { Finding } from './finding.ts';

/** How one kind of finding is drawn: a line of the findings table. */
export interface FindingRule {
  /** One sentence for documentation: what the code means. */
  readonly description: string;
  /** Total: any evidence gives a list, empty when there is nothing to say. */
  find(evidence: Evidence): readonly Finding[];
}
