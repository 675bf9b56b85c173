import { refuse } from '../../../src/engine/simulated/local.ts';
import { address } from '../../../src/engine/simulated/address-text.ts';
import { host } from '../../../src/engine/simulated/host.ts';
import { all, ecnFlags, option, payload, port, syn, synAck, tcp, type Match } from '../../../src/engine/simulated/match.ts';
import { drop, rewrite, when, type Middlebox } from '../../../src/engine/simulated/middlebox.ts';
import { dropReply, dropSyn, rateLimit } from '../../../src/engine/simulated/middleboxes/dropping.ts';
import { changeField, forgeAck } from '../../../src/engine/simulated/middleboxes/fields.ts';
import { synProxy, tarPit } from '../../../src/engine/simulated/middleboxes/proxies.ts';
import { injectRst, rejectIcmp, rejectRst } from '../../../src/engine/simulated/middleboxes/rejecting.ts';
import { network, router, site, type Network } from '../../../src/engine/simulated/network.ts';
import { edited, set } from '../../../src/engine/simulated/packet-edit.ts';
import { flagsOf, tcpChecksumOf } from '../../../src/engine/simulated/packet.ts';
import { closed, open, silent, splitHandshake, staleConnection } from '../../../src/engine/simulated/services.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { GuardAsk } from '../firewall-network.ts';
import { behind, forward, MIDDLE, reverse, SERVER } from '../scenario.ts';

/** What must come out for one port. Fields that are not named do not matter, but for findings: none are named, none may be there. */
export interface ExpectedGuard {
  readonly policy: string;
  readonly stateful?: boolean | null;
  readonly proxy?: boolean | null;
  readonly answeredBy?: 'host' | 'middlebox' | null;
  /** `code:option certainty`. */
  readonly findings?: readonly string[];
  /** What the verdict says. */
  readonly says?: RegExp;
  readonly rateLimit?: readonly [number, number] | null;
}

/** A network, what is asked of it, and what must come out, by port. */
export interface GuardScenario {
  readonly name: string;
  readonly network: Network;
  readonly ask: GuardAsk;
  readonly expect: Readonly<Record<number, ExpectedGuard>>;
}

const OPEN: ExpectedGuard = {
  policy: 'open',
  stateful: false,
  proxy: false,
  answeredBy: 'host',
  says: /^open, answered by the host at hop 4; no stateful filter/,
};
const CLOSED: ExpectedGuard = {
  policy: 'closed',
  stateful: false,
  proxy: null,
  answeredBy: 'host',
  says: /^closed, reset by the host at hop 4/,
};

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

/** Mirrors the ECN bits of a SYN in what answers it. */
const reflectEcn: Middlebox = when(
  synAck,
  rewrite((packet) => edited(packet, (bytes) => set.flags(bytes, flagsOf(bytes) | TcpFlag.ECE | TcpFlag.CWR))),
);

/** How ports can be guarded, and what looks like it. */
export const GUARDS: readonly GuardScenario[] = [
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
        says: /^dropped after hop 2 \(10\.0\.0\.2\); bare ACKs dropped too$/,
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
  {
    name: '9: a SYN proxy in the path',
    network: forward({ 80: open(), 81: open() }, synProxy({ match: port(81) })),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'open',
        stateful: true,
        proxy: true,
        answeredBy: 'middlebox',
        findings: ['syn-proxy likely', 'checksum-not-verified proven'],
        says: /^SYN proxy at hop 2 \(10\.0\.0\.2\) answers for the host, 2 hops before the target$/,
      },
    },
  },
  {
    name: '11: a tar pit in the path: every port is open',
    network: forward({ 80: open() }, tarPit()),
    ask: { ports: '80,81' },
    expect: Object.fromEntries(
      [80, 81].map((each) => [
        each,
        { policy: 'open', findings: ['ttl-mismatch likely', 'every-port-open likely', 'checksum-not-verified proven'] },
      ]),
    ),
  },
  {
    name: '12: a limit on SYNs, found with its rate',
    network: forward({ 80: open() }, rateLimit(25, 10)),
    ask: { ports: '80', rateLimit: true },
    expect: {
      80: { policy: 'open', rateLimit: [22, 28], findings: ['syn-rate-limited likely'], says: /about 2\d SYNs a second pass/ },
    },
  },
  {
    name: '12: no limit, none found',
    network: behind({ 80: open() }),
    ask: { ports: '80', rateLimit: true },
    expect: { 80: { ...OPEN, rateLimit: null } },
  },
  {
    name: '12: a path that loses a third of all SYNs has no limit',
    network: forward(
      { 80: open() },
      when(syn, (packet, { random }) => (random.fraction() < 0.3 ? [] : [{ packet, way: 'onward', delay: 0 }])),
    ),
    ask: { ports: '80', rateLimit: true, retries: 8 },
    expect: { 80: { policy: 'open', rateLimit: null } },
  },
  {
    name: '19: dropped because of an option, A/B/A',
    network: forward({ 80: open(), 81: open() }, when(all(syn, option(8), port(81)), drop)),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { policy: 'drop', findings: ['option-blocked:ts likely'], says: /^dropped because of ts/ } },
  },
  {
    name: '19: rejected because of an option',
    network: forward({ 80: open(), 81: open() }, rejectIcmp(3, 13, { match: all(syn, option(4), port(81)) })),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'reject-icmp-admin-prohibited',
        findings: ['option-blocked:sackOK likely'],
        says: /^REJECT because of sackOK with ICMP/,
      },
    },
  },
  {
    name: '19: dropped because of data in the SYN',
    network: forward({ 80: open() }, when(all(syn, payload), drop)),
    ask: { ports: '80' },
    expect: { 80: { policy: 'open', findings: ['payload-blocked likely'], says: /SYNs with data are blocked$/ } },
  },
  {
    name: '19: a SYN without options is dropped',
    network: forward(
      { 80: open() },
      when((packet) => syn(packet) && !option(2)(packet), drop),
    ),
    ask: { ports: '80' },
    expect: { 80: { policy: 'open', findings: ['bare-syn-blocked likely'] } },
  },
  {
    name: '26: SYNs that ask for ECN are dropped',
    network: forward({ 80: open() }, when(all(syn, ecnFlags), drop)),
    ask: { ports: '80' },
    expect: { 80: { policy: 'open', findings: ['ecn-blocked likely'], says: /SYNs that ask for ECN are blocked$/ } },
  },
  {
    name: '26: ECN bits mirrored',
    network: behind({ 80: open() }, { reverse: [when((packet) => synAck(packet) && ecnFlags(packet), reflectEcn)] }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['ecn-reflected likely'] } },
  },
  {
    name: '26: ECN bits cleared are no drop',
    network: forward(
      { 80: open() },
      when(
        all(syn, ecnFlags),
        changeField((bytes) => set.flags(bytes, flagsOf(bytes) & ~(TcpFlag.ECE | TcpFlag.CWR))),
      ),
    ),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: '32: a transparent proxy takes one port: nearer than its neighbours',
    network: forward(
      { 80: open(), 81: open() },
      tarPit({ match: port(81), window: 64_240, options: [{ kind: 2, name: 'mss', value: 1460 }] }),
    ),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'open',
        proxy: true,
        answeredBy: 'middlebox',
        findings: ['ttl-mismatch likely', 'checksum-not-verified proven'],
        says: /^proxy at hop 2 \(10\.0\.0\.2\) answers for the host/,
      },
    },
  },
  {
    name: '38: the host answers a wrong checksum',
    network: behind({ 80: open() }, { server: { stack: { verifiesChecksums: false } } }),
    ask: { ports: '80' },
    expect: {
      80: {
        policy: 'open',
        proxy: null,
        answeredBy: null,
        findings: ['checksum-not-verified proven'],
        says: /checks no checksums/,
      },
    },
  },
  {
    name: '40: an OUTPUT rule of this host: error, never drop',
    network: behind({ 80: open(), 81: open() }, { local: { sendFault: refuse(Errno.EPERM, port(81)) } }),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: { policy: 'error', stateful: null, proxy: null, answeredBy: null, says: /^not sent by this host: .*\(EPERM\)$/ },
    },
  },
  {
    name: '40: the target does not answer ARP: error, never drop',
    network: behind({ 80: open() }, { local: { noNeighbour: [address(SERVER)] } }),
    ask: { ports: '80' },
    expect: { 80: { policy: 'error', says: /EHOSTUNREACH/ } },
  },
  {
    name: 'routers that send no ICMP: dropped, and nothing shows where',
    network: network([
      site(host(SERVER, { otherwise: silent }), [router('10.0.0.1', { icmp: 'off' }), router(MIDDLE, { icmp: 'off' })]),
    ]),
    ask: { ports: '80' },
    expect: { 80: { policy: 'drop', says: /^dropped where no router tells/ } },
  },
];
