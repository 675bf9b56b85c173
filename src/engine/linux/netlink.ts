import { Errno } from '../../transport/errno.ts';
import { Socket, type SystemCalls } from './system-calls.ts';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 1;
/** Bytes of an attribute's header: length 2, type 2. */
const ATTRIBUTE = 4;
/** A refused request leaves at most a few answers of earlier ones unread. */
const READS = 4;
/** struct sockaddr_nl: family 2, padding 2, port 4, groups 4. */
const SOCKADDR_NL = 12;
const NOTICE_READS = 64;

/** RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE. A link that goes down drops its routes silently. */
export const ROUTE_NOTICES: number = 0x1 | 0x10 | 0x40 | 0x80;

/** Bytes of nlmsghdr: length 4, type 2, flags 2, sequence 4, port 4 (netlink(7)). */
export const NETLINK_HEADER = 16;

/**
 * A question to the kernel, in host byte order: nlmsghdr, the body of its type, attributes given as type and
 * length. Values are written into `bytes` in place, so that asking again allocates nothing.
 */
export class NetlinkRequest {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Offset of each attribute's value in `bytes`. */
  readonly values: readonly number[];

  constructor(type: number, bodyBytes: number, attributes: readonly (readonly [type: number, length: number])[]) {
    const values: number[] = [];
    let end = NETLINK_HEADER + bodyBytes;
    for (const [, length] of attributes) {
      values.push(end + ATTRIBUTE);
      end += (ATTRIBUTE + length + 3) & ~3;
    }
    this.values = values;
    this.bytes = new Uint8Array(end);
    this.words = new Uint32Array(this.bytes.buffer);
    const halves = new Uint16Array(this.bytes.buffer);
    this.words[0] = end;
    halves[2] = type;
    halves[3] = NLM_F_REQUEST;
    attributes.forEach(([kind, length], index) => {
      const at = (values[index] as number) - ATTRIBUTE;
      halves[at / 2] = ATTRIBUTE + length;
      halves[at / 2 + 1] = kind;
    });
  }
}

/** A netlink route socket (rtnetlink(7)): asks about the current network namespace, needs no capability. */
export class NetlinkSocket {
  /** The latest answer, in host byte order; an answer that is longer is cut off. */
  readonly bytes: Uint8Array = new Uint8Array(1024);
  readonly words: Uint32Array = new Uint32Array(this.bytes.buffer);
  readonly halves: Uint16Array = new Uint16Array(this.bytes.buffer);
  readonly #calls: SystemCalls;
  #descriptor: number;
  #sequence = 0;

  private constructor(calls: SystemCalls, descriptor: number) {
    this.#calls = calls;
    this.#descriptor = descriptor;
  }

  /** Null where there is no netlink (a sandbox). With `groups` it hears notices, not answers. */
  static open(calls: SystemCalls, groups: number = 0): NetlinkSocket | null {
    const descriptor = calls.socket(AF_NETLINK, Socket.RAW, NETLINK_ROUTE);
    if (descriptor < 0) return null;
    const address = new Uint32Array(SOCKADDR_NL / 4);
    new Uint16Array(address.buffer)[0] = AF_NETLINK;
    address[2] = groups;
    if (groups === 0 || calls.bind(descriptor, new Uint8Array(address.buffer)) >= 0) return new NetlinkSocket(calls, descriptor);
    calls.close(descriptor);
    return null;
  }

  /** Bytes of the answer of `type`, which stands in `bytes`, or `-errno`. The kernel answers in `send`. */
  ask(request: NetlinkRequest, type: number): number {
    if (this.#descriptor < 0) return -Errno.EBADF;
    this.#sequence = (this.#sequence + 1) >>> 0;
    request.words[2] = this.#sequence;
    const sent = this.#calls.send(this.#descriptor, request.bytes, request.bytes.length);
    if (sent < 0) return sent;
    for (let reads = 0; reads < READS; reads++) {
      const length = this.#calls.receive(this.#descriptor, this.bytes);
      if (length < 0) return length;
      const result = this.#judge(length, type);
      if (result !== 0) return result;
    }
    return -Errno.EIO;
  }

  /** Calls `each` with kind, start and end of the attributes' values in `from ... to` of 4 bytes or more. */
  readAttributes(from: number, to: number, each: (kind: number, at: number, end: number) => void): void {
    let at = from;
    while (at + 2 * ATTRIBUTE <= to) {
      const length = this.halves[at / 2] as number;
      if (length < ATTRIBUTE || at + length > to) return;
      if (length >= 2 * ATTRIBUTE) each((this.halves[at / 2 + 1] as number) & 0x3fff, at + ATTRIBUTE, at + length);
      at += (length + 3) & ~3;
    }
  }

  /** True when there were notices since the last call; lost ones (ENOBUFS) count. */
  changed(): boolean {
    let changed = false;
    for (let reads = 0; reads < NOTICE_READS && this.#descriptor >= 0; reads++) {
      const length = this.#calls.receive(this.#descriptor, this.bytes);
      if (length < 0 && length !== -Errno.ENOBUFS) break;
      changed = true;
    }
    return changed;
  }

  /** Idempotent; questions after it fail with EBADF. */
  close(): void {
    if (this.#descriptor >= 0) this.#calls.close(this.#descriptor);
    this.#descriptor = -1;
  }

  /** The answer's length, its `-errno`, or 0 when it is another's. */
  #judge(length: number, type: number): number {
    const { words, halves } = this;
    if (length < NETLINK_HEADER + 4 || words[2] !== this.#sequence) return 0;
    if (halves[2] === NLMSG_ERROR) return refusal((words[NETLINK_HEADER / 4] as number) | 0);
    return halves[2] === type ? length : 0;
  }
}

/** nlmsgerr holds `-errno`; 0 is an acknowledgement, which was not asked for. Neither is a length. */
function refusal(error: number): number {
  return error < 0 ? error : -Errno.EIO;
}
