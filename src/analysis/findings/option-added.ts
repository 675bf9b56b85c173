import type { DataOption, TcpOption } from '../../wire/decoded.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';

/** The rule that forbids each of these in a SYN-ACK whose SYN did not carry it. */
const ONLY_IF_ASKED: Readonly<Record<string, string>> = {
  wscale: 'RFC 7323, 2.2',
  ts: 'RFC 7323, 3.2',
  sackOK: 'RFC 2018, 2',
  tfo: 'RFC 7413, 4.1.1',
  mptcp: 'RFC 8684, 3.1',
};

/** Entries that are not options themselves, and the MSS, which each side announces unasked. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['nop', 'eol', 'padding', 'malformed', 'mss']);
/** An experiment's identifier in hex digits: a host that supports it repeats it too (RFC 6994, 2). */
const EXPERIMENT_ID_DIGITS = 4;

/**
 * `likely`: ordinary stacks answer options, they neither offer nor repeat them. Unknown direction: a device
 * may have added the option to the SYN, which the host answered, or to the SYN-ACK.
 */
export const optionAdded: FindingRule = {
  description: 'the SYN-ACK carries an option that the SYN did not ask for, carries one twice, or mirrors an unknown one',
  find(evidence: Evidence): readonly Finding[] {
    const segment = synAckOf(evidence.reply);
    if (segment === null || evidence.sent?.tcp == null) return [];
    const sent = optionsOf(evidence.sent);
    const received = segment.header.options;
    return received.flatMap((option, index) => {
      const earlier = received.slice(0, index).filter(({ kind }) => kind === option.kind).length;
      const why = complaint(option, sent, earlier);
      return why === null ? [] : [describe(option, why)];
    });
  },
};

/** What is wrong with `option`, the `earlier + 1`-th of its kind; null when nothing is. */
function complaint(option: TcpOption, sent: readonly TcpOption[], earlier: number): string | null {
  const sameKind = sent.filter(({ kind }) => kind === option.kind);
  if (earlier === 1 && isDuplicate(option, sameKind)) {
    return `${option.name} is in the SYN-ACK more than once, which no ordinary stack writes`;
  }
  if (earlier > 0 || NOT_COMPARED.has(option.name)) return null;
  if (sameKind.length === 0) {
    const rule = ONLY_IF_ASKED[option.name];
    return `${option.name} is in the SYN-ACK although the SYN did not carry it${rule === undefined ? '' : ` (against ${rule})`}`;
  }
  if (sameKind.some((asked) => isMirror(asked, option))) {
    return `${option.name} came back with exactly the bytes that were sent: something mirrors options that it does not know, which is no support`;
  }
  return null;
}

function isDuplicate(option: TcpOption, sameKind: readonly TcpOption[]): boolean {
  if (option.name === 'mss') return true;
  return !NOT_COMPARED.has(option.name) && sameKind.length < 2;
}

function isMirror(asked: TcpOption, option: TcpOption): boolean {
  if (!isUnknown(asked) || !isUnknown(option)) return false;
  const leastDigits = asked.name === 'exp' ? EXPERIMENT_ID_DIGITS : 0;
  return asked.data === option.data && asked.data.length > leastDigits;
}

function isUnknown(option: TcpOption): option is DataOption {
  return 'data' in option && (option.name === 'exp' || option.name.startsWith('kind-'));
}

function describe(option: TcpOption, why: string): Finding {
  const detail = `${why}; whether the host or a device on the path did it cannot be told from here.`;
  return finding('option-added', 'likely', detail, { option: option.name, received: valueOf(option) });
}

function valueOf(option: TcpOption): string | number {
  if ('value' in option) return option.value;
  if ('cookie' in option) return option.cookie;
  return 'data' in option ? option.data : option.name;
}
