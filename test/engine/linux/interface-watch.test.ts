import { afterAll, beforeAll, expect, test } from 'vitest';
import { InterfaceWatch } from '../../../src/engine/linux/interface-watch.ts';
import { stateByListing } from '../../../src/engine/linux/interfaces.ts';
import { SimulatedRoutes } from '../../network/simulated-routes.ts';
import { local } from '../../network/local.ts';
import { NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { createLab, device, type Lab } from '../../netns/lab.ts';
import { direct } from '../../netns/topology.ts';
import { enterNamespace } from './enter-namespace.ts';
import { rootSuite } from './root-suite.ts';

const NEAR = device('target');
const FAR = device('client');

rootSuite('what an interface loses', () => {
  let lab: Lab;
  let leave: () => void;
  beforeAll(async () => {
    lab = await createLab(direct());
    leave = await enterNamespace(lab, 'client');
  });
  afterAll(async () => {
    leave?.();
    await lab?.close();
  });

  const ip = (host: string, ...words: readonly string[]): Promise<string> => lab.runOk(host, ['ip', 'link', ...words]);

  /** What the watch says at one look after another, a second apart. */
  function looker(name: string): () => string | null {
    const watch = new InterfaceWatch(new SimulatedRoutes(local()), name);
    let now = 0;
    return () => watch.fault((now += NANOS_PER_SECOND))?.message ?? null;
  }

  function twice(look: () => string | null): readonly (string | null)[] {
    return [look(), look(), look()];
  }

  test('a dormant link carries packets: no fault, from the start or later', async () => {
    const look = looker(NEAR);
    expect(look()).toBeNull();
    await ip('client', 'set', NEAR, 'mode', 'dormant');
    await ip('client', 'set', NEAR, 'state', 'dormant');
    expect(twice(look)).toEqual([null, null, null]);
    expect(twice(looker(NEAR))).toEqual([null, null, null]);
    await ip('client', 'set', NEAR, 'mode', 'default');
    await ip('client', 'set', NEAR, 'state', 'up');
  });

  test('a carrier is lost only if this run has seen it', async () => {
    const early = looker(NEAR);
    expect(early()).toBeNull();
    await ip('target', 'set', FAR, 'down');
    const late = looker(NEAR);
    expect(twice(early)).toEqual([null, `interface ${NEAR} has lost its carrier`, `interface ${NEAR} has lost its carrier`]);
    expect(twice(late)).toEqual([null, null, null]);
    await ip('target', 'set', FAR, 'up');
    expect(late()).toBeNull();
    await ip('target', 'set', FAR, 'down');
    expect(twice(late)[2]).toBe(`interface ${NEAR} has lost its carrier`);
    await ip('target', 'set', FAR, 'up');
  });

  test('down is a fault at once, gone at the second look: another may take the name', async () => {
    await ip('client', 'add', 'lost0', 'type', 'veth', 'peer', 'name', 'lost1');
    expect(looker('lost0')()).toBe('interface lost0 is down');
    expect(stateByListing('lost0')).not.toBe('gone');
    await ip('client', 'del', 'lost0');
    const gone = 'interface lost0 is gone';
    expect(twice(looker('lost0'))).toEqual([null, gone, gone]);
    expect(stateByListing('lo')).toBe('up');
  });
});
