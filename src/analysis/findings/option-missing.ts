import type { TcpOption } from '../../wire/decoded.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';
import { paddedOptions } from './option-padded.ts';

/** Options that a host which supports them answers, and the effect of their absence. */
const ANSWERED: Readonly<Record<string, string>> = {
  mss: 'segments to it must not exceed 536 bytes (RFC 9293, 3.7.1)',
  wscale: 'windows stay below 64 KiB in both directions',
  sackOK: 'losses are repaired without SACK',
  ts: 'the connection has no timestamps',
  tfo: 'no cookie was granted, so data has to wait for the handshake',
  mptcp: 'the connection falls back to plain TCP',
};

/** With SYN cookies Linux can keep these only in the timestamp (net/ipv4/syncookies.c). */
const LOST_TO_SYN_COOKIES: ReadonlySet<string> = new Set(['wscale', 'sackOK']);

/**
 * `possible` and of unknown direction: an absence has three causes that look alike here. Nothing is called
 * missing after damage that ends the list, nor where NOPs show more (option-padded).
 */
export const optionMissing: FindingRule = {
  description: 'an option of the SYN has no counterpart in the SYN-ACK: stripped or not supported',
  find(evidence: Evidence): readonly Finding[] {
    const segment = synAckOf(evidence.reply);
    if (segment === null) return [];
    const { options } = segment.header;
    if (options.at(-1)?.name === 'malformed') return [];
    const seen = new Set(options.map(({ kind }) => kind));
    const padded = paddedOptions(evidence);
    const asked = new Map(optionsOf(evidence.sent).map((option) => [option.name, option]));
    const cookiesPossible = findOption(options, 'ts') === undefined;
    return [...asked.values()]
      .filter((option) => expectsAnswer(option) && !seen.has(option.kind) && !padded.includes(option.name))
      .map((option) => describe(option, cookiesPossible && LOST_TO_SYN_COOKIES.has(option.name)));
  },
};

/** Of Fast Open options only a request expects a cookie in the answer (RFC 7413, 4.1.2). */
function expectsAnswer(option: TcpOption): boolean {
  if (option.name === 'tfo') return 'cookie' in option && option.cookie === '';
  return Object.hasOwn(ANSWERED, option.name);
}

function describe(option: TcpOption, cookiesPossible: boolean): Finding {
  const causes = cookiesPossible ? 'the host does not use it or answers with SYN cookies,' : 'the host does not use it,';
  const detail =
    `${option.name} was sent and is not in the SYN-ACK, so ${ANSWERED[option.name] ?? 'it is not in use'}: ${causes} or a device stripped it ` +
    `on either path; only a path trace or a responder can tell.`;
  return finding('option-missing', 'possible', detail, {
    option: option.name,
    sent: 'value' in option ? option.value : option.name,
  });
}
