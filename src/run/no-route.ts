import { SynscopeError } from '../errors.ts';

/** The error of a run in which no target had a route. */
export function noRoute(): SynscopeError {
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}
