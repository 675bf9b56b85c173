import { Errno } from '../../transport/errno.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { RtoTable } from '../rto-table.ts';
import { AbsentTargets } from './absent-targets.ts';
import type { SessionPlan } from './session-plan.ts';

/** Targets remembered; a power of two. Asking the kernel costs microseconds, and a target has many ports. */
const ENTRIES = 65_536;
/** How long the state of a neighbour is remembered. */
const FRESH: Nanos = 20 * NANOS_PER_MS;
/** A little less than three requests a second apart (neigh/default/mcast_solicit, retrans_time_ms). */
const ARP_TIMEOUT: Nanos = 2900 * NANOS_PER_MS;

/** How each target is reached, and whether its next hop is there. */
export class NextHops {
  /** Targets whose next hop was found to be missing. */
  readonly absent: AbsentTargets = new AbsentTargets();
  readonly #plan: Pick<SessionPlan, 'targets' | 'routes'>;
  readonly #rto: RtoTable;
  readonly #routed: Float64Array = new Float64Array(ENTRIES).fill(-1);
  readonly #sources: Int16Array = new Int16Array(ENTRIES);
  readonly #asked: Float64Array = new Float64Array(ENTRIES).fill(-1);
  readonly #askedAt: Float64Array = new Float64Array(ENTRIES);
  readonly #unresolved: Uint8Array = new Uint8Array(ENTRIES);

  constructor(plan: Pick<SessionPlan, 'targets' | 'routes'>, rto: RtoTable) {
    this.#plan = plan;
    this.#rto = rto;
  }

  /** Index into `routes.sources`, or `-errno` where the kernel has no route. */
  route(target: number): number {
    const entry = target & (ENTRIES - 1);
    if (this.#routed[entry] !== target) {
      const { routes, targets } = this.#plan;
      this.#sources[entry] = routes.lookup(targets.at(target));
      this.#routed[entry] = target;
    }
    return this.#sources[entry] as number;
  }

  /** The same for a new pair: `-EHOSTUNREACH` where the target is absent. */
  routeOfNew(target: number): number {
    return this.isAbsent(target) ? -Errno.EHOSTUNREACH : this.route(target);
  }

  /** True for a target that need not be sent to, since it is absent and has never answered. */
  isAbsent(target: number): boolean {
    return this.absent.has(target) && this.#rto.srtt(target) === 0;
  }

  /** True if the next hop to the target must have answered ARP by `now`, since a SYN was sent at `since`. */
  isOverdue(target: number, since: Nanos, now: Nanos): boolean {
    return this.isAbsent(target) || now - since >= ARP_TIMEOUT;
  }

  /**
   * Why a SYN sent to a silent target at `since` never left this host: EHOSTUNREACH if its next hop has no
   * address at `now`, else 0. After three ARP requests without an answer the target is noted as absent.
   */
  failure(target: number, since: Nanos, now: Nanos): number {
    if (this.#rto.srtt(target) !== 0) return 0;
    // The kernel may have forgotten, or the neighbour is up by now; that SYN is lost all the same.
    if (!this.#isUnresolved(target, now)) return this.absent.swallowed(target, since) ? Errno.EHOSTUNREACH : 0;
    if (now - since >= ARP_TIMEOUT) this.absent.note(target, now);
    return Errno.EHOSTUNREACH;
  }

  #isUnresolved(target: number, now: Nanos): boolean {
    const entry = target & (ENTRIES - 1);
    if (this.#asked[entry] !== target || now - (this.#askedAt[entry] as number) > FRESH) {
      this.#asked[entry] = target;
      this.#askedAt[entry] = now;
      const { routes, targets } = this.#plan;
      this.#unresolved[entry] = routes.isUnresolved(targets.at(target)) ? 1 : 0;
    }
    return this.#unresolved[entry] === 1;
  }
}
