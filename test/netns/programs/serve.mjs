// Kernel TCP servers on many ports: `serve.mjs '{"ports":[80],"backlog":128}'`. They accept and never
// write. Ends with its stdin.
import net from 'node:net';

const { ports, backlog = 511 } = JSON.parse(process.argv[2]);
const listening = ports.map(
  (port) =>
    new Promise((resolve, reject) => {
      const server = net.createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.on('end', () => socket.end());
        socket.resume();
      });
      server.on('error', reject);
      server.listen({ port, host: '0.0.0.0', backlog }, resolve);
    }),
);
process.stdin.on('end', () => process.exit(0)).resume();
await Promise.all(listening);
console.log('ready');
