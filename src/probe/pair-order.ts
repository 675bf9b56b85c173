/** The order in which the pairs `0 ... total-1` are probed (pair = targetIndex * ports.size + portIndex): a permutation that is computed, not stored. */
export interface PairOrder {
  /** How many pairs this shard holds. */
  readonly length: number;
  /** The pair at `position`, 0 to length-1. */
  at(position: number): number;
}
