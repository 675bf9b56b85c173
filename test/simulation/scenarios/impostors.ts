import { refuse } from '../../network/local.ts';
import { host } from '../../network/host.ts';
import { all, ecnFlags, option, payload, port, syn, synAck } from '../../network/match.ts';
import { drop, when } from '../../network/middlebox.ts';
import { rateLimit } from '../../network/middleboxes/dropping.ts';
import { changeField } from '../../network/middleboxes/fields.ts';
import { synProxy, tarPit } from '../../network/middleboxes/proxies.ts';
import { rejectIcmp } from '../../network/middleboxes/rejecting.ts';
import { network, router, site } from '../../network/network.ts';
import { set } from '../../network/packet-edit.ts';
import { flagsOf, address } from '../../network/packet.ts';
import { open, silent } from '../../network/services.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { behind, forward, MIDDLE, SERVER } from '../scenario.ts';
import { type GuardScenario, OPEN } from './guard-scenario.ts';

/** What answers for the host, what makes a difference, and what goes wrong here. */
export const IMPOSTORS: readonly GuardScenario[] = [
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
    network: behind(
      { 80: open() },
      {
        reverse: [
          when(
            all(synAck, ecnFlags),
            changeField((bytes) => set.flags(bytes, flagsOf(bytes) | TcpFlag.ECE | TcpFlag.CWR)),
          ),
        ],
      },
    ),
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
    expect: { 80: { policy: 'drop', says: /^no answer from any port of it: dropped where no router tells/ } },
  },
];
