/** More runs than this are covered by one: the kernel takes 4096 instructions, and the session knows its own ports anyway. */
const MAX_RUNS = 256;

/**
 * The ports of a capture filter (ascending) as runs of consecutive ones, `[first, last]` each, at most 256. Where there are more, one run from the
 * lowest to the highest port: a filter may let more through than was asked for, never less.
 */
export function portRuns(ports: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const port of ports) {
    const run = runs.at(-1);
    if (run !== undefined && port === run[1] + 1) run[1] = port;
    else runs.push([port, port]);
  }
  if (runs.length <= MAX_RUNS) return runs;
  return [[ports[0] as number, ports.at(-1) as number]];
}
