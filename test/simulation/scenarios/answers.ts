import { rejectRst } from '../../network/middleboxes/rejecting.ts';
import { afterFirst, chain, drop, first, milliseconds } from '../../network/middlebox.ts';
import { anything, port, syn, synAck } from '../../network/match.ts';
import { delay } from '../../network/middleboxes/timing.ts';
import { dropReply, dropSyn, rateLimit } from '../../network/middleboxes/dropping.ts';
import { injectRst, resetAfterSynAck } from '../../network/middleboxes/rejecting.ts';
import { closed, open, silent, splitHandshake, staleConnection } from '../../network/services.ts';
import { CLOSED, OPEN, SERVER, SILENT, behind, forward, reverse, type Scenario } from '../scenario.ts';

const RTT = [1.5, 1.8] as const;

/** Plain answers and silence, and which of two answers counts. */
export const ANSWERS: readonly Scenario[] = [
  {
    name: 'open, closed and silent ports of a clean path, nothing found',
    network: behind({ 80: open(), 81: closed(), 82: silent }),
    ask: { ports: '80-83' },
    expect: { 80: { ...OPEN, rttMs: RTT }, 81: { ...CLOSED, rttMs: RTT }, 82: SILENT, 83: CLOSED },
  },
  {
    name: 'a FreeBSD server is clean too',
    network: behind({ 80: open() }, { server: { style: 'freebsd' } }),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: CLOSED },
  },
  {
    name: 'a Windows server has no timestamps by default: missing, possible at most',
    network: behind({ 80: open() }, { server: { style: 'windows' } }),
    ask: { ports: '80,81' },
    expect: { 80: { ...OPEN, ttl: 125, findings: ['option-missing:ts possible'] }, 81: { ...CLOSED, ttl: 125 } },
  },
  {
    name: 'SYNs dropped in silence: filtered after every retry',
    network: forward({ 80: open(), 81: open() }, dropSyn(port(81))),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: SILENT },
    probesSent: 4,
  },
  {
    name: 'replies dropped on the way back: filtered as well',
    network: reverse({ 80: open(), 81: open(), 82: closed() }, dropReply(port(81, 82))),
    ask: { ports: '80-82' },
    expect: { 80: OPEN, 81: SILENT, 82: SILENT },
  },
  {
    name: 'a middlebox rejects with a reset: nearer than the host',
    network: forward({ 80: open(), 81: open() }, rejectRst({}, port(81))),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { state: 'closed', reason: 'rst', from: SERVER, ttl: 63, findings: ['rst-injected likely'] } },
  },
  {
    name: 'a reset that the host could have sent is not suspected',
    network: forward({ 80: open() }, rejectRst({ ttl: 62 }, port(81))),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: CLOSED },
  },
  {
    name: 'split handshake: a SYN answers, the port is open but not proven',
    network: behind({ 80: splitHandshake() }),
    ask: { ports: '80' },
    expect: { 80: { state: 'open', reason: 'syn', from: SERVER } },
  },
  {
    name: 'a SYN-ACK that still comes beats a split handshake',
    network: behind({ 80: chain(first(1, syn, splitHandshake()), open()) }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, attempts: 2 } },
  },
  {
    name: 'the first SYN is lost: attempt 2 is answered and timed by its own SYN',
    network: forward({ 80: open(), 81: closed() }, first(2, syn, drop)),
    ask: { ports: '80,81' },
    expect: { 80: { ...OPEN, attempts: 2, rttMs: RTT }, 81: { ...CLOSED, attempts: 2, rttMs: RTT } },
  },
  {
    name: 'a late SYN-ACK to attempt 1 arrives after attempt 2 was sent: attempt 1, its own RTT',
    network: reverse({ 80: open() }, first(1, synAck, delay(1100)), afterFirst(1, synAck, delay(1100))),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, attempts: 1, rttMs: [1100, 1110] } },
  },
  {
    name: 'a path of 300 ms each way, answered within the first time-out',
    network: behind({ 80: open(), 81: closed() }, { forward: [delay(300)], reverse: [delay(300)] }),
    ask: { ports: '80,81' },
    expect: { 80: { ...OPEN, rttMs: [600, 605] }, 81: { ...CLOSED, rttMs: [600, 605] } },
    probesSent: 2,
  },
  {
    name: 'a reset before the SYN-ACK to the same SYN: the reset decides, the conflict is found',
    network: forward({ 80: open() }, injectRst()),
    ask: { ports: '80' },
    expect: { 80: { state: 'closed', reason: 'rst', ttl: 63, conflict: true, findings: ['rst-injected likely'] } },
  },
  {
    name: 'a reset behind the SYN-ACK: open, the conflict is found',
    network: reverse({ 80: open() }, resetAfterSynAck({ afterMs: 1 })),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, conflict: true, findings: ['rst-injected likely'] } },
  },
  {
    name: 'a stale connection holds the tuple: the challenge ACK is not an answer, another source port is',
    network: behind({ 80: staleConnection(open()), 81: staleConnection(closed()) }),
    ask: { ports: '80,81' },
    expect: {
      80: { ...OPEN, attempts: 2, rejected: 1, findings: ['unexpected-ack proven'] },
      81: { ...CLOSED, attempts: 2, rejected: 1, findings: ['unexpected-ack proven'] },
    },
    repliesRejected: 2,
  },
  {
    name: 'a stale connection and --retries 0: the retry from another port is still made',
    network: behind({ 80: staleConnection(open()) }),
    ask: { ports: '80', retries: 0 },
    expect: { 80: { ...OPEN, attempts: 2, rejected: 1, findings: ['unexpected-ack proven'] } },
  },
  {
    name: 'SYNs limited to 50 a second with a burst of 5: slower, but every open port is found',
    network: forward(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [1000 + index, open()])), rateLimit(50, 5)),
    ask: { ports: '1000-1099' },
    expect: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [1000 + index, { state: 'open', reason: 'syn-ack' }])),
  },
  {
    name: 'an accept queue that is full now and then drops a SYN',
    network: behind({ 80: chain(first(1, syn, drop), open()) }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, attempts: 2 } },
  },
  {
    name: 'bad TCP checksums: a host does not answer them',
    network: behind({ 80: open() }),
    ask: { ports: '80', badsum: true },
    expect: { 80: SILENT },
  },
  {
    name: 'bad TCP checksums: something that does not verify them answers',
    network: behind({ 80: open() }, { server: { stack: { verifiesChecksums: false } } }),
    ask: { ports: '80', badsum: true },
    expect: { 80: OPEN },
  },
  {
    name: 'every packet twice, in both directions: one verdict each',
    network: behind(
      { 80: open(), 81: closed() },
      {
        forward: [(packet) => [0, 1].map((copy) => ({ packet, way: 'onward' as const, delay: milliseconds(copy) }))],
        reverse: [(packet) => [0, 1].map((copy) => ({ packet, way: 'onward' as const, delay: milliseconds(copy) }))],
      },
    ),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: CLOSED },
    probesSent: 2,
  },
  {
    name: 'SYN-ACKs retransmitted by the server are duplicates, not new answers',
    network: behind({ 80: open({ retransmits: 5 }) }, { local: { resets: false } }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'three RTT samples',
    network: behind({ 80: open(), 81: closed() }),
    ask: { ports: '80,81', count: 3 },
    expect: { 80: { ...OPEN, rttMs: RTT }, 81: { ...CLOSED, rttMs: RTT } },
    probesSent: 6,
  },
  {
    name: 'no target answers anything',
    network: forward({}, chain(dropSyn(anything))),
    ask: { ports: '1-50' },
    expect: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [index + 1, SILENT])),
    probesSent: 150,
  },
];
