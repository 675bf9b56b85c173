import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { suppressSourcePortResets } from '../../../src/engine/linux/reset-suppression.ts';
import { type Reservation, reserveSourcePorts } from '../../../src/engine/linux/source-ports.ts';
import { hasSystemCalls, systemCalls, type SystemCalls } from '../../../src/engine/linux/system-calls.ts';

vi.mock(import('../../../src/engine/linux/system-calls.ts'), async (original) => {
  const actual = await original();
  return { ...actual, systemCalls: vi.fn<typeof actual.systemCalls>(actual.systemCalls) };
});

const anywhere = { first: null };
const EPERM = 1;
const EMFILE = 24;
const SO_ATTACH_FILTER = 26;

/** How a kernel connection to that port ends, `connected` or the error code. */
async function connectTo(port: number, localPort = 0): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, localPort });
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
  }
}

/** The error code of listening there, or `listening`. */
async function listenAt(port: number, host: string): Promise<string> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    return 'listening';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    server.close();
  }
}

/** A connection to the guarded port gets no answer until the guard is released. */
async function expectSilence(guard: Reservation): Promise<void> {
  const port = guard.ports[0] as number;
  const pending = connectTo(port);
  // On the loopback an answer comes before send() returns: what is still open after other connections were refused was not answered.
  const unguarded = reserveSourcePorts(1, { first: null, warn: () => {} });
  for (let round = 0; round < 20; round++) expect(await connectTo(unguarded.ports[0] as number)).toBe('ECONNREFUSED');
  unguarded.release();
  expect(await Promise.race([pending, Promise.resolve('no answer')])).toBe('no answer');
  guard.release();
  expect(await connectTo(port)).toBe('ECONNREFUSED');
  // The SYN is sent again after a second, and is answered now.
  expect(await pending).toBe('ECONNREFUSED');
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('guarded ports', () => {
  let guard: Reservation | null = null;
  afterEach(() => guard?.release());

  test('are given to nobody else', async () => {
    guard = suppressSourcePortResets(2, anywhere);
    expect(guard.held).toBe(true);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: open } = server.address() as { port: number };
    for (const port of guard.ports) {
      expect(await listenAt(port, '0.0.0.0')).toBe('EADDRINUSE');
      expect(await listenAt(port, '127.0.0.1')).toBe('EADDRINUSE');
      expect(await connectTo(open, port)).toBe('EADDRINUSE');
      expect(() => suppressSourcePortResets(1, { first: port })).toThrow('in use on this host');
      expect(() => reserveSourcePorts(1, { first: port, warn: () => {} })).toThrow('in use on this host');
    }
    server.close();
  });

  test('answer a connection with silence, neither SYN-ACK nor RST', async () => {
    guard = suppressSourcePortResets(1, anywhere);
    await expectSilence(guard);
  });

  test('are chosen as reserved ones are: consecutive, and where the user says', () => {
    guard = suppressSourcePortResets(64, anywhere);
    const first = guard.ports[0] as number;
    expect(guard.ports).toEqual(Array.from({ length: 64 }, (_, index) => first + index));
    guard.release();
    guard.release();
    guard = suppressSourcePortResets(3, { first });
    expect(guard.ports).toEqual([first, first + 1, first + 2]);
    expect(() => suppressSourcePortResets(2, { first: 65_535 })).toThrow('do not fit');
  });

  test('leave no descriptor open, neither after release nor after a refusal', () => {
    suppressSourcePortResets(1, anywhere).release();
    const before = openDescriptors();
    guard = suppressSourcePortResets(8, anywhere);
    expect(openDescriptors()).toBe(before + 8);
    const last = guard.ports[0] as number;
    expect(() => suppressSourcePortResets(4, { first: last - 3 })).toThrow('in use');
    expect(openDescriptors()).toBe(before + 8);
    guard.release();
    expect(openDescriptors()).toBe(before);
  });
});

describe('a guard that cannot guard', () => {
  const real = systemCalls() as SystemCalls;
  const withCalls = (changed: Partial<SystemCalls>): void => {
    vi.mocked(systemCalls).mockReturnValueOnce({ ...real, ...changed });
  };

  test('is refused without koffi', () => {
    expect(hasSystemCalls(real)).toBe(true);
    vi.mocked(systemCalls).mockReturnValueOnce({ code: 'not-installed', message: 'koffi cannot be loaded', hint: 'install it' });
    expect(() => suppressSourcePortResets(1, anywhere)).toThrow(
      expect.objectContaining({ code: 'not-installed', exitCode: 3, hint: 'install it' }) as Error,
    );
  });

  test('needs no filter: where that is refused, a key for signatures does the same', async () => {
    const refused: number[] = [];
    withCalls({
      setOption: (...of) => {
        if (of[2] !== SO_ATTACH_FILTER) return real.setOption(...of);
        refused.push(of[0]);
        return -EPERM;
      },
    });
    const guard = suppressSourcePortResets(1, anywhere);
    expect(refused.length).toBeGreaterThan(0);
    await expectSilence(guard);
  });

  test.each(['setOption', 'listen', 'bind', 'socket'] as const)('is refused when %s is not permitted', (call) => {
    const before = openDescriptors();
    withCalls({ [call]: () => -EPERM });
    const name = call === 'setOption' ? 'SO_ATTACH_FILTER' : call;
    expect(() => suppressSourcePortResets(2, anywhere)).toThrow(
      expect.objectContaining({ code: 'not-permitted', message: expect.stringContaining(`${name}: `) as string }) as Error,
    );
    expect(openDescriptors()).toBe(before);
  });

  test('is refused when there are no descriptors left, and lets go of those that it has', () => {
    const before = openDescriptors();
    let left = 3;
    withCalls({ socket: (...of) => (left-- > 0 ? real.socket(...of) : -EMFILE) });
    expect(() => suppressSourcePortResets(8, anywhere)).toThrow(expect.objectContaining({ code: 'engine-lost' }) as Error);
    expect(left).toBeLessThan(0);
    expect(openDescriptors()).toBe(before);
  });

  test('filters before it listens', () => {
    const order: string[] = [];
    const noted = (name: string, result: number): number => {
      order.push(name);
      return result;
    };
    withCalls({
      setOption: (...of) => noted('setOption', real.setOption(...of)),
      bind: (...of) => noted('bind', real.bind(...of)),
      listen: (...of) => noted('listen', real.listen(...of)),
    });
    suppressSourcePortResets(1, anywhere).release();
    expect(order.slice(-3)).toEqual(['setOption', 'bind', 'listen']);
  });
});
