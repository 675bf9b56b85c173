import { describe, expect, it } from 'vitest';

import { NETLINK_HEADER, NetlinkRequest, NetlinkSocket } from '../../../src/engine/linux/netlink.ts';
import type { SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { Errno } from '../../../src/transport/errno.ts';

const NLMSG_ERROR = 2;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTMSG = 12;

/** A kernel that answers every question with messages of these types and first words. */
function kernel(answers: readonly (readonly [type: number, word: number])[]): SystemCalls {
  let asked = new Uint8Array(0);
  let next = 0;
  const calls: Partial<SystemCalls> = {
    socket: () => 3,
    send: (_, bytes) => {
      asked = Uint8Array.from(bytes);
      next = 0;
      return bytes.length;
    },
    receive: (_, into) => {
      const answer = answers[next++];
      if (answer === undefined) return -Errno.EAGAIN;
      const message = new Uint32Array([
        NETLINK_HEADER + RTMSG,
        answer[0],
        new Uint32Array(asked.buffer)[2] as number,
        0,
        answer[1],
        0,
        0,
      ]);
      into.set(new Uint8Array(message.buffer));
      return message.byteLength;
    },
  };
  return calls as SystemCalls;
}

function asked(answers: readonly (readonly [type: number, word: number])[]): number {
  const socket = NetlinkSocket.open(kernel(answers)) as NetlinkSocket;
  return socket.ask(new NetlinkRequest(RTM_GETROUTE, RTMSG, [[1, 4]]), RTM_NEWROUTE);
}

describe('an answer of netlink', () => {
  it('is as long as its message', () => {
    expect(asked([[RTM_NEWROUTE, 0]])).toBe(NETLINK_HEADER + RTMSG);
  });

  it.each([
    ['an errno', -Errno.ENETUNREACH, -Errno.ENETUNREACH],
    ['an acknowledgement that was not asked for', 0, -Errno.EIO],
    ['a positive number', 28, -Errno.EIO],
  ])('is a refusal: %s', (_, word, result) => {
    expect(asked([[NLMSG_ERROR, word]])).toBe(result);
  });

  it('is waited for behind messages of other types, a few of them', () => {
    const other = [RTM_GETROUTE, 0] as const;
    expect(asked([other, [RTM_NEWROUTE, 0]])).toBe(NETLINK_HEADER + RTMSG);
    expect(asked(Array.from({ length: 100 }, () => other))).toBe(-Errno.EIO);
    expect(asked([])).toBe(-Errno.EAGAIN);
  });
});
