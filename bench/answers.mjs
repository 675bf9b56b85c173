// Compares a program's report with the truth: every port of every host, and which of them are open.

const STATES = { open: 1, closed: 2 };
const OTHER = 3;

/**
 * The truth of a job: hosts from `first` on in ascending order, ports, and which of these are open on every
 * host.
 */
export class Answers {
  #first;
  #hosts;
  #ports;
  #open;
  #index;

  constructor({ first, hosts, ports, open }) {
    this.#first = numberOf(first);
    this.#hosts = hosts;
    this.#ports = ports;
    this.#open = new Set(open.filter((port) => ports.includes(port)));
    this.#index = new Map(ports.map((port, index) => [port, index]));
  }

  /**
   * Number of pairs that are missing or in a wrong state among `[address, port, state]` tuples, or in two
   * states.
   */
  wrong(tuples) {
    const seen = new Uint8Array(this.#hosts * this.#ports.length);
    let strangers = 0;
    for (const [address, port, state] of tuples) {
      const host = numberOf(address) - this.#first;
      const index = this.#index.get(port);
      if (index === undefined || host < 0 || host >= this.#hosts) {
        strangers++;
        continue;
      }
      const slot = host * this.#ports.length + index;
      const value = STATES[state] ?? OTHER;
      seen[slot] = seen[slot] === 0 || seen[slot] === value ? value : OTHER;
    }
    return strangers + this.#differing(seen);
  }

  #differing(seen) {
    const truth = this.#ports.map((port) => (this.#open.has(port) ? STATES.open : STATES.closed));
    let differing = 0;
    for (let slot = 0; slot < seen.length; slot++) if (seen[slot] !== truth[slot % truth.length]) differing++;
    return differing;
  }

  /** The same for a text report of one host: open ports one per line, closed ports as a number. */
  wrongInReport(open, closed) {
    const missing = [...this.#open].filter((port) => !open.includes(port)).length;
    const extra = open.filter((port) => !this.#open.has(port)).length;
    return Math.max(missing + extra, Math.abs(this.#ports.length - this.#open.size - closed));
  }
}

function numberOf(address) {
  const [a, b, c, d] = address.split('.');
  return Number(a) * 2 ** 24 + Number(b) * 2 ** 16 + Number(c) * 2 ** 8 + Number(d);
}

/** Lines of an output that may exceed the longest string. */
function* linesOf(output) {
  for (let from = 0; from < output.length;) {
    const end = output.indexOf(10, from);
    const to = end === -1 ? output.length : end;
    yield output.latin1Slice(from, to);
    from = to + 1;
  }
}

/** For each format, counts the wrong answers in an output. */
export const WRONG = {
  'synscope json': (output, answers) => answers.wrong(synscopeRecords(output)),
  'synscope table': (output, answers) => wrongInReport(output, answers, [/^\s+(\d+) .*\bopen\b/, /^(\d+) closed \(/]),
  'nmap report': (output, answers) => wrongInReport(output, answers, [/^(\d+)\/tcp\s+open/, /^Not shown: (\d+) closed/]),
  'nmap grepable': (output, answers) => answers.wrong(nmapHosts(output)),
  masscan: (output, answers) => answers.wrong(masscanLines(output)),
  zmap: (output, answers) => answers.wrong(zmapLines(output)),
};

function wrongInReport(output, answers, [openPattern, closedPattern]) {
  const open = [];
  let closed = 0;
  for (const line of linesOf(output)) {
    const port = openPattern.exec(line)?.[1];
    if (port !== undefined) open.push(Number(port));
    closed += Number(closedPattern.exec(line)?.[1] ?? 0);
  }
  return answers.wrongInReport(open, closed);
}

function* synscopeRecords(output) {
  for (const line of linesOf(output)) {
    if (!line.startsWith('{"type":"port"')) continue;
    const { target, port, state } = JSON.parse(line);
    yield [target, port, state];
  }
}

/** `Host: 10.0.0.1 ()\tPorts: 22/open/tcp//ssh///, 80/closed/...\tIgnored State: ...` */
function* nmapHosts(output) {
  for (const line of linesOf(output)) {
    const [, address, ports] = /^Host: (\S+) .*\tPorts: ([^\t]*)/.exec(line) ?? [];
    if (address === undefined) continue;
    for (const word of ports.split(', ')) {
      const [port, state] = word.split('/');
      yield [address, Number(port), state];
    }
  }
}

/** `open tcp 80 10.0.0.1 1600000000` */
function* masscanLines(output) {
  for (const line of linesOf(output)) {
    const [state, , port, address] = line.split(' ');
    if (address !== undefined && !line.startsWith('#')) yield [address, Number(port), state];
  }
}

/** `10.0.0.1,synack` after a line `port 80` for each run. */
function* zmapLines(output) {
  let port = 0;
  for (const line of linesOf(output)) {
    if (line.startsWith('port ')) port = Number(line.slice(5));
    const [, address, kind] = /^([\d.]+),(synack|rst)$/.exec(line) ?? [];
    if (address !== undefined) yield [address, port, kind === 'synack' ? 'open' : 'closed'];
  }
}
