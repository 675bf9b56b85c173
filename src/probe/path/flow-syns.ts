import type { SynTemplate } from '../../wire/syn-template.ts';
import type { ProbeCookie } from '../craft/cookie.ts';
import { cookieNumbering, type Flow, SynMaker } from '../craft/syn-maker.ts';
import type { TransmitQueue } from '../session/transmit-queue.ts';
import type { PathProbe } from './path-probe.ts';

/** What the SYNs of a flow are made with. */
export interface FlowMeans {
  readonly cookie: ProbeCookie;
  readonly transmitQueue: TransmitQueue;
  readonly craft: (ttl: number) => SynTemplate;
  /** SYNs made for the same flow before. */
  readonly made: number;
}

/** IP IDs in use: 0 is left to the kernel (raw(7), IP_HDRINCL). */
const IP_IDS = 0xffff;

/**
 * Makes and posts the SYNs of one flow, all of one ISN: a second one would draw a challenge ACK (RFC 5961,
 * 4). IP ID and TSval count up from a secret start, so that PAWS (RFC 7323, 5) finds no packet too old.
 */
export class FlowSyns {
  readonly flow: Flow;
  /** Unsigned. */
  readonly isn: number;
  readonly #templateFor: (ttl: number) => SynTemplate;
  readonly #transmitQueue: TransmitQueue;
  readonly #maker: SynMaker;

  constructor(flow: Flow, { cookie, transmitQueue, craft, made: earlier }: FlowMeans) {
    this.flow = flow;
    this.#templateFor = craft;
    this.#transmitQueue = transmitQueue;
    const first = cookieNumbering(cookie, { seq: null, ipId: null })(flow, 0);
    this.isn = first.seq;
    this.#maker = new SynMaker([flow.sourcePort], (_, made) => ({
      seq: first.seq,
      tsval: (first.tsval + earlier + made) >>> 0,
      ipId: ((first.ipId - 1 + earlier + made) % IP_IDS) + 1,
    }));
  }

  /** Posts the next SYN. */
  post(ttl: number): PathProbe {
    const template = this.#templateFor(ttl);
    const { bytes, ipId, tsval } = this.#maker.make(template, this.flow.target, this.flow.port);
    return { ttl, ipId, tsval: template.carriesTsval ? tsval : null, posted: this.#transmitQueue.post(bytes) };
  }
}
