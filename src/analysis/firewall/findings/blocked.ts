import type { TestKind } from '../../../probe/firewall/battery.ts';
import type { TestResult } from '../../../probe/firewall/firewall-test.ts';
import { type Finding, finding } from '../../finding.ts';
import type { GuardEvidence, GuardFindingCode, GuardRule } from '../guard-evidence.ts';
import { type AnswerClass, classOf, type Contrast, contrastOf, type PortTests } from '../port-tests.ts';

/** From worst to best. */
const RANK: Readonly<Record<Contrast, number>> = { error: -1, blocked: 0, rst: 1, open: 2 };

/** The usual SYN and a variant, each tried again and answered as before. */
interface Comparison {
  readonly usual: Contrast;
  readonly variant: Contrast;
  readonly usualFate: string;
  readonly variantFate: string;
  /** Reason of the variant's first test. */
  readonly received: string;
}

/** ECN-setup SYNs are dropped or rejected where others are not. */
export const ecnBlocked: GuardRule = variantBlocked('syn-ecn', {
  code: 'ecn-blocked',
  what: 'that asks for ECN (ECE and CWR)',
  sent: 'SEW',
  description: 'SYNs that ask for ECN are dropped or rejected',
});

/** SYNs with data are dropped or rejected where others are not. */
export const payloadBlocked: GuardRule = variantBlocked('syn-data', {
  code: 'payload-blocked',
  what: 'with data',
  sent: 'data',
  description: 'SYNs with data are dropped or rejected',
});

/** SYNs without options are dropped or rejected where others are not. */
export const bareSynBlocked: GuardRule = variantBlocked('syn-no-options', {
  code: 'bare-syn-blocked',
  what: 'without options',
  sent: 'none',
  description: 'SYNs without options are dropped or rejected',
});

/** SYNs are dropped or rejected because of an option: without options they are not. */
export const optionBlocked: GuardRule = {
  description: 'SYNs are dropped or rejected because of an option',
  find({ tests }: GuardEvidence): readonly Finding[] {
    const compared = compare(tests, 'syn-no-options');
    if (compared === null || RANK[compared.usual] >= RANK[compared.variant]) return [];
    const single = tests.all.filter(({ kind }) => kind === 'syn-option');
    const guilty = single.filter((test) => contrastOf(test) === compared.usual);
    const options = guilty.length === 0 ? [null] : guilty.map(({ option }) => option);
    return options.map((option) => blockedOption(option, compared, tests.syn.reason));
  },
};

/** A SYN-ACK with ECE and CWR negotiates nothing (RFC 3168, 6.1.1 has ECE alone): the bits were mirrored. */
export const ecnReflected: GuardRule = {
  description: 'the SYN-ACK mirrors the ECN bits of the SYN',
  find({ tests }: GuardEvidence): readonly Finding[] {
    const test = tests.of('syn-ecn');
    const flags = test?.reason === 'syn-ack' ? (test.reply?.tcp?.header.flags ?? 0) : 0;
    if ((flags & 0xc0) !== 0xc0) return [];
    const detail =
      'The SYN-ACK to an ECN-setup SYN carries ECE and CWR, which no stack that knows ECN sends (RFC 3168, 6.1.1): the bits were mirrored.';
    return [finding('ecn-reflected', 'likely', detail, { sent: 'SEW', received: 'S.EW' })];
  },
};

interface Variant extends Pick<GuardRule, 'description'> {
  readonly code: GuardFindingCode;
  readonly what: string;
  readonly sent: string;
}

function variantBlocked(kind: TestKind, { code, what, sent, description }: Variant): GuardRule {
  const find = ({ tests }: GuardEvidence): readonly Finding[] => {
    const compared = compare(tests, kind);
    if (compared === null || RANK[compared.variant] >= RANK[compared.usual]) return [];
    const { usualFate, variantFate, received } = compared;
    const detail = `A SYN ${what} ${variantFate}, the usual one ${usualFate}; both were tried again with the same result, so loss is not the cause.`;
    return [finding(code, 'likely', detail, { sent, received })];
  };
  return { description, find };
}

function blockedOption(option: string | null, { usualFate, variantFate }: Comparison, received: string): Finding {
  const cause =
    option === null
      ? 'the options make the difference together, none of them alone'
      : `a SYN with ${option} alone fares like the usual one`;
  const detail = `The usual SYN ${usualFate}, one without options ${variantFate}, each time: ${cause}.`;
  return finding('option-blocked', 'likely', detail, { option, sent: option, received });
}

const FATES: Readonly<Record<AnswerClass, string>> = {
  error: 'cannot be sent',
  silent: 'is not answered',
  icmp: 'is rejected with ICMP',
  rst: 'is reset',
  open: 'is accepted',
};

/** Null unless each was answered alike every time, and one differently from the other. */
function compare(tests: PortTests, kind: TestKind): Comparison | null {
  const usual = steady([tests.of('syn'), tests.of('syn', 2), tests.of('syn', 3)]);
  const variant = steady([tests.of(kind), tests.of(kind, 2)]);
  const first = tests.of(kind);
  if (first === undefined || usual === null || variant === null || usual === variant) return null;
  const fates = { usualFate: FATES[classOf(tests.syn)], variantFate: FATES[classOf(first)] };
  return { usual, variant, ...fates, received: first.reason };
}

/** Two answers to one packet are no answer: which came first tells nothing about what was sent. */
function steady(tests: readonly (TestResult | undefined)[]): Contrast | null {
  if (tests.some((test) => test !== undefined && test.conflict !== null)) return null;
  const classes = tests.map((test) => (test === undefined ? null : contrastOf(test)));
  const [first = null] = classes;
  return classes.every((one) => one === first) ? first : null;
}
