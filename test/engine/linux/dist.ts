import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The build, for programs that run in a process of their own. */
export const DIST: string = fileURLToPath(new URL('../../../dist', import.meta.url));

/** Whether it is there; says so when not. */
export const isBuilt: boolean = existsSync(`${DIST}/engine/engines.js`);
if (!isBuilt) console.warn(`skipped: tests of programs in their own process (${DIST} is not built: npm run build)`);
