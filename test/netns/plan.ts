import type { MiddleboxConfig } from './middlebox.ts';

/** A host as data. */
export interface HostPlan {
  /** Forwards between its links. */
  readonly router?: boolean;
  /** `net.ipv4.tcp_sack: 0` and the like, dots or slashes. */
  readonly sysctl?: Readonly<Record<string, number | string>>;
  /** An nft script. */
  readonly nft?: string;
  /** Ports on which a kernel TCP server accepts. */
  readonly listen?: readonly number[];
}

/** A cable between two hosts: veth, or TUN devices with a middlebox between them. */
export interface LinkPlan {
  readonly between: readonly [string, string];
  /** With prefix length, in the order of `between`. */
  readonly addresses: readonly [string, string];
  readonly mtu?: number;
  /** False turns checksum and segmentation offloads off on both ends (veth). Default true. */
  readonly offloads?: boolean;
  /** Makes it a wire of TUN devices; forward is from the first host to the second. */
  readonly middlebox?: MiddleboxConfig;
}

/** A route as data; `via` a gateway, or `type` instead of one. */
export interface RoutePlan {
  readonly host: string;
  readonly to: string;
  readonly via?: string;
  readonly type?: 'unreachable' | 'prohibit' | 'blackhole' | 'throw';
}

/** A whole network, without a route out of it. */
export interface LabPlan {
  readonly hosts: Readonly<Record<string, HostPlan>>;
  readonly links: readonly LinkPlan[];
  readonly routes?: readonly RoutePlan[];
}

/** Ports 1000 and 2000, `n` of each... as one list. */
export function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
