import type { Guard } from '../../analysis/firewall/judge-target.ts';
import type { FindingCode } from '../../analysis/finding.ts';
import type { Position } from '../../analysis/firewall/position.ts';
import { errnoOfText, errnoText } from '../../transport/errno.ts';
import { formatAddress } from '../../wire/address.ts';

/** The verdict about a port as an engineer would write it into a ticket: one sentence, no full stop. */
export function guardWords(guard: Guard): string {
  const differences = guard.findings.flatMap(({ code }) => DIFFERENCES[code] ?? []);
  return [verdict(guard), ...differences].join('; ');
}

function verdict(guard: Guard): string {
  const { policy } = guard;
  if (policy === 'open') return guard.proxy === true ? proxyWords(guard) : openWords(guard);
  if (policy === 'closed') return closedWords(guard);
  if (policy === 'drop') return dropWords(guard);
  if (policy === 'reject-rst')
    return `REJECT${causeWords(guard)} with TCP reset by ${deviceWords(guard.position)}${ackClause(guard)}`;
  return policy === 'error' ? errorWords(guard.reason) : rejectWords(guard);
}

function openWords(guard: Guard): string {
  if (guard.findings.some(({ code }) => code === 'every-port-open')) return 'open, as is every port: something answers all SYNs';
  if (guard.answeredBy === null)
    return `open, answered by the host or by a device before it that checks no checksums${filterClause(guard)}`;
  const limit = guard.rateLimit === null ? '' : `; about ${guard.rateLimit} SYNs a second pass`;
  const split = guard.reason === 'syn' ? ' with a SYN (split handshake)' : '';
  return `open, answered${split} by ${hostWords(guard.position)}${filterClause(guard)}${limit}`;
}

function proxyWords(guard: Guard): string {
  const what = guard.findings.some(({ code }) => code === 'syn-proxy') ? 'SYN proxy' : 'proxy';
  if (guard.answeredBy === 'host')
    return `${what} answers for the host, from as far away as the host itself${filterClause(guard)}`;
  return `${what} at ${placeWords(guard.position)} answers for the host${distanceClause(guard.position)}`;
}

function closedWords(guard: Guard): string {
  if (!guard.isLonely) return `closed, reset by ${hostWords(guard.position)}${filterClause(guard)}`;
  return `closed: reset by the host, or rejected with TCP reset by ${placeWords(guard.position)}; nothing else answered to compare it with`;
}

function dropWords(guard: Guard): string {
  if (guard.rejectedLike !== null)
    return `no answer: dropped, or rejected like port ${guard.rejectedLike} by a device that limits its ICMP errors`;
  if (guard.isMute) return `no answer from any port of it: dropped ${afterWords(guard.droppedAfter)}, or the host is down`;
  const by = guard.stateful === true ? ' by a stateful filter' : guard.stateful === false ? ' by a stateless filter' : '';
  return `dropped${causeWords(guard)}${by} ${afterWords(guard.droppedAfter)}${ackClause(guard)}`;
}

function rejectWords(guard: Guard): string {
  const reason = guard.reason.slice('icmp-'.length);
  if (guard.reason === 'icmp-ttl-exceeded') return `not reached: TTL exceeded at ${deviceWords(guard.position)}, a routing loop`;
  if (guard.isMute && isNoWay(reason))
    return `not reached: ${placeWords(guard.position)} says ${reason}: no such host behind it, or a rule that says so`;
  const by = guard.answeredBy === 'host' ? 'the host itself' : deviceWords(guard.position);
  const doubt = isNoWay(reason) ? ' (no way to it, or a rule that says so)' : '';
  return `REJECT${causeWords(guard)} with ICMP ${reason} by ${by}${doubt}${ackClause(guard)}`;
}

/** What routers say where they have no route, and firewalls in their place. */
function isNoWay(reason: string): boolean {
  return reason === 'host-unreachable' || reason === 'net-unreachable';
}

function errorWords(reason: string): string {
  const name = reason.slice('send-error:'.length);
  if (name === 'EHOSTUNREACH') return 'not delivered from here: the next hop does not answer (EHOSTUNREACH)';
  return `not sent by this host: ${errnoText(errnoOfText(name))} (${name})`;
}

function causeWords({ findings }: Guard): string {
  const options = findings.flatMap(({ code, option }) => (code === 'option-blocked' ? [option ?? 'its options'] : []));
  return options.length === 0 ? '' : ` because of ${options.join(', ')}`;
}

const DIFFERENCES: Partial<Record<FindingCode, string>> = {
  'ecn-blocked': 'SYNs that ask for ECN are blocked',
  'payload-blocked': 'SYNs with data are blocked',
  'bare-syn-blocked': 'SYNs without options are blocked',
};

function ackClause({ tests, stateful, policy }: Guard): string {
  const ack = tests.find(({ kind }) => kind === 'ack');
  if (ack === undefined || ack.reason.startsWith('send-error')) return '';
  if (ack.reason === 'no-response') return policy === 'drop' ? '; bare ACKs dropped too' : '; bare ACKs do not pass either';
  if (ack.reason !== 'rst') return '; bare ACKs rejected too';
  return stateful === false ? '; bare ACKs reach the host' : '; bare ACKs are reset too';
}

function filterClause({ tests, stateful }: Guard): string {
  if (stateful === null) return '';
  if (!stateful) return '; bare ACKs reach it, no stateful filter seen';
  const ack = tests.find(({ kind }) => kind === 'ack');
  return `; behind a stateful filter, bare ACKs ${ack?.reason === 'no-response' ? 'are dropped' : 'are rejected'}`;
}

function afterWords(place: Position | null): string {
  if (place === null) return 'where no router tells';
  return `after ${placeWords(place)}${place.hopsBefore === 1 ? ', the last router before the target' : ''}`;
}

function hostWords(place: Position | null): string {
  return place === null || place.hop === null ? 'the host' : `the host at hop ${place.hop}`;
}

function deviceWords(place: Position | null): string {
  if (place === null || (place.hop === null && place.hopsBefore === null)) return 'a device on the way';
  if (place.hopsBefore !== null && place.hopsBefore > 0 && place.address === null)
    return `a device ${hops(place.hopsBefore)} before the target`;
  return `${placeWords(place)}${distanceClause(place)}`;
}

function placeWords(place: Position | null): string {
  if (place === null || (place.hop === null && place.address === null)) return 'a device on the way';
  const address = place.address === null ? '' : formatAddress(place.address);
  if (place.hop === null) return address;
  return address === '' ? `hop ${place.hop}` : `hop ${place.hop} (${address})`;
}

function distanceClause(place: Position | null): string {
  const count = place?.hopsBefore ?? 0;
  return count > 0 ? `, ${hops(count)} before the target` : '';
}

function hops(count: number): string {
  return count === 1 ? '1 hop' : `${count} hops`;
}
