import type { Address } from '../../wire/address.ts';
import type { Routes } from '../../transport/transport.ts';

/** What the user fixed of the way out. */
export interface RouteOptions {
  /** Every source has this address instead of the kernel's choice; it need not be ours. */
  readonly sourceIp: Address | null;
  /** Every target is reached through this interface. */
  readonly interface: string | null;
}

/** Routes that hold a socket. */
export interface OpenRoutes extends Routes {
  /** Idempotent; lookups after it fail with EBADF. */
  close(): void;
}
