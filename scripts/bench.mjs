// Measures synscope against nmap and hping3 in one run, side by side, over a veth pair between two namespaces, and prints a Markdown table.
// Root only. Everything that it makes it removes; nothing leaves the two namespaces.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const TARGET = '10.99.0.2';
const OPEN_PORTS = [22, 80, 8080];
const PROBER = `synscope-bench-a-${process.pid}`;
const VICTIM = `synscope-bench-b-${process.pid}`;
const CLI = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url));

function command(line) {
  const [program, ...words] = line.split(' ');
  const result = spawnSync(program, words, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${line}: ${result.stderr || result.error}`);
}

function isInstalled(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function buildLab() {
  for (const name of [PROBER, VICTIM]) command(`ip netns add ${name}`);
  command(`ip link add va netns ${PROBER} type veth peer name vb netns ${VICTIM}`);
  command(`ip -n ${PROBER} addr add 10.99.0.1/24 dev va`);
  command(`ip -n ${VICTIM} addr add ${TARGET}/24 dev vb`);
  for (const [name, link] of [
    [PROBER, 'va'],
    [VICTIM, 'vb'],
  ]) {
    command(`ip -n ${name} link set lo up`);
    command(`ip -n ${name} link set ${link} up`);
  }
}

function removeLab() {
  for (const name of [PROBER, VICTIM]) spawnSync('ip', ['netns', 'del', name]);
}

/** Kernel sockets that accept on OPEN_PORTS; resolves with the process once all listen. */
function startServers() {
  const source = `let left=${OPEN_PORTS.length};for(const p of ${JSON.stringify(OPEN_PORTS)})
    require('net').createServer(s=>s.destroy()).listen(p,()=>{if(--left===0)console.log('ready')})`;
  const child = spawn('ip', ['netns', 'exec', VICTIM, process.execPath, '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`servers ended with ${code}`)));
  });
}

/** Runs a program in the prober's namespace; resolves with seconds, peak memory in MB and its output. */
function timed(words) {
  const started = process.hrtime.bigint();
  const child = spawn('ip', ['netns', 'exec', PROBER, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let peak = 0;
  const sample = () => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // The process has ended: what was read last stands.
    }
  };
  const sampler = setInterval(sample, 10);
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearInterval(sampler);
      resolve({ seconds: Number(process.hrtime.bigint() - started) / 1e9, megabytes: peak / 1024, output, code });
    });
  });
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Ports that a run of synscope got wrong: missing, or not in the state in which the kernel has them. */
function wrongPorts(output, count) {
  const states = new Map();
  for (const line of output.split('\n')) {
    if (line.startsWith('{"type":"port"')) {
      const record = JSON.parse(line);
      states.set(record.port, record.state);
    }
  }
  let wrong = 0;
  for (let port = 1; port <= count; port++) if (states.get(port) !== (OPEN_PORTS.includes(port) ? 'open' : 'closed')) wrong++;
  return wrong;
}

/** Alternates the programs for ROUNDS rounds, so that a slow moment of the machine meets all of them. */
async function alternate(programs) {
  const results = new Map(programs.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, words] of programs) results.get(name).push(await timed(words));
  }
  return results;
}

function row(label, ours, others) {
  const own = median(ours.map((run) => run.seconds));
  const cells = others.map(([name, runs]) => {
    const theirs = median(runs.map((run) => run.seconds));
    return `${name} ${theirs.toFixed(3)} s, ratio ${(own / theirs).toFixed(2)}`;
  });
  return `| ${label} | ${own.toFixed(3)} s | ${cells.join('; ') || 'not installed'} |`;
}

async function main() {
  if (process.getuid() !== 0) throw new Error('needs root: it makes network namespaces');
  const probe = (...words) => [process.execPath, CLI, TARGET, ...words];
  const have = ['nmap', 'hping3'].filter(isInstalled);
  const all = await alternate([
    ['synscope', probe('-p', '-')],
    ['synscope --json', probe('-p', '-', '--json')],
    ...(have.includes('nmap') ? [['nmap', ['nmap', '-sS', '-n', '-Pn', '-p-', TARGET]]] : []),
  ]);
  const one = await alternate([
    ['synscope', probe('-p', '80')],
    ...(have.includes('nmap') ? [['nmap', ['nmap', '-sS', '-n', '-Pn', '-p80', TARGET]]] : []),
    ...(have.includes('hping3') ? [['hping3', ['hping3', '-S', '-p', '80', '-c', '1', TARGET]]] : []),
  ]);
  const wrong = all.get('synscope --json').map((run) => wrongPorts(run.output, 65_535));
  const memory = Math.max(...[...all.get('synscope'), ...all.get('synscope --json')].map((run) => run.megabytes));
  const others = (results) => [...results].filter(([name]) => !name.startsWith('synscope'));
  const lines = [
    `Linux ${release()}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}; medians of ${ROUNDS} alternating runs.`,
    '',
    '| job | synscope | beside it, in the same run |',
    '|---|---|---|',
    row('65,535 ports of one kernel host over veth, the default report of each', all.get('synscope'), others(all)),
    row('the same with a JSON record for every port', all.get('synscope --json'), others(all)),
    row('one port, from start to exit', one.get('synscope'), others(one)),
    `| ports called wrong, in each of ${ROUNDS} runs of 65,535 | ${wrong.join(', ')} | |`,
    `| peak memory of the 65,535-port run | ${memory.toFixed(0)} MB | |`,
  ];
  console.log(lines.join('\n'));
  if (wrong.some((count) => count > 0)) process.exitCode = 1;
}

let servers = null;
try {
  buildLab();
  servers = await startServers();
  await main();
} finally {
  servers?.kill();
  removeLab();
}
