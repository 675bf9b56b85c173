// Opens a TCP connection and lets the client forget it without telling the server: `vanish.mjs ADDRESS PORT
// SOURCE_PORT`. After `connected` it waits for a line on stdin before the reset, so that the caller can
// drop that.
import net from 'node:net';

const [, , host, port, localPort] = process.argv;
const socket = net.connect({ host, port: Number(port), localPort: Number(localPort) });
socket.on('connect', () => console.log('ready'));
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
process.stdin.once('data', () => {
  socket.resetAndDestroy();
  socket.on('close', () => process.exit(0));
});
