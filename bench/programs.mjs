// Command lines of the measured programs. `absent` is why one is missing from the table: not installed, or
// not compiled.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEER, PROBER } from './lab.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/bin.cjs', import.meta.url));
/** The engine that `--engine auto` chooses where it works. */
export const FAST = 'packet-ring';
export const PORTABLE = 'raw-cap';
const ANY_CODE = () => true;

/** `synscope WORDS` over an engine. */
export function synscope(engine, words, label = '') {
  return { name: `synscope ${engine}${label}`, engine, words: [process.execPath, CLI, ...words, '--engine', engine] };
}

/** Another project's program; `absent` when it is not installed. */
function other(name, words, { label = '', accepts } = {}) {
  const installed = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
  const program = { name: `${name}${label}`, words: [name, ...words], ...(accepts === undefined ? {} : { accepts }) };
  return installed ? program : { ...program, absent: 'not installed' };
}

/** nmap's SYN scan without name lookups and host discovery, otherwise with its defaults. */
export function nmap(words, label) {
  return other('nmap', ['-sS', '-n', '-Pn', ...words], { label });
}

/**
 * masscan at a rate in packets per second; it listens `wait` seconds after its last packet. Reports open
 * and, on request, closed ports.
 */
export function masscan(targets, ports, { rate, wait }) {
  const link = [
    '--adapter',
    PROBER.device,
    '--adapter-ip',
    PROBER.address,
    '--adapter-mac',
    PROBER.mac,
    '--router-mac',
    PEER.mac,
  ];
  const output = ['--wait', String(wait), '--show', 'open,closed', '-oL', '/dev/stdout'];
  return { ...other('masscan', [targets, '-p', ports, '--rate', String(rate), ...link, ...output]), before: murmur };
}

/**
 * masscan cannot end while its receiving thread receives nothing. For other programs the peer is quiet: an
 * occasional packet would hide that a program misses its own time-outs.
 */
function murmur(lab) {
  lab.murmur(true);
  return { end: () => lab.murmur(false) };
}

/**
 * zmap at a rate in packets per second, with one sending thread and no excluded networks; one run per port.
 */
export function zmap(network, { ports, rate, most = null }) {
  const link = ['-i', PROBER.device, '-S', PROBER.address, '-G', PEER.mac];
  const output = [
    '-O',
    'csv',
    '-f',
    'saddr,classification',
    '--output-filter',
    'repeat = 0',
    '-o',
    '-',
    '-q',
    '--disable-syslog',
  ];
  const limits = ['-T', '1', '-c', '1', '-r', String(rate), ...(most === null ? [] : ['-n', String(most)])];
  const words = [network, ...link, '-C', '/dev/null', '-b', '/dev/null', ...limits, ...output];
  const program = other('zmap', words);
  const quoted = words.map((word) => `'${word}'`).join(' ');
  return {
    ...program,
    words: ['sh', '-ec', `for port in ${ports.join(' ')}; do echo "port $port"; zmap -p $port ${quoted}; done`],
  };
}

/** hping3 at full speed, to one address, for some seconds. */
export function hpingFlood(address, seconds) {
  const program = other('hping3', ['--flood', '-S', '-q', '-p', '80', address], { label: ' --flood', accepts: ANY_CODE });
  return { ...program, words: ['timeout', '-s', 'INT', String(seconds), ...program.words] };
}

/** hping3, one SYN to one port. */
export function hpingOnce(address, port) {
  return other('hping3', ['-S', '-p', String(port), '-c', '1', address]);
}

/** One of our senders in C, compiled into the lab's folder; a compiler error becomes `absent`. */
export function cSender(lab, source, { name, packets, target }) {
  const binary = join(lab.directory, source);
  const file = fileURLToPath(new URL(`${source}.c`, import.meta.url));
  const result = spawnSync('gcc', ['-O2', '-o', binary, file], { encoding: 'utf8' });
  const words = [binary, PROBER.device, PEER.mac, PROBER.address, target, String(packets)];
  if (result.error !== undefined) return { name, words, absent: `not compiled: ${result.error.message}` };
  if (result.status !== 0) return { name, words, absent: `not compiled: ${result.stderr.trim().split('\n')[0]}` };
  return { name, words };
}
