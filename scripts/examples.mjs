// Runs the examples of the documents in the network of scripts/examples: every fenced `console` block whose first line is `$ synscope ...`.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const BLOCK = /^```console\n\$ (synscope [^\n]*)\n[\s\S]*?^```$/gm;
const RESPONDER = ['respond', '--listen-ports', '8443,9443', '--token', 'correct horse battery'];
const documents = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The arguments of ip(8) that run `argv` in a host. */
const inside = (host, argv) => ['netns', 'exec', host, ...argv];

/** Starts a program in the server and resolves when it has said `ready`. */
function serve(argv, ready) {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', inside('server', argv), { stdio: ['pipe', 'pipe', 'pipe'] });
    const listen = (text) => String(text).includes(ready) && resolve(child);
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', (code) => reject(new Error(`${argv.join(' ')} ended with ${code}`)));
  });
}

/** What a command line prints, on a terminal of 80 columns. */
function printed(command) {
  const words = command
    .replace(/^synscope/, `${process.execPath} dist/cli/bin.cjs`)
    .replace('--token-file secret', '--token "$SYNSCOPE_TOKEN"');
  const { stdout } = spawnSync('ip', inside('client', ['script', '-qec', `stty cols 80; ${words}`, '/dev/null']), {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', TERM: 'dumb', SYNSCOPE_TOKEN: RESPONDER.at(-1) },
  });
  return stdout.replaceAll('\r\n', '\n').trimEnd();
}

const write = process.argv.includes('--write');
const servers = await Promise.all([
  serve([process.execPath, 'test/netns/programs/pages.mjs', '{"ports":[80,8000]}'], 'ready'),
  serve([process.execPath, 'test/netns/programs/serve.mjs', '{"ports":[22,443,5000,5432],"backlog":511}'], 'ready'),
  serve([process.execPath, 'dist/cli/bin.cjs', ...RESPONDER], '8443'),
]);
await new Promise((resolve) => setTimeout(resolve, 1500));
for (const path of documents) {
  const text = readFileSync(path, 'utf8');
  const fresh = text.replaceAll(BLOCK, (_, command) => `\`\`\`console\n$ ${command}\n${printed(command)}\n\`\`\``);
  if (!write) for (const [block] of fresh.matchAll(BLOCK)) console.log(`${path}\n${block}\n`);
  else if (fresh !== text) writeFileSync(path, fresh);
}
for (const server of servers) {
  server.removeAllListeners('exit');
  server.kill();
}
