import { drop, onward, when, type Middlebox } from '../../network/middlebox.ts';
import { anything, syn, synAck } from '../../network/match.ts';
import { changeField, forgeAck, translateSeq } from '../../network/middleboxes/fields.ts';
import { rejectRst, besides } from '../../network/middleboxes/rejecting.ts';
import { tarPit } from '../../network/middleboxes/proxies.ts';
import { edited, set } from '../../network/packet-edit.ts';
import { destinationPortOf, flagsOf, sourcePortOf, address } from '../../network/packet.ts';
import { open, silent } from '../../network/services.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { OPEN, SILENT, behind, forward, reverse, through, type Expected, type Scenario } from '../scenario.ts';

const UNBELIEVED: Expected = { ...SILENT, rejected: 3, findings: ['unexpected-ack proven'] };

/** A forged copy goes before every SYN-ACK. */
function forgedFirst(change: (bytes: Uint8Array) => void): Middlebox {
  return when(synAck, (packet) => [onward(edited(packet, change)), onward(packet)]);
}

/** Replies that name our ports, or seem to, and prove nothing. */
export const FORGERIES: readonly Scenario[] = [
  ...[1, -1, 2 ** 31, 1000].map((offset) => ({
    name: `a SYN-ACK whose acknowledgement is ${offset} off`,
    network: reverse({ 80: open() }, forgeAck(offset)),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
    repliesRejected: 3,
  })),
  {
    name: 'a SYN-ACK that acknowledges 0',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.ack(bytes, 0), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
  },
  {
    name: 'a reset with a wrong acknowledgement',
    network: forward({ 80: open() }, rejectRst({ ackOff: 77 })),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
  },
  {
    name: 'a reset without ACK',
    network: forward({ 80: open() }, rejectRst({ withoutAck: true })),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
  },
  {
    name: 'sequence numbers translated one way only: SYN-ACKs prove nothing',
    network: behind({ 80: open() }, { forward: [translateSeq(5000).forward] }),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
  },
  {
    name: 'sequence numbers translated both ways are invisible',
    network: through({ 80: open() }, translateSeq(5000)),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'a SYN-ACK to a port that is not ours',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.destinationPort(bytes, destinationPortOf(bytes) ^ 0x4000), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected: 0 } },
    repliesRejected: 0,
  },
  {
    name: 'a SYN-ACK to another source port of ours: its ISN is another',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.destinationPort(bytes, destinationPortOf(bytes) ^ 0x0008), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: UNBELIEVED },
  },
  {
    name: 'a SYN-ACK from a port that was not asked',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.sourcePort(bytes, sourcePortOf(bytes) + 1), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected: 0 } },
  },
  {
    name: 'a SYN-ACK from a port that was asked too',
    network: reverse(
      { 80: open(), 81: silent },
      changeField((bytes) => set.sourcePort(bytes, 81), synAck),
    ),
    ask: { ports: '80,81' },
    expect: { 80: { ...SILENT, rejected: 0 }, 81: UNBELIEVED },
  },
  {
    name: 'a SYN-ACK from another address',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.source(bytes, address('198.51.100.99')), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected: 0 } },
  },
  {
    name: 'a SYN-ACK to another address on our link, seen by a promiscuous capture',
    network: behind(
      { 80: open() },
      {
        reverse: [changeField((bytes) => set.destination(bytes, address('192.0.2.55')), synAck)],
        local: { promiscuous: true },
      },
    ),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected: 0 } },
  },
  {
    name: 'a SYN-ACK from another target of the same run',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.source(bytes, address('198.51.100.8')), synAck),
    ),
    ask: { targets: ['198.51.100.7-8'], ports: '80' },
    expect: { '198.51.100.7:80': { ...SILENT, rejected: 0 }, '198.51.100.8:80': UNBELIEVED },
  },
  {
    name: 'a forged SYN-ACK before the true one: the true one counts',
    network: reverse(
      { 80: open() },
      forgedFirst((bytes) => set.ack(bytes, 1)),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, rejected: 1, findings: ['unexpected-ack proven'] } },
  },
  {
    name: 'a forged reset before the true SYN-ACK: the true one counts',
    network: reverse(
      { 80: open() },
      forgedFirst((bytes) => {
        set.flags(bytes, TcpFlag.RST | TcpFlag.ACK);
        set.ack(bytes, 1);
      }),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, rejected: 1, findings: ['unexpected-ack proven'] } },
  },
  {
    name: 'a SYN-ACK with ECE is a SYN-ACK',
    network: behind({ 80: open() }),
    ask: { ports: '80', ecn: true },
    expect: { 80: OPEN },
  },
  {
    name: 'ECE and CWR reflected: a SYN-ACK all the same',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.flags(bytes, flagsOf(bytes) | TcpFlag.ECE | TcpFlag.CWR), synAck),
    ),
    ask: { ports: '80', ecn: true },
    expect: { 80: OPEN },
  },
  {
    name: 'FIN, PSH and data segments are no answers',
    network: reverse(
      { 80: open() },
      changeField((bytes) => set.flags(bytes, TcpFlag.FIN | TcpFlag.PSH | TcpFlag.ACK), synAck),
    ),
    ask: { ports: '80' },
    expect: { 80: { state: 'filtered', reason: 'no-response', findings: ['unexpected-ack proven'] } },
  },
  {
    name: 'a tar pit answers beside a reset of the host: both are there to see',
    network: forward({}, besides(syn, tarPit())),
    ask: { ports: '80', options: 'none' },
    expect: { 80: { state: 'open', reason: 'syn-ack', ttl: 63, conflict: true, findings: ['rst-injected likely'] } },
  },
  {
    name: 'nothing but noise on the way back',
    network: reverse({ 80: open() }, when(anything, drop)),
    ask: { ports: '80' },
    expect: { 80: { ...SILENT, rejected: 0 } },
  },
];
