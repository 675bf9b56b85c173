import { diagnose } from '../../analysis/handshake/diagnose.ts';
import { inOrder, synRttMs, closedBy, synAckSchedule } from '../../analysis/handshake/exchange.ts';
import { peerStates } from '../../analysis/handshake/peer-states.ts';
import { portVerdict } from '../../probe/handshake/port-verdict.ts';
import type { TcpState } from '../../probe/connection/connection-state.ts';
import type { ConnectionNote, ReceivedSense, IcmpNote, SegmentNote, SentSense } from '../../probe/connection/segment-note.ts';
import type { Connection } from '../../probe/connection/connection.ts';
import { type Investigation, isAnswered } from '../../probe/handshake/investigation.ts';
import { formatAddress } from '../../wire/address.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { formatTcpFlags } from '../../wire/tcp-flags.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import type { PairName } from '../records.ts';
import type { HandshakeRecord, SegmentRecord } from './records.ts';

/** What to say of a segment that is not plain; the rest speak for themselves. */
const REMARKS: Readonly<Partial<Record<SentSense | ReceivedSense, string>>> = {
  'syn-again': 'retransmission',
  'data-again': 'retransmission',
  'fin-again': 'retransmission',
  'syn-ack-again': 'retransmission',
  'other-syn-ack': 'another ISN',
  'window-update': 'window update',
  'data-ahead': 'out of order',
  'challenge-ack': 'challenge ACK',
  syn: 'SYN without ACK',
  probe: 'path MTU probe',
  'not-believed': 'not believed',
};

/** Every packet of every connection of an investigation, connection by connection. */
export function segmentRecords({ target, port }: PairName, { trials }: Investigation): readonly SegmentRecord[] {
  const connections = trials.map(({ purpose, connection }) => ({ purpose, notes: inOrder(connection) }));
  const start = Math.min(...connections.flatMap(({ notes }) => notes[0]?.at ?? []));
  return connections.flatMap(({ purpose, notes }, index) => {
    const servers = peerStates(notes);
    const clients = clientStates(notes);
    return notes.map((note, place): SegmentRecord => ({
      type: 'segment',
      target,
      port,
      connection: index + 1,
      purpose,
      direction: note.kind === 'out' ? 'out' : 'in',
      atMs: (note.at - start) / NANOS_PER_MS,
      ...(note.kind === 'icmp' ? errorFields(note) : segmentFields(note)),
      ttl: note.packet.ip.ttl,
      clientState: clients[place] ?? note.state,
      serverState: servers[place] ?? null,
    }));
  });
}

/** What they show. */
export function handshakeRecord({ target, hostname, port }: PairName, investigation: Investigation): HandshakeRecord {
  const { answers, findings, remarks } = diagnose(investigation);
  const connection = mainConnection(investigation);
  const schedule = connection === undefined ? null : synAckSchedule(connection);
  const verdict = connection === undefined ? { state: 'error' as const, reason: 'interrupted' } : portVerdict(connection);
  return {
    type: 'handshake',
    target,
    hostname,
    port,
    established: investigation.trials.some((trial) => trial.purpose === 'asked' && trial.connection.establishedAt !== null),
    ...verdict,
    synRttMs: connection === undefined ? null : synRttMs(connection),
    synAckRetransmits: schedule?.retransmits ?? null,
    synAckIntervalsMs: schedule?.intervalsMs ?? null,
    ...answers,
    closedBy: connection === undefined ? null : closedBy(connection),
    connections: investigation.trials.length,
    findings,
    remarks,
    expectation: null,
  };
}

/** The first that was asked for and answered, else the first. */
function mainConnection({ trials }: Investigation): Connection | undefined {
  const asked = trials.filter(({ purpose }) => purpose === 'asked');
  return (asked.find(({ connection }) => isAnswered(connection)) ?? asked[0])?.connection;
}

/** How far each state is along a connection: what is sent may be stamped later than what came meanwhile. */
const PROGRESS: Readonly<Record<TcpState, number>> = {
  'SYN-SENT': 0,
  ESTABLISHED: 1,
  'FIN-WAIT-1': 2,
  'CLOSE-WAIT': 2,
  'FIN-WAIT-2': 3,
  CLOSING: 3,
  'LAST-ACK': 3,
  'TIME-WAIT': 4,
  CLOSED: 5,
};

function clientStates(notes: readonly ConnectionNote[]): readonly TcpState[] {
  let furthest: TcpState = 'SYN-SENT';
  return notes.map(({ state }) => {
    if (PROGRESS[state] > PROGRESS[furthest]) furthest = state;
    return furthest;
  });
}

type Fields = Pick<
  SegmentRecord,
  'flags' | 'seq' | 'ack' | 'window' | 'optionsText' | 'length' | 'relativeSeq' | 'relativeAck' | 'windowBytes' | 'note'
>;

function segmentFields(note: SegmentNote): Fields {
  const { header } = note.segment;
  const remark = note.sense === 'syn' && note.kind === 'out' ? null : (REMARKS[note.sense] ?? null);
  const size = note.sense === 'probe' ? ` of ${note.packet.ip.totalLength} bytes` : '';
  const remarks = [remark === null ? null : remark + size, note.isMerged ? 'several segments in one' : null];
  return {
    flags: formatTcpFlags(header.flags),
    seq: header.seq,
    ack: note.ack === null ? null : header.ack,
    window: header.window,
    optionsText: formatOptions(header.options),
    length: note.length,
    relativeSeq: note.seq,
    relativeAck: note.ack,
    windowBytes: note.window,
    note: remarks.filter((text) => text !== null).join(', ') || null,
  };
}

function errorFields({ message, from, mtu }: IcmpNote): Fields {
  const named = mtu === null ? '' : `, MTU ${mtu}`;
  return {
    flags: null,
    seq: null,
    ack: null,
    window: null,
    optionsText: null,
    length: null,
    relativeSeq: null,
    relativeAck: null,
    windowBytes: null,
    note: `${formatIcmpReason(message.type, message.code)} from ${formatAddress(from)}${named}`,
  };
}
