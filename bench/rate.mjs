// Packets per second into a peer that drops everything, each sender on one core.
import { readFileSync } from 'node:fs';
import { command } from './lab.mjs';
import { alternate, measure, steadyMiddle } from './measure.mjs';
import { cSender, FAST, hpingFlood, masscan, PORTABLE, synscope, zmap } from './programs.mjs';
import { commandList, MEMORY, median, medianText, number, programTable, ratioText } from './tables.mjs';

/** The portable engine sends one packet per system call: a tenth of the probes give a steady middle part. */
const PORTABLE_SHARE = 0.1;
const FLOOD_SECONDS = 3;
const NO_LIMIT = 10_000_000;
const MOST_PORTS = 65_535;
const MILLION = 1e6;
const PACE = (run) => run.rate;

/** Measures all senders; resolves to Markdown. */
export async function rate(lab, options) {
  await lab.serve([]);
  lab.drop();
  const programs = senders(lab, options.probes);
  const cores = allowedCores();
  const run = (program) => runOne(lab, program, { limit: options.limit, core: cores[0] });
  // The sampler must not share the sender's core.
  pinSelf(cores.slice(-1));
  const results = await alternate(programs.list, options.rounds, run);
  pinSelf(cores);
  return report(results, programs, options);
}

/** The processors that this process may use: `0-1,4` in /proc/self/status. */
function allowedCores() {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return list.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

function pinSelf(cores) {
  command('taskset', '-a', '-cp', cores.join(','), String(process.pid));
}

async function runOne(lab, program, how) {
  const run = await measure(lab, program, how);
  if (run.samples.length === 0) return run;
  return { ...run, ...steadyMiddle(run.samples), arrived: run.samples.at(-1).packets };
}

function senders(lab, probes) {
  const target = '10.200.0.1';
  const c = (source, name) => cSender(lab, source, { name: `C, one constant packet, ${name}`, packets: probes, target });
  const { hosts, ports } = grid(probes);
  const others = {
    mass: masscan(`10.200.0.1-10.200.0.${hosts}`, ports, { rate: NO_LIMIT, wait: 0 }),
    z: zmap('10.192.0.0/10', { ports: [80], rate: NO_LIMIT, most: probes }),
    xdp: c('xdp-send', 'AF_XDP'),
    packet: c('packet-sendmmsg', 'sendmmsg on AF_PACKET'),
  };
  const fast = ['auto', 'af-packet', 'raw-ip'].map((path) => probe(FAST, probes, path));
  const portable = probe(PORTABLE, Math.ceil(probes * PORTABLE_SHARE));
  const { mass, z, xdp, packet } = others;
  return { ...others, list: [...fast, portable, mass, z, hpingFlood(target, FLOOD_SECONDS), xdp, packet] };
}

function probe(engine, probes, path = 'auto') {
  const { hosts, ports } = grid(probes);
  const words = [`10.200.0.1-${hosts}`, '-p', ports, '--rate', 'max', '--retries', '0', '--open', '-q', '--json'];
  return path === 'auto' ? synscope(engine, words) : synscope(engine, [...words, '--send-path', path], ` --send-path ${path}`);
}

/** The fewest hosts with enough ports for so many probes. */
export function grid(probes) {
  const hosts = Math.ceil(probes / MOST_PORTS);
  return { hosts, ports: `1-${Math.ceil(probes / hosts)}` };
}

function report(results, { mass, z, xdp, packet, list }, { probes }) {
  const against = (other) => (runs) => ratioText(runs, results.get(other), PACE);
  const speed = programTable(results, [
    ['packets a second', (runs) => medianText(runs, PACE, 0)],
    ['slowest and fastest run', range],
    ['to masscan', against(mass)],
    ['to zmap', against(z)],
    ['to C over AF_XDP', against(xdp)],
    ['to C over AF_PACKET', against(packet)],
  ]);
  const cost = programTable(results, [
    ['CPU seconds per million packets', (runs) => medianText(runs, cpuAMillion, 2)],
    ['user share, steady part', (runs) => percent(median(runs.map((run) => run.userShare)))],
    [
      'user share, whole run',
      (runs) => percent(median(runs.map((run) => (run.user === null ? null : run.user / (run.user + run.system))))),
    ],
    MEMORY,
    ['packets that arrived', (runs) => medianText(runs, (run) => run.arrived, 0)],
    ['send path', (runs) => sendPath(runs[0])],
  ]);
  const how = `${number(probes)} probes (${PORTABLE}: a tenth) into a veth peer that drops them at ingress; each sender on one core, the steady part between a quarter and three quarters of what arrived.`;
  return ['## Packets a second', how, speed, cost, commandList(list)].join('\n\n');
}

function range(runs) {
  const rates = runs.map((run) => run.rate);
  return `${number(Math.min(...rates))} - ${number(Math.max(...rates))}`;
}

function cpuAMillion({ user, system, arrived }) {
  return user === null || arrived === 0 ? null : ((user + system) / arrived) * MILLION;
}

function percent(share) {
  return share === null ? null : `${(share * 100).toFixed(1)} %`;
}

/** The send path in the run record, for programs that write one. */
function sendPath({ output }) {
  return /"sendPath":\{"name":"([^"]+)"/.exec(output.toString('latin1'))?.[1] ?? null;
}
