import type { PortSet } from '../targets/port-set.ts';

/** Where something most often listens: the first that was not asked for anyway shows how an open port of the host answers. */
export const USUAL_CONTROLS: readonly number[] = [443, 80, 22];
/** Ports that hardly anybody listens on: below Linux's ephemeral range, above what services register. */
const FIRST_HIGH = 20_011;
const HIGH_COUNT = 12_000;
const HIGH_PORTS = 2;

/** Ports to compare with, besides those asked for: a usual one, and two high ones that `random` words choose. */
export function controlPorts(asked: PortSet, random: () => number): readonly number[] {
  const usual = USUAL_CONTROLS.find((port) => asked.indexOf(port) < 0);
  const controls = usual === undefined ? [] : [usual];
  for (let attempt = 0; attempt < 100 && controls.length < HIGH_PORTS + (usual === undefined ? 0 : 1); attempt++) {
    const port = FIRST_HIGH + ((random() >>> 0) % HIGH_COUNT);
    if (asked.indexOf(port) < 0 && !controls.includes(port)) controls.push(port);
  }
  return controls;
}
