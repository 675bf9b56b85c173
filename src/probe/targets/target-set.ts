import type { Address } from '../../wire/address.ts';

/** Distinct addresses in a fixed order, computed and not stored: a /8 costs what a single address costs. */
export interface TargetSet {
  readonly size: number;
  at(index: number): Address;
  /** Index of `address`, or -1. */
  indexOf(address: Address): number;
  /** The name under which the user asked for it, or null. */
  hostname(index: number): string | null;
}
