/** Distinct ports in ascending order. */
export interface PortSet {
  readonly size: number;
  at(index: number): number;
  /** Index of `port`, or -1. */
  indexOf(port: number): number;
}
