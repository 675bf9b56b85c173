import type { Address } from '../../wire/address.ts';
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { TCP_HEADER_BYTES } from '../../wire/tcp.ts';
import { decodeOptions, findOption } from '../../wire/tcp-options.ts';
import type { ProbeCookie } from './cookie.ts';
import type { TransmitQueue } from '../session/transmit-queue.ts';
import type { PathProbe } from '../path/path-probe.ts';

/** A 5-tuple on which SYNs of any TTL leave. */
export interface Flow {
  readonly source: Address;
  readonly target: Address;
  readonly sourcePort: number;
  readonly port: number;
}

/** What SYNs are made with. */
export interface CraftMeans {
  readonly cookie: ProbeCookie;
  readonly transmitQueue: TransmitQueue;
  readonly craft: (ttl: number) => SynTemplate;
  /** SYNs that were made for the same flow before. */
  readonly made: number;
}

const OPTIONS_AT = IPV4_HEADER_BYTES + TCP_HEADER_BYTES;
/** IP IDs in use: 0 is left to the kernel (raw(7), IP_HDRINCL). */
const IP_IDS = 0xffff;

/**
 * Makes and posts the SYNs of one flow. The ISN is the same in all of them: a second one on the tuple would earn a challenge ACK at the host (RFC 5961, 4). IP ID and
 * TSval count up from a secret start, so that PAWS (RFC 7323, 5) finds no packet too old.
 */
export class SynCrafter {
  readonly flow: Flow;
  /** Unsigned. */
  readonly isn: number;
  readonly #templateFor: (ttl: number) => SynTemplate;
  readonly #transmitQueue: TransmitQueue;
  readonly #firstId: number;
  readonly #firstTsval: number;
  #made: number;

  constructor(flow: Flow, means: CraftMeans) {
    this.flow = flow;
    this.#templateFor = means.craft;
    this.#transmitQueue = means.transmitQueue;
    this.#made = means.made;
    const { cookie } = means;
    cookie.compute(flow.source, flow.target, ((flow.sourcePort << 16) | flow.port) >>> 0, 0);
    this.isn = cookie.nonce >>> 0;
    this.#firstId = cookie.ipId;
    this.#firstTsval = cookie.tsval;
  }

  /** Posts the next SYN. */
  post(ttl: number): PathProbe {
    const template = this.#templateFor(ttl);
    const bytes = new Uint8Array(template.length);
    const ipId = ((this.#firstId - 1 + this.#made) % IP_IDS) + 1;
    const tsval = (this.#firstTsval + this.#made) >>> 0;
    this.#made++;
    const { target, sourcePort, port } = this.flow;
    template.write(bytes, 0, { destination: target, sourcePort, destinationPort: port, seq: this.isn, tsval, ipId });
    const options = decodeOptions(bytes.subarray(OPTIONS_AT, OPTIONS_AT + template.optionBytes.length));
    const carries = findOption(options, 'ts')?.value === tsval;
    return { ttl, ipId, tsval: carries ? tsval : null, posted: this.#transmitQueue.post(bytes) };
  }
}
