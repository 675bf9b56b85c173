import { refuse, refuseFirst, refuseSometimes } from '../../network/local.ts';
import { anything, port } from '../../network/match.ts';
import { open } from '../../network/services.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { OPEN, SERVER, behind, type Expected, type Scenario } from '../scenario.ts';
import { address } from '../../network/packet.ts';

const ELSEWHERE = '203.0.113.9';

function failed(reason: string): Expected {
  return { state: 'error', reason };
}

function withoutRoute(errno: number, name: string): Scenario {
  return {
    name: `${name} for a target: an error, and the run goes on`,
    network: behind({ 80: open() }, { local: { noRoute: new Map([[address(ELSEWHERE), errno]]) } }),
    ask: { targets: [SERVER, ELSEWHERE], ports: '80' },
    expect: {
      [`${SERVER}:80`]: OPEN,
      [`${ELSEWHERE}:80`]: { ...failed(`send-error:${name}`), attempts: 0, from: null, rttMs: null },
    },
    probesSent: 1,
  };
}

/** What goes wrong on the machine that probes: an error of its own, never `filtered`. */
export const LOCAL: readonly Scenario[] = [
  withoutRoute(Errno.ENETUNREACH, 'ENETUNREACH'),
  withoutRoute(Errno.EHOSTUNREACH, 'EHOSTUNREACH'),
  withoutRoute(Errno.EACCES, 'EACCES'),
  {
    name: 'an OUTPUT rule refuses a port: EPERM, and the others go on',
    network: behind({ 80: open(), 81: open() }, { local: { sendFault: refuse(Errno.EPERM, port(81)) } }),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { ...failed('send-error:EPERM'), from: null } },
    probesSent: 1,
  },
  {
    name: 'the kernel loses the route in mid-run: ENETUNREACH on send',
    network: behind({ 80: open() }, { local: { sendFault: refuse(Errno.ENETUNREACH, anything) } }),
    ask: { ports: '80' },
    expect: { 80: failed('send-error:ENETUNREACH') },
    probesSent: 0,
  },
  {
    name: 'the queue is full for a moment: ENOBUFS is tried again and costs no attempt',
    network: behind({ 80: open(), 81: open() }, { local: { sendFault: refuseFirst(20, Errno.ENOBUFS, anything) } }),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: OPEN },
    probesSent: 2,
  },
  {
    name: 'EAGAIN is tried again too',
    network: behind({ 80: open() }, { local: { sendFault: refuseFirst(3, Errno.EAGAIN, anything) } }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
    probesSent: 1,
  },
  {
    name: 'a queue that is full half of the time',
    network: behind(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [1 + index, open()])), {
      local: { sendFault: refuseSometimes(0.5) },
    }),
    ask: { ports: '1-40' },
    expect: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [1 + index, OPEN])),
    probesSent: 40,
  },
  {
    name: 'no neighbour: our own kernel says host unreachable after three seconds, an error and not filtered',
    network: behind({}, { local: { noNeighbour: [address(ELSEWHERE)] } }),
    ask: { targets: [ELSEWHERE], ports: '80' },
    expect: { 80: { ...failed('icmp-host-unreachable'), from: '192.0.2.1' } },
  },
  {
    name: 'no neighbour beside a target that answers fast',
    network: behind({ 80: open() }, { local: { noNeighbour: [address(ELSEWHERE)] } }),
    ask: { targets: [SERVER, ELSEWHERE], ports: '80' },
    expect: {
      [`${SERVER}:80`]: OPEN,
      [`${ELSEWHERE}:80`]: { ...failed('icmp-host-unreachable'), from: '192.0.2.1' },
    },
  },
  {
    name: 'our own kernel resets what it does not know: not an answer of the target',
    network: behind({ 80: open({ retransmits: 5 }) }, { local: { resets: true } }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'the capture does not see our own packets: RTT from the send call',
    network: behind({ 80: open() }, { local: { seesOwnPackets: false } }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, rttMs: [1.5, 1.8] } },
  },
  {
    name: 'captures come in blocks of 5 ms: stamps and RTT stay those of the packets',
    network: behind({ 80: open() }, { local: { blockMs: 5 } }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, rttMs: [1.5, 1.8] } },
  },
  {
    name: 'a capture that cuts packets at 68 bytes',
    network: behind({ 80: open({ payload: new Uint8Array(400) }) }, { local: { snapLength: 68 } }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['payload-in-syn-ack proven'] } },
  },
];
