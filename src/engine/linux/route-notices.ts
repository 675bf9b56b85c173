import { Errno } from '../../transport/errno.ts';
import type { SystemCalls } from './system-calls.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
/** RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE (linux/rtnetlink.h). A link that goes down takes its routes along without a notice of their own. */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x80;
/** struct sockaddr_nl: family 2, padding 2, port 4, groups 4. */
const SOCKADDR_NL = 12;
/** Notices read at a time; what is left is read the next time. */
const READS = 64;

/** Hears when routes, rules, addresses or links of this network namespace change (rtnetlink(7)); needs no capability. */
export class RouteNotices {
  readonly #calls: SystemCalls;
  readonly #into = new Uint8Array(64);
  #descriptor: number;

  private constructor(calls: SystemCalls, descriptor: number) {
    this.#calls = calls;
    this.#descriptor = descriptor;
  }

  /** Null where there is no netlink. */
  static open(calls: SystemCalls): RouteNotices | null {
    const descriptor = calls.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (descriptor < 0) return null;
    const address = new Uint32Array(SOCKADDR_NL / 4);
    new Uint16Array(address.buffer)[0] = AF_NETLINK;
    address[2] = GROUPS;
    if (calls.bind(descriptor, new Uint8Array(address.buffer)) >= 0) return new RouteNotices(calls, descriptor);
    calls.close(descriptor);
    return null;
  }

  /** True when something may have changed since the last call: one system call when nothing has. Notices that did not fit (ENOBUFS) are a change. */
  changed(): boolean {
    let changed = false;
    for (let reads = 0; reads < READS && this.#descriptor >= 0; reads++) {
      const length = this.#calls.receive(this.#descriptor, this.#into);
      if (length < 0 && length !== -Errno.ENOBUFS) break;
      changed = true;
    }
    return changed;
  }

  /** Idempotent. */
  close(): void {
    if (this.#descriptor >= 0) this.#calls.close(this.#descriptor);
    this.#descriptor = -1;
  }
}
