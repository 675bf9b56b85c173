import { availableParallelism } from 'node:os';
import { packetRing } from '../../../src/engine/packet-ring/packet-ring.ts';
import { describeTransportContract } from '../../contract/transport-contract.ts';
import { contractLab } from '../linux/engine-lab.ts';
import { rootSuite } from '../linux/root-suite.ts';

rootSuite('packet-ring in a namespace', () => {
  describeTransportContract('packet-ring', () => contractLab((options) => packetRing.open(options)));
  describeTransportContract('packet-ring without a ring, for a few packets', () =>
    contractLab((options) => packetRing.open({ ...options, packets: 1 })),
  );
  describeTransportContract('packet-ring, for many packets', () =>
    contractLab((options) => packetRing.open({ ...options, packets: 100_000 }), availableParallelism() > 1 ? 'large' : 'never'),
  );
});
