import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { largerOwnMss, type OwnMss } from '../mss/own-mss.ts';
import { synAckOf } from '../reply.ts';

/** `possible`: other windows are constant, or a multiple of a usual MSS by chance, as one in a hundred is. */
export const mssClamped: FindingRule = {
  description: 'the SYN-ACK advertises a smaller MSS than the one its window was sized with',
  find(evidence: Evidence): readonly Finding[] {
    const segment = synAckOf(evidence.reply);
    if (segment === null) return [];
    const { window, options } = segment.header;
    const mss = findOption(options, 'mss')?.value ?? null;
    const advertised = mss ?? 0;
    const own = largerOwnMss({ mss, window, timestamps: findOption(options, 'ts') !== undefined }, advertised);
    return own === null ? [] : [describe(own, window, advertised)];
  },
};

function describe({ mss, unit }: OwnMss, window: number, advertised: number): Finding {
  const size = unit === mss ? `${mss}` : `${unit} (${mss} less 12 bytes of timestamps)`;
  const detail =
    `The SYN-ACK advertises MSS ${advertised}, but its window ${window} is ${window / unit} x ${size} and no whole number of segments of ${advertised}: ` +
    `the host's own MSS looks like ${mss}, lowered on the reverse path. A window may be such a multiple by chance; ` +
    `only what the host really sent can prove it.`;
  return finding('mss-clamped', 'possible', detail, { option: 'mss', direction: 'reverse', sent: mss, received: advertised });
}
