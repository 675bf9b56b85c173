import type { AddressColumn } from '../../wire/address.ts';
import type { ProbeColumns } from '../../wire/syn-template.ts';

/** First SYNs that are made in one go, as columns: a loop over arrays costs a fraction of a call for each packet. Reused for every block. */
export class SynBlock implements ProbeColumns {
  static readonly LARGEST = 256;
  count = 0;
  /** By which all of them leave. */
  source = 0;
  readonly pairs: Float64Array = new Float64Array(SynBlock.LARGEST);
  readonly nonces: Int32Array = new Int32Array(SynBlock.LARGEST);
  readonly destinations: AddressColumn = new Int32Array(SynBlock.LARGEST);
  readonly destinationPorts: Uint16Array = new Uint16Array(SynBlock.LARGEST);
  readonly seqs: Int32Array = new Int32Array(SynBlock.LARGEST);
  readonly tsvals: Int32Array = new Int32Array(SynBlock.LARGEST);
  readonly ipIds: Uint16Array = new Uint16Array(SynBlock.LARGEST);
}
