import { KernelRoutes } from './kernel-routes.ts';
import { NetlinkSocket } from './netlink.ts';
import type { OpenRoutes, RouteOptions } from './route-options.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';
import { TableRoutes } from './table-routes.ts';

export type { OpenRoutes, RouteOptions };

/**
 * The kernel's own answers where netlink can be asked, else those of the main table. Throws a usage error for an interface that is not there.
 */
export function openRoutes(options: RouteOptions): OpenRoutes {
  const calls = systemCalls();
  if (hasSystemCalls(calls)) {
    const socket = NetlinkSocket.open(calls);
    if (socket !== null) return new KernelRoutes(calls, socket, options);
  }
  return new TableRoutes(options);
}
