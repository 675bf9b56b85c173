import { QUOTE_28, QUOTE_8, QUOTE_FULL, QUOTE_MPLS, QUOTE_MPLS_LEGACY } from '../../network/icmp-error.ts';
import { first } from '../../network/middlebox.ts';
import { icmp, port, syn } from '../../network/match.ts';
import { edited, set } from '../../network/packet-edit.ts';
import { sourcePortOf, address } from '../../network/packet.ts';
import { delay } from '../../network/middleboxes/timing.ts';
import { injectIcmp, rejectIcmp, type IcmpForm } from '../../network/middleboxes/rejecting.ts';
import { when } from '../../network/middlebox.ts';
import { open } from '../../network/services.ts';
import { MIDDLE, MIDDLE_TTL, OPEN, SERVER, SILENT, behind, forward, type Expected, type Scenario } from '../scenario.ts';

/** Every reason that an ICMP error gives, by type and code. */
const REASONS: readonly (readonly [number, number, string])[] = [
  [3, 0, 'icmp-net-unreachable'],
  [3, 1, 'icmp-host-unreachable'],
  [3, 2, 'icmp-proto-unreachable'],
  [3, 3, 'icmp-port-unreachable'],
  [3, 4, 'icmp-frag-needed'],
  [3, 5, 'icmp-3-5'],
  [3, 6, 'icmp-3-6'],
  [3, 7, 'icmp-3-7'],
  [3, 8, 'icmp-3-8'],
  [3, 9, 'icmp-net-prohibited'],
  [3, 10, 'icmp-host-prohibited'],
  [3, 11, 'icmp-3-11'],
  [3, 12, 'icmp-3-12'],
  [3, 13, 'icmp-admin-prohibited'],
  [3, 14, 'icmp-3-14'],
  [3, 15, 'icmp-3-15'],
  [4, 0, 'icmp-4-0'],
  [11, 0, 'icmp-ttl-exceeded'],
  [11, 1, 'icmp-11-1'],
  [12, 0, 'icmp-12-0'],
  [12, 1, 'icmp-12-1'],
];

const QUOTINGS = {
  'of 8 bytes': QUOTE_8,
  'of 28 bytes': QUOTE_28,
  'in full': QUOTE_FULL,
  'with MPLS': QUOTE_MPLS,
  'with MPLS of old': QUOTE_MPLS_LEGACY,
};

function filtered(reason: string): Expected {
  return { state: 'filtered', reason, attempts: 1, from: MIDDLE, ttl: MIDDLE_TTL };
}

function unbelieved(name: string, form: IcmpForm, rejected: number): Scenario {
  return {
    name: `not believed: ${name}`,
    network: forward({ 80: open() }, rejectIcmp(3, 13, form)),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected } },
    repliesRejected: rejected,
  };
}

/** ICMP errors: each reason, each way of quoting, and those that prove nothing. */
export const ICMP: readonly Scenario[] = [
  ...REASONS.map(([type, code, reason]) => ({
    name: `ICMP ${type}/${code} is ${reason}, from the middle router`,
    network: forward({ 80: open(), 81: open() }, rejectIcmp(type, code, { match: port(80) })),
    ask: { ports: '80,81' },
    expect: { 80: filtered(reason), 81: OPEN },
  })),
  ...Object.entries(QUOTINGS).map(([name, quoting]) => ({
    name: `a quote ${name} is matched`,
    network: forward({ 80: open() }, rejectIcmp(3, 10, { quoting })),
    ask: { ports: '80' },
    expect: { 80: filtered('icmp-host-prohibited') },
  })),
  {
    name: 'a port unreachable from the target itself is filtered, not closed',
    network: behind({ 80: rejectIcmp(3, 3) }),
    ask: { ports: '80' },
    expect: { 80: { state: 'filtered', reason: 'icmp-port-unreachable', from: SERVER } },
  },
  {
    name: 'a SYN that runs out of TTL: the hop that says so',
    network: behind({ 80: open() }),
    ask: { ports: '80', ttl: 2 },
    expect: { 80: filtered('icmp-ttl-exceeded') },
  },
  {
    name: 'a hop that sends no ICMP leaves a short TTL unexplained',
    network: behind({ 80: open() }, { icmp: 'off' }),
    ask: { ports: '80', ttl: 2 },
    expect: { 80: SILENT },
  },
  {
    name: 'hops that rate-limit their ICMP: one error a second is enough, each port is retried',
    network: behind({}, { icmp: 1 }),
    ask: { ports: '80', ttl: 2 },
    expect: { 80: { ...filtered('icmp-ttl-exceeded') } },
  },
  {
    name: 'a SYN-ACK to a retry beats an earlier ICMP error',
    network: forward({ 80: open() }, first(1, syn, rejectIcmp(3, 1))),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, attempts: 2 } },
  },
  {
    name: 'a SYN-ACK to the same SYN beats an earlier ICMP error',
    network: forward({ 80: open() }, injectIcmp(3, 13)),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'an ICMP error behind the SYN-ACK changes nothing',
    network: forward({ 80: open() }, injectIcmp(3, 13, { afterMs: 5 })),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'ICMP errors that come later than the next SYN are still of their own SYN',
    network: behind({ 80: open() }, { forward: [rejectIcmp(3, 13)], reverse: [], local: {} }),
    ask: { ports: '80', retries: 0 },
    expect: { 80: filtered('icmp-admin-prohibited') },
    probesSent: 1,
  },
  {
    name: 'a late ICMP error after the second SYN was sent',
    network: forward({ 80: open() }, rejectIcmp(3, 13, { afterMs: 1500 })),
    ask: { ports: '80' },
    expect: { 80: { state: 'filtered', reason: 'icmp-admin-prohibited', from: MIDDLE, attempts: 1, rttMs: [1500, 1510] } },
  },
  {
    name: 'a redirect is no answer',
    network: forward(
      { 80: open(), 81: open() },
      injectIcmp(5, 1),
      when(port(81), () => []),
    ),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: SILENT },
  },
  {
    name: 'an echo reply on our way is no answer',
    network: forward({ 80: open() }, when(port(80), rejectIcmp(0, 0))),
    ask: { ports: '80' },
    expect: { 80: SILENT },
  },
  {
    name: 'a NAT did not restore the source address in the quote: the sequence number proves it',
    network: forward(
      { 80: open() },
      rejectIcmp(3, 13, {
        quoting: { ...QUOTE_FULL, altered: (packet) => edited(packet, (bytes) => set.source(bytes, address('203.0.113.1'))) },
      }),
    ),
    ask: { ports: '80' },
    expect: { 80: filtered('icmp-admin-prohibited') },
  },
  unbelieved(
    'a quote with another sequence number',
    { quoting: { ...QUOTE_FULL, altered: (packet) => edited(packet, (bytes) => set.seq(bytes, 12_345)) } },
    3,
  ),
  unbelieved(
    'a quote with another source port',
    {
      quoting: {
        ...QUOTE_FULL,
        altered: (packet) => edited(packet, (bytes) => set.sourcePort(bytes, sourcePortOf(bytes) ^ 0x4000)),
      },
    },
    3,
  ),
  unbelieved('a quote that ends before the sequence number', { quoting: { payloadBytes: 4 } }, 0),
  unbelieved(
    'a quote of another target',
    {
      quoting: { ...QUOTE_FULL, altered: (packet) => edited(packet, (bytes) => set.destination(bytes, address('198.51.100.8'))) },
    },
    0,
  ),
  unbelieved(
    'a quote of another port',
    { quoting: { ...QUOTE_FULL, altered: (packet) => edited(packet, (bytes) => set.destinationPort(bytes, 9)) } },
    0,
  ),
  unbelieved('no quote at all', { quoting: { payloadBytes: -20 } }, 0),
  {
    name: 'ICMP errors delayed on the way back are timed too',
    network: behind({ 80: open() }, { forward: [rejectIcmp(3, 13)], reverse: [when(icmp, delay(5))] }),
    ask: { ports: '80' },
    expect: { 80: { ...filtered('icmp-admin-prohibited'), rttMs: [0.5, 1] } },
  },
];
