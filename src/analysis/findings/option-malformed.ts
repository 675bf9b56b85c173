import type { TcpOption } from '../../wire/decoded.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf } from '../reply.ts';

/** RFC 7323, 2.3. */
const LARGEST_SCALE = 14;

/** `proven`: it is a fact that the bytes break the rules. The cause is unknown, and so is the direction. */
export const optionMalformed: FindingRule = {
  description: 'the options of the reply do not parse, or hold a forbidden value',
  find: (evidence: Evidence): readonly Finding[] =>
    optionsOf(evidence.reply).flatMap((option) => {
      const why = complaint(option);
      return why === null ? [] : [describe(option, why)];
    }),
};

function complaint(option: TcpOption): string | null {
  if (option.name === 'malformed' && 'data' in option) {
    return `the option of kind ${option.kind} has an impossible length (bytes after the kind: ${option.data === '' ? 'none' : option.data})`;
  }
  if (option.name === 'padding') return 'bytes other than zero follow the end-of-options mark (RFC 9293, 3.1 asks for zeros)';
  if (option.name === 'wscale' && 'value' in option && option.value > LARGEST_SCALE) {
    return `window scale ${option.value} is above ${LARGEST_SCALE}, the largest allowed (RFC 7323, 2.3)`;
  }
  return null;
}

function describe(option: TcpOption, why: string): Finding {
  const name = option.name === 'malformed' ? `kind-${option.kind}` : option.name === 'padding' ? 'eol' : option.name;
  const received = 'data' in option ? option.data : 'value' in option ? option.value : null;
  const detail = `In the reply ${why}; whether the host wrote it or a device on the path damaged it cannot be told from here.`;
  return finding('option-malformed', 'proven', detail, { option: name, received });
}
