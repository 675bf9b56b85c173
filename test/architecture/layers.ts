/** A folder of src/, or a file that stands beside the folders. */
export type Layer =
  | 'wire'
  | 'transport'
  | 'probe'
  | 'analysis'
  | 'records'
  | 'report'
  | 'engine'
  | 'run'
  | 'cli'
  | 'index.ts'
  | 'errors.ts';

/** Which layers a layer may import, itself aside. ARCHITECTURE.md shows the same table. */
export const LAYERS: Readonly<Record<Layer, readonly Layer[]>> = {
  'errors.ts': [],
  wire: ['errors.ts'],
  transport: ['wire', 'errors.ts'],
  probe: ['wire', 'transport', 'errors.ts'],
  analysis: ['wire', 'probe', 'errors.ts'],
  records: ['wire', 'probe', 'analysis', 'transport', 'errors.ts'],
  report: ['wire', 'probe', 'analysis', 'records', 'transport', 'errors.ts'],
  engine: ['transport', 'wire', 'errors.ts'],
  run: ['wire', 'transport', 'probe', 'analysis', 'records', 'engine', 'errors.ts'],
  cli: ['wire', 'transport', 'probe', 'analysis', 'records', 'report', 'engine', 'run', 'errors.ts'],
  'index.ts': ['wire', 'probe', 'analysis', 'records', 'run', 'errors.ts'],
};

/** Layers without Node, clock, randomness or console. */
export const PURE: readonly Layer[] = ['wire', 'transport', 'probe', 'analysis', 'records', 'report', 'errors.ts'];

/** Which layer may import a package from the registry; the native ones from a single file. */
export const PACKAGES: Readonly<Record<string, { readonly layer: Layer; readonly files: number }>> = {
  koffi: { layer: 'engine', files: 1 },
  'raw-socket': { layer: 'engine', files: 1 },
  cap: { layer: 'engine', files: 1 },
  'yargs-parser': { layer: 'cli', files: Infinity },
};

/** Engines do not know one another; these folders of engine/ belong to all of them. */
export const SHARED_ENGINE_FOLDERS: readonly string[] = ['linux'];
