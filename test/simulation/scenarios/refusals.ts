import { host } from '../../network/host.ts';
import { all, port, syn, tcp, type Match } from '../../network/match.ts';
import { drop, when, type Middlebox } from '../../network/middlebox.ts';
import { dropReply, dropSyn } from '../../network/middleboxes/dropping.ts';
import { forgeAck } from '../../network/middleboxes/fields.ts';
import { injectRst, rejectIcmp, rejectRst } from '../../network/middleboxes/rejecting.ts';
import { network, router, site, type Network } from '../../network/network.ts';
import { tcpChecksumOf, address } from '../../network/packet.ts';
import { closed, open, silent, splitHandshake, staleConnection } from '../../network/services.ts';
import { behind, forward, MIDDLE, reverse, SERVER } from '../scenario.ts';
import { CLOSED, type GuardScenario, OPEN } from './guard-scenario.ts';

/** Segments that open no connection: all that a stateful filter drops of a battery of stray ones. */
const stray: Match = (packet) => tcp(packet) && !syn(packet);

/** Type, code and the word for it. */
const ICMP_REASONS: readonly (readonly [number, number, string])[] = [
  [3, 0, 'net-unreachable'],
  [3, 1, 'host-unreachable'],
  [3, 2, 'proto-unreachable'],
  [3, 3, 'port-unreachable'],
  [3, 4, 'frag-needed'],
  [3, 5, '3-5'],
  [3, 9, 'net-prohibited'],
  [3, 10, 'host-prohibited'],
  [3, 13, 'admin-prohibited'],
  [3, 15, '3-15'],
  [4, 0, '4-0'],
  [12, 0, '12-0'],
];

/** A router at the very end that rejects everything with resets: nothing of the host answers. */
function rejectingGateway(before: readonly Middlebox[]): Network {
  const boxes = [...before, rejectRst({}), when(stray, drop)];
  return network([site(host(SERVER, { otherwise: silent }), [router('10.0.0.1'), router(MIDDLE, { forward: boxes })])]);
}

/** How SYNs are dropped and rejected, and what looks like it. */
export const REFUSALS: readonly GuardScenario[] = [
  {
    name: 'a clean path: open and closed, no filter, nothing found',
    network: behind({ 80: open(), 443: open() }),
    ask: { ports: '80,81,443' },
    expect: { 80: OPEN, 81: CLOSED, 443: OPEN },
  },
  ...(['freebsd', 'windows'] as const).map((style) => ({
    name: `a ${style} host is clean too`,
    network: behind({ 80: open() }, { server: { style } }),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: CLOSED },
  })),
  {
    name: 'a host whose way back is shorter than the way there is clean where an open port shows it',
    network: behind({ 80: open(), 81: closed() }, { server: { stack: { ttl: 65 } } }),
    ask: { ports: '80,81' },
    expect: { 80: { policy: 'open', answeredBy: 'host' }, 81: { policy: 'closed', answeredBy: 'host' } },
  },
  {
    name: '1: a port dropped by a filter that heeds flags alone, which lets bare ACKs pass',
    network: forward({ 80: open(), 81: open() }, dropSyn(port(81))),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'drop',
        stateful: false,
        answeredBy: null,
        says: /^dropped by a stateless filter after hop 2 \(10\.0\.0\.2\); bare ACKs reach the host/,
      },
    },
  },
  {
    name: '1, 33: a port dropped by a stateful filter; another port shows that it is one',
    network: forward({ 80: open(), 81: open() }, when(stray, drop), dropSyn(port(81))),
    ask: { ports: '80,81' },
    expect: {
      80: { policy: 'open', stateful: true, says: /behind a stateful filter, bare ACKs are dropped/ },
      81: {
        policy: 'drop',
        stateful: true,
        says: /^dropped by a stateful filter after hop 2 \(10\.0\.0\.2\); bare ACKs dropped too$/,
      },
    },
  },
  {
    name: 'silence to both SYN and ACK proves no stateful filter: another port says nothing of one',
    network: behind({ 80: open(), 81: silent }),
    ask: { ports: '81' },
    expect: { 81: { policy: 'drop', stateful: null, says: /^dropped after hop 3 \(10\.0\.0\.3\), the last router/ } },
  },
  {
    name: 'nothing of the host answers: how far SYNs get is still known',
    network: forward({ 80: open() }, when(tcp, drop)),
    ask: { ports: '80' },
    expect: {
      80: {
        policy: 'drop',
        stateful: null,
        answeredBy: null,
        says: /^no answer from any port of it: dropped after hop 2 \(10\.0\.0\.2\), or the host is down$/,
      },
    },
  },
  {
    name: '2: replies dropped on the way back look dropped, after the last router',
    network: reverse({ 80: open(), 81: open() }, dropReply(port(80))),
    ask: { ports: '80,81' },
    expect: { 80: { policy: 'drop', says: /after hop 3/ }, 81: OPEN },
  },
  {
    name: '3: REJECT with TCP reset by a device before the host',
    network: forward({ 80: open(), 81: open() }, rejectRst({}, all(port(81), syn))),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'reject-rst',
        stateful: false,
        answeredBy: 'middlebox',
        findings: ['rst-injected likely', 'checksum-not-verified proven'],
        says: /^REJECT with TCP reset by hop 2 \(10\.0\.0\.2\), 2 hops before the target; bare ACKs reach the host/,
      },
    },
  },
  {
    name: '3: a reset whose TTL was made to fit is out of reach all the same',
    network: forward({ 80: open(), 81: open() }, rejectRst({ ttl: 62 }, port(81))),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: { policy: 'reject-rst', answeredBy: 'middlebox', findings: ['rst-injected likely', 'checksum-not-verified proven'] },
    },
  },
  {
    name: '3: everything is reset by the last router, even a wrong checksum: a device',
    network: rejectingGateway([]),
    ask: { ports: '80' },
    expect: {
      80: {
        policy: 'reject-rst',
        answeredBy: 'middlebox',
        findings: ['rst-injected likely', 'checksum-not-verified proven'],
      },
    },
  },
  {
    name: '3: everything is reset by the last router, which does check: possibly the host, and said so',
    network: rejectingGateway([when((packet) => tcpChecksumOf(packet) !== 0, drop)]),
    ask: { ports: '80' },
    expect: {
      80: {
        policy: 'closed',
        stateful: null,
        answeredBy: null,
        findings: ['rst-injected possible'],
        says: /^closed: reset by the host, or rejected with TCP reset by hop 2 \(10\.0\.0\.2\); nothing else answered/,
      },
    },
  },
  {
    name: 'a reset besides the SYN-ACK',
    network: forward({ 80: open(), 81: open() }, injectRst({ afterMs: 3 }, port(81))),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { policy: 'open', findings: ['rst-injected likely', 'checksum-not-verified proven'] } },
  },
  ...ICMP_REASONS.map(([type, code, reason]) => ({
    name: `4, 5: REJECT with ICMP ${type}/${code} by a router`,
    network: forward({ 80: open(), 81: open() }, rejectIcmp(type, code, { match: all(port(81), tcp) })),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: `reject-icmp-${reason}`,
        stateful: null,
        answeredBy: 'middlebox' as const,
        says: /hop 2 \(10\.0\.0\.2\), 2 hops before the target.*; bare ACKs rejected too/,
      },
    },
  })),
  {
    name: '4: the host itself rejects with ICMP',
    network: behind({ 80: open(), 81: rejectIcmp(3, 3, { match: tcp, from: address(SERVER) }) }),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'reject-icmp-port-unreachable',
        answeredBy: 'host',
        says: /^REJECT with ICMP port-unreachable by the host itself/,
      },
    },
  },
  {
    name: 'a SYN-ACK that still comes wins over an ICMP error',
    network: forward({ 80: open() }, (packet, context) =>
      syn(packet) && context.random.fraction() < 0.3 ? rejectIcmp(3, 1)(packet, context) : [{ packet, way: 'onward', delay: 0 }],
    ),
    ask: { ports: '80', retries: 6 },
    expect: { 80: { ...OPEN, findings: [] } },
  },
  {
    name: '7: forged answers that name wrong numbers decide nothing',
    network: behind(
      { 80: open(), 81: open() },
      { reverse: [forgeAck(7, port(80))], forward: [rejectRst({ ackOff: 9 }, port(81))] },
    ),
    ask: { ports: '80,81' },
    expect: { 80: { policy: 'drop' }, 81: { policy: 'drop' } },
  },
  {
    name: '8: a stale connection on one tuple: tried again from another port',
    network: behind({ 80: staleConnection(open()) }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'a split handshake is open, and says so',
    network: behind({ 80: splitHandshake() }),
    ask: { ports: '80,81' },
    expect: { 80: { policy: 'open', proxy: false, says: /split handshake/ }, 81: CLOSED },
  },
];
