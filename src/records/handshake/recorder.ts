import { Errno, errnoName } from '../../transport/errno.ts';
import type { ConnectionPlan } from '../../probe/connection/connection-session.ts';
import type { Investigation, PortInvestigation } from '../../probe/handshake/investigation.ts';
import { judgeHandshake, type HandshakeExpectations } from './expectations.ts';
import { handshakeRecord, segmentRecords } from './build.ts';
import type { HandshakeRecord, HandshakeRunRecord } from './records.ts';
import type { PairName } from '../records.ts';

/** Where records go, and what they are judged by. */
export interface HandshakeRecorderOptions {
  readonly expectations: HandshakeExpectations | null;
  readonly emit: (record: HandshakeRunRecord) => void;
}

interface Open {
  readonly name: PairName;
  readonly investigation: PortInvestigation;
  readonly isUnresolved: () => boolean;
  isOver: boolean;
}

/** Turns investigations into records once they are over and their last packet has left. */
export class HandshakeRecorder {
  readonly #options: HandshakeRecorderOptions;
  readonly #open: Set<Open> = new Set();

  constructor(options: HandshakeRecorderOptions) {
    this.#options = options;
  }

  /**
   * The connections of an investigation. Its record follows when they are over. `isUnresolved`: whether
   * packets to the target wait for a neighbour that is not there.
   */
  *follow(name: PairName, investigation: PortInvestigation, isUnresolved: () => boolean): ConnectionPlan {
    const open: Open = { name, investigation, isUnresolved, isOver: false };
    this.#open.add(open);
    yield* investigation.connections();
    open.isOver = true;
  }

  /** A port that this host has no way to. */
  unreachable(name: PairName, plan: Investigation['plan'], errno: number): void {
    const record = handshakeRecord(name, { plan, trials: [], pathMtu: null });
    this.#judge({ ...record, ...errorOf(errno) });
  }

  /** Emits what is over. */
  tick(): void {
    for (const open of this.#open) if (open.isOver && isSent(open.investigation)) this.#release(open);
  }

  /** Emits everything, over or not. */
  end(): void {
    for (const open of this.#open) this.#release(open);
  }

  #release(open: Open): void {
    this.#open.delete(open);
    const { investigation } = open.investigation;
    for (const record of segmentRecords(open.name, investigation)) this.#options.emit(record);
    const record = handshakeRecord(open.name, investigation);
    const isHeldBack = record.reason === 'no-response' && open.isUnresolved();
    this.#judge(isHeldBack ? { ...record, ...errorOf(Errno.EHOSTUNREACH) } : record);
  }

  #judge(record: HandshakeRecord): void {
    const { expectations, emit } = this.#options;
    emit(expectations === null ? record : { ...record, expectation: judgeHandshake(record, expectations) });
  }
}

function errorOf(errno: number): Pick<HandshakeRecord, 'state' | 'reason'> {
  return { state: 'error', reason: `send-error:${errnoName(errno)}` };
}

/** Whether every packet has left or was refused. */
function isSent({ investigation }: PortInvestigation): boolean {
  return investigation.trials.every(({ connection }) =>
    connection.notes.every((note) => note.kind !== 'out' || note.at !== null || note.posted?.errno !== 0),
  );
}
