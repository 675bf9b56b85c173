import { rawCap } from '../../../src/engine/raw-cap/raw-cap.ts';
import { describeTransportContract } from '../../contract/transport-contract.ts';
import { contractLab } from '../linux/engine-lab.ts';
import { rootSuite } from '../linux/root-suite.ts';

rootSuite('raw-cap in a namespace', () => {
  describeTransportContract('raw-cap', () => contractLab((options) => rawCap.open(options)));
});
