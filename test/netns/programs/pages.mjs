// A web server of the kernel's TCP: `pages.mjs '{"ports":[80]}'`. `/small` is 60 bytes, everything else
// 200,000. Ends with its stdin.
import http from 'node:http';

const { ports } = JSON.parse(process.argv[2]);
const large = Buffer.alloc(200_000, 'synscope ');
const listening = ports.map(
  (port) =>
    new Promise((resolve, reject) => {
      const server = http.createServer((request, response) => {
        const body = request.url === '/small' ? large.subarray(0, 60) : large;
        // Two writes, as most servers do: the first segment is short.
        response.writeHead(200, { 'content-length': body.length }).flushHeaders();
        response.end(body);
      });
      server.on('error', reject);
      server.listen({ port, host: '0.0.0.0' }, resolve);
    }),
);
process.stdin.on('end', () => process.exit(0)).resume();
await Promise.all(listening);
console.log('ready');
