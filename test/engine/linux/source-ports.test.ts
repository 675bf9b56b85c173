import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseEphemeralRange, parsePortList, readLocalPorts, usableRuns } from '../../../src/engine/linux/port-choice.ts';
import { reserveSourcePorts, type Reservation } from '../../../src/engine/linux/source-ports.ts';

const quiet = { first: null, warn: (line: string): void => expect.fail(line) };

/** The error code of a kernel connection from that local port, or `connected`. */
async function connectFrom(localPort: number, server: Server): Promise<string> {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', localPort });
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
  }
}

describe('source ports', () => {
  let held: Reservation | null = null;
  afterEach(() => held?.release());

  test('are kept from kernel connections, and given back', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    held = reserveSourcePorts(2, quiet);
    const [port] = held.ports as [number];
    expect(held.held).toBe(true);
    expect(await connectFrom(port, server)).toBe('EADDRINUSE');
    held.release();
    held.release();
    expect(await connectFrom(port, server)).toBe('connected');
    server.close();
  });

  test('are consecutive, distinct, outside the ephemeral range and the reserved list', () => {
    const { ephemeral, reserved } = readLocalPorts();
    held = reserveSourcePorts(300, quiet);
    expect(held.ports).toHaveLength(300);
    held.ports.forEach((port, index) => expect(port).toBe((held?.ports[0] ?? 0) + index));
    for (const { first, last } of [ephemeral, ...reserved]) {
      expect(held.ports.filter((port) => port >= first && port <= last)).toEqual([]);
    }
  });

  test('differ from run to run', () => {
    const firsts = Array.from({ length: 8 }, () => {
      const reservation = reserveSourcePorts(1, quiet);
      reservation.release();
      return reservation.ports[0];
    });
    expect(new Set(firsts).size).toBeGreaterThan(1);
  });

  test('two runs at once get different ones', () => {
    const reservations = Array.from({ length: 5 }, () => reserveSourcePorts(64, quiet));
    const all = reservations.flatMap(({ ports }) => ports);
    for (const reservation of reservations) reservation.release();
    expect(new Set(all).size).toBe(320);
  });

  test('a fixed port is taken if free; if not, the message quotes it and the exit code is 2', () => {
    held = reserveSourcePorts(1, quiet);
    const port = held.ports[0] as number;
    expect(() => reserveSourcePorts(1, { ...quiet, first: port })).toThrow(
      expect.objectContaining({ code: 'usage', exitCode: 2, message: expect.stringContaining(`"${port}"`) as string }) as Error,
    );
    held.release();
    held = reserveSourcePorts(1, { ...quiet, first: port });
    expect(held.ports).toEqual([port]);
  });

  test('a refused reservation holds nothing', () => {
    held = reserveSourcePorts(1, quiet);
    const port = held.ports[0] as number;
    expect(() => reserveSourcePorts(3, { ...quiet, first: port - 2 })).toThrow('in use');
    const below = reserveSourcePorts(2, { ...quiet, first: port - 2 });
    expect(below.ports).toEqual([port - 2, port - 1]);
    below.release();
  });

  test('ports past 65535 are refused', () => {
    expect(() => reserveSourcePorts(2, { ...quiet, first: 65535 })).toThrow('do not fit');
  });
});

describe('port ranges', () => {
  test('are read as the kernel prints them', () => {
    expect(parseEphemeralRange('32768\t60999')).toEqual({ first: 32768, last: 60999 });
    expect(parseEphemeralRange('')).toEqual({ first: 32768, last: 60999 });
    expect(parsePortList('8080,9000-9010')).toEqual([
      { first: 8080, last: 8080 },
      { first: 9000, last: 9010 },
    ]);
    expect(parsePortList('')).toEqual([]);
  });

  test('those that look like a client come first', () => {
    expect(usableRuns({ ephemeral: { first: 32768, last: 60999 }, reserved: [{ first: 62000, last: 62000 }] })).toEqual([
      { first: 61000, last: 61999 },
      { first: 62001, last: 65535 },
      { first: 1024, last: 32767 },
    ]);
  });

  test('an ephemeral range that leaves nothing outside is used', () => {
    expect(usableRuns({ ephemeral: { first: 1024, last: 65535 }, reserved: [] })).toEqual([{ first: 1024, last: 65535 }]);
  });

  test('hold exactly the unprivileged ports outside both, for any setting', () => {
    const port = fc.integer({ min: 1, max: 65535 });
    const range = fc.tuple(port, port).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
    fc.assert(
      fc.property(range, fc.array(range, { maxLength: 4 }), port, (ephemeral, reserved, probe) => {
        const inside = ({ first, last }: { first: number; last: number }): boolean => probe >= first && probe <= last;
        const runs = usableRuns({ ephemeral, reserved });
        const nothingOutside = usableRuns({ ephemeral: { first: 0, last: 0 }, reserved: [ephemeral, ...reserved] }).every(
          (run) => run.first < 1024 || [ephemeral, ...reserved].some((hole) => run.first >= hole.first && run.first <= hole.last),
        );
        if (nothingOutside) return;
        expect(runs.some(inside)).toBe(probe >= 1024 && ![ephemeral, ...reserved].some(inside));
      }),
    );
  });
});
