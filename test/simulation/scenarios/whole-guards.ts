import type { Middlebox } from '../../network/middlebox.ts';
import { onward } from '../../network/middlebox.ts';
import { all, port, tcp } from '../../network/match.ts';
import { completeSynProxy } from '../../network/middleboxes/complete-syn-proxy.ts';
import { tokenBucket } from '../../network/middleboxes/dropping.ts';
import { statefulFirewall, statelessFirewall } from '../../network/middleboxes/firewalls.ts';
import { sourceNat } from '../../network/middleboxes/nat.ts';
import { rejectIcmp, rejectRst } from '../../network/middleboxes/rejecting.ts';
import { splitTcp, transparentProxy } from '../../network/middleboxes/split-tcp.ts';
import { router, site, network, type Network } from '../../network/network.ts';
import { host } from '../../network/host.ts';
import { open } from '../../network/services.ts';
import { tcpServer } from '../../network/tcp/tcp-server.ts';
import { behind, forward, MIDDLE, SERVER, through } from '../scenario.ts';
import type { ExpectedGuard, GuardScenario } from './guard-scenario.ts';

const OPEN: ExpectedGuard = { policy: 'open', stateful: false, proxy: false, answeredBy: 'host' };
const BEHIND_STATE: ExpectedGuard = { ...OPEN, stateful: true };

/** Rejects what is for `ports`, six times at once and then once a second, as Linux does by default. */
function limitedReject(...ports: readonly number[]): Middlebox {
  const takes = tokenBucket(1, 6);
  const match = all(tcp, port(...ports));
  const reject = rejectIcmp(3, 13, { match });
  return (packet, context) => (!match(packet) ? [onward(packet)] : takes(context) ? reject(packet, context) : []);
}

/** A path of seven routers, of which the second rejects port 25. */
function longPath(): Network {
  const path = Array.from({ length: 7 }, (_, index) =>
    router(`10.0.0.${index + 1}`, index === 1 ? { forward: [rejectRst({}, port(25))] } : {}),
  );
  return network([site(host(SERVER, { ports: { 80: open() } }), path)]);
}

const REJECTED: ExpectedGuard = { policy: 'reject-icmp-admin-prohibited', answeredBy: 'middlebox' };

/** Guards and proxies that keep connections to their end. */
export const WHOLE_GUARDS: readonly GuardScenario[] = [
  {
    name: '33: a stateful firewall that allows one port and drops the rest',
    network: through({ 80: tcpServer(), 81: tcpServer() }, statefulFirewall({ allows: port(80) })),
    ask: { ports: '80,81' },
    expect: { 80: BEHIND_STATE, 81: { policy: 'drop', stateful: true, says: /^dropped by a stateful filter after hop 2/ } },
  },
  {
    name: '33: one that rejects the rest with resets',
    network: through({ 80: tcpServer(), 81: tcpServer() }, statefulFirewall({ allows: port(80), denied: rejectRst() })),
    ask: { ports: '80,81' },
    expect: {
      80: BEHIND_STATE,
      81: {
        policy: 'reject-rst',
        stateful: true,
        answeredBy: 'middlebox',
        findings: ['rst-injected likely', 'checksum-not-verified proven'],
        says: /^REJECT with TCP reset by hop 2 \(10\.0\.0\.2\), 2 hops before the target; bare ACKs dropped too|do not pass either$/,
      },
    },
  },
  {
    name: '33: a stateless one, as old access lists are: bare ACKs pass',
    network: forward({ 80: tcpServer(), 81: tcpServer() }, statelessFirewall([80])),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: { policy: 'drop', stateful: false, says: /^dropped by a stateless filter after hop 2.*bare ACKs reach the host$/ },
    },
  },
  {
    name: '9: a SYN proxy to the end',
    network: through({ 80: tcpServer(), 81: tcpServer() }, completeSynProxy({ match: port(81) })),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'open',
        stateful: true,
        proxy: true,
        answeredBy: 'middlebox',
        findings: ['syn-proxy likely', 'checksum-not-verified proven'],
        says: /^SYN proxy at hop 2 \(10\.0\.0\.2\) answers for the host/,
      },
    },
  },
  {
    name: '32: a transparent proxy of its own stack',
    network: forward({ 80: tcpServer(), 81: tcpServer() }, transparentProxy(port(81), tcpServer())),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'open',
        proxy: true,
        answeredBy: 'middlebox',
        findings: ['ttl-mismatch likely', 'checksum-not-verified proven'],
        says: /^proxy at hop 2/,
      },
    },
  },
  {
    name: '32: split TCP',
    network: through({ 80: tcpServer(), 81: tcpServer() }, splitTcp(port(81))),
    ask: { ports: '80,81' },
    expect: {
      80: OPEN,
      81: {
        policy: 'open',
        proxy: true,
        answeredBy: 'middlebox',
        findings: ['ttl-mismatch likely', 'checksum-not-verified proven'],
      },
    },
  },
  {
    name: '10: SYN cookies on the host are no proxy',
    network: behind({ 80: tcpServer({ cookies: true }) }),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { policy: 'closed', stateful: false } },
  },
  ...(['restored', 'checksum-left', 'left'] as const).map((quotes) => ({
    name: `30: behind a NAT whose quotes are ${quotes}: no guard, and distances are known`,
    network: through({ 80: tcpServer() }, sourceNat('203.0.113.5', { firstPort: 5000, quotes })),
    ask: { ports: '80,81' },
    expect: {
      80: { ...OPEN, says: /^open, answered by the host at hop 4;/ },
      81: { policy: 'closed', answeredBy: 'host' as const },
    },
  })),
  {
    name: '4, 35: a router that rejects six ports at once and then one a second: no port is called dropped for its silence, nothing found',
    network: forward({ 80: open() }, limitedReject(1, 2, 3, 4, 5, 6, 7, 8)),
    ask: { ports: '1-8,80' },
    expect: { 80: OPEN, ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((each) => [each, REJECTED])) },
  },
  {
    name: '4, 35: the same with more ports than it has errors for: the rest may be rejected too, and that is said',
    network: forward({}, limitedReject(...Array.from({ length: 20 }, (_, index) => index + 1))),
    ask: { ports: '1-20' },
    expect: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        index + 1,
        index < 9
          ? REJECTED
          : { policy: 'drop', says: /^no answer: dropped, or rejected like port \d by a device that limits its ICMP errors$/ },
      ]),
    ),
  },
  {
    name: 'far away: a device six hops before the target',
    network: longPath(),
    ask: { ports: '25,80' },
    expect: {
      25: {
        policy: 'reject-rst',
        findings: ['rst-injected likely', 'checksum-not-verified proven'],
        says: new RegExp(`^REJECT with TCP reset by hop 2 \\(${MIDDLE}\\), 6 hops before the target;`),
      },
      80: { ...OPEN, says: /^open, answered by the host at hop 8;/ },
    },
  },
];
