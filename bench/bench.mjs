// Measures synscope, nmap, masscan, zmap, hping3 and senders in C in one run; prints Markdown. Root only:
// it makes two network namespaces.
import { parseArgs } from 'node:util';
import { hosts } from './hosts.mjs';
import { withLab } from './lab.mjs';
import { ports, repeat } from './ports.mjs';
import { rate } from './rate.mjs';
import { start } from './start.mjs';
import { machineLine } from './tables.mjs';

const PARTS = { rate, ports, hosts, start, repeat };
const MOST_PROBES = 16_000_000;
const MOST_HOSTS = 65_536;

const USAGE = `Usage: npm run bench -- [PART...] [OPTIONS]

Parts (default: all): rate, ports, hosts, start, repeat

  --rounds N    runs of each program (default 5)
  --probes N    probes of the part rate (default 2000000)
  --ports N     ports of the parts ports and repeat (default 65535)
  --hosts N     hosts of the part hosts, a power of two (default 32768)
  --repeats N   runs of the part repeat (default 10)
  --limit S     seconds after which a run is given up (default 120)`;

const DEFAULTS = { rounds: 5, probes: 2_000_000, ports: 65_535, hosts: 32_768, repeats: 10, limit: 120 };
const MOST = { rounds: 1000, probes: MOST_PROBES, ports: 65_535, hosts: MOST_HOSTS, repeats: 1000, limit: 3600 };

function readOptions() {
  const flags = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' }]));
  const { values, positionals } = parseArgs({
    options: { ...flags, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) return null;
  const options = Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, readNumber(name, values[name], value)]),
  );
  if (!Number.isInteger(Math.log2(options.hosts))) throw new Error(`--hosts ${options.hosts}: not a power of two`);
  const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new Error(`no part is called ${unknown}; parts are ${Object.keys(PARTS).join(', ')}`);
  return { ...options, parts: positionals.length > 0 ? positionals : Object.keys(PARTS) };
}

function readNumber(name, text, otherwise) {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST[name])
    throw new Error(`--${name} ${text}: a whole number from 1 to ${MOST[name]}`);
  return value;
}

async function main() {
  const options = readOptions();
  if (options === null) return say(USAGE);
  if (process.getuid() !== 0) throw new Error('needs root: it makes network namespaces');
  say(machineLine(options.rounds));
  for (const name of options.parts) say(`\n${await withLab((lab) => PARTS[name](lab, options))}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
