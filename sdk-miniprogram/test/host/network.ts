/**
 * WeChat's network (dev/framework/ability/network; api/network/request/wx.request).
 *
 *   documented                                                          here
 *   only hosts of the request list; else `fail` "url not in domain list"  `domains`; null: the check is off, as in DevTools
 *   at most 10 requests at a time                                        the eleventh fails at once
 *   `success` for every answer, whatever its status                      the same
 *   `timeout` (60 s if none is given)                                    `fail` "request:fail timeout"
 *   hidden: what has not ended after 5 s fails "interrupted", and        the same; a start while hidden longer than 5 s
 *     none can begin until the mini-program is shown                       fails at once
 *   `abort()` of the task                                               `fail` "request:fail abort"
 *   header names as the server wrote them                               passed on as they are
 *   https only, except with the check switched off                       the same rule
 */

import type { RequestOptions } from '../../src/wx.js';

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** ms until the answer; for ever if it is Infinity. */
  after?: number;
  /** No answer but this error. */
  fails?: string;
}
export type Server = (request: RequestOptions) => Reply | Promise<Reply>;

const MOST = 10;
const HIDDEN_MS = 5_000;

export interface HostNetwork {
  server: Server;
  domains: string[] | null;
  /** All that were begun, also those that failed. */
  requests: RequestOptions[];
  flying(): number;
  most(): number;
  offline: boolean;
}

export function hostNetwork(server: Server) {
  const flying = new Set<(errMsg: string) => void>();
  let most = 0;
  let hidden: { at: number; timer: ReturnType<typeof setTimeout> } | null = null;

  const network: HostNetwork = {
    ...{ server, domains: null, requests: [], offline: false },
    flying: () => flying.size,
    most: () => most,
  };

  function refusal({ url }: RequestOptions): string | null {
    const [, scheme = '', host = ''] = /^(\w+):\/\/([^/]+)/.exec(url) || [];
    if (network.domains && (scheme !== 'https' || !network.domains.includes(host)))
      return 'request:fail url not in domain list';
    if (flying.size >= MOST) return 'request:fail exceed max concurrent';
    if (hidden && Date.now() - hidden.at >= HIDDEN_MS) return 'request:fail interrupted';
    return network.offline ? 'request:fail' : null;
  }

  function request(options: RequestOptions) {
    network.requests.push(options);
    let over = false;
    const end = (run: () => void) => {
      if (over) return;
      over = true;
      flying.delete(fail);
      clearTimeout(late);
      run();
    };
    const fail = (errMsg: string) => end(() => options.fail({ errMsg }));
    const late = setTimeout(() => fail('request:fail timeout'), options.timeout ?? 60_000);
    const refused = refusal(options);
    if (refused) {
      setTimeout(() => fail(refused), 0);
      return { abort: () => {} };
    }
    flying.add(fail);
    most = Math.max(most, flying.size);
    const answer = ({ status, headers = {}, body = '', fails }: Reply) =>
      fails ? fail(fails) : end(() => options.success({ statusCode: status, header: headers, data: body }));
    void Promise.resolve(network.server(options)).then(
      (reply) => {
        if (reply.after === undefined) answer(reply);
        else if (reply.after < Number.POSITIVE_INFINITY) setTimeout(() => answer(reply), reply.after);
      },
      (error) => fail(`request:fail ${error}`),
    );
    return { abort: () => fail('request:fail abort') };
  }

  return {
    network,
    request,
    hide() {
      const timer = setTimeout(() => {
        for (const fail of [...flying]) fail('request:fail interrupted');
      }, HIDDEN_MS);
      hidden = { at: Date.now(), timer };
    },
    show() {
      if (hidden) clearTimeout(hidden.timer);
      hidden = null;
    },
  };
}
