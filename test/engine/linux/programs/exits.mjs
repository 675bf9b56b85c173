// `exits.mjs DIST ENGINE`: opens the engine to the loopback, sends one SYN, hears the answer, closes, and must then end by itself: no process.exit here. The closing is told on stdout.
const [, , dist, name] = process.argv;
const { enginesFor } = await import(`${dist}/engine/engines.js`);
const { openRoutes } = await import(`${dist}/engine/linux/routes.js`);
const { reserveSourcePorts } = await import(`${dist}/engine/linux/source-ports.js`);

const [engine] = enginesFor(name);
const warn = (line) => process.stderr.write(`${line}\n`);
const routes = openRoutes({ sourceIp: null, interface: null });
const reservation = reserveSourcePorts(1, { first: null, warn });
for (let round = 0; round < 3; round++) {
  const transport = await engine.open({ sourcePorts: reservation.ports, interface: null, routes, warn });
  await transport.wait(transport.now() + 1e6);
  await transport.close();
}
reservation.release();
routes.close();
globalThis.gc?.();
process.stdout.write('closed\n');
