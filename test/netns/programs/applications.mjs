// Kernel TCP servers with different applications: `applications.mjs
// '{"http":[80],"mute":[81],"reset":[82],"stuck":[83],"banner":[22]}'`. `reset` resets what it accepts,
// `stuck` has a backlog of 0 and never accepts. Prints `ready`. Ends with its stdin.
import http from 'node:http';
import net from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

const plan = JSON.parse(process.argv[2]);

const PROGRAMS = {
  http: () => http.createServer((_, response) => response.end('x'.repeat(3000))),
  mute: () => server((socket) => socket.resume()),
  reset: () => server((socket) => socket.resetAndDestroy()),
  banner: () => server((socket) => socket.resume().write('SSH-2.0-lab\r\n')),
};

function server(accepted) {
  return net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    accepted(socket);
  });
}

function listenOn(port, program) {
  return new Promise((resolve, reject) => {
    program.on('error', reject);
    program.listen({ port, host: '0.0.0.0' }, resolve);
  });
}

/** Node accepts every connection; a socket unknown to it does not. */
function stuck(port) {
  const libc = koffi.load(null);
  const descriptor = libc.func('int socket(int, int, int)')(AF_INET, SOCK_STREAM, 0);
  libc.func('int setsockopt(int, int, int, const void *, uint32_t)')(
    descriptor,
    SOL_SOCKET,
    SO_REUSEADDR,
    Uint8Array.of(1, 0, 0, 0),
    4,
  );
  const address = new Uint8Array(16);
  new DataView(address.buffer).setUint16(0, AF_INET, true);
  new DataView(address.buffer).setUint16(2, port);
  const bound = libc.func('int bind(int, const void *, uint32_t)')(descriptor, address, 16);
  const listening = libc.func('int listen(int, int)')(descriptor, 0);
  if (bound < 0 || listening < 0) throw new Error(`port ${port}: errno ${koffi.errno()}`);
}

process.stdin.on('end', () => process.exit(0)).resume();
for (const port of plan.stuck ?? []) stuck(port);
await Promise.all(
  Object.entries(PROGRAMS).flatMap(([name, create]) => (plan[name] ?? []).map((port) => listenOn(port, create()))),
);
console.log('ready');
