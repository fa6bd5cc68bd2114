/**
 * Settings and policy of the site from the collector, and a receipt for each choice: the core's `remote`, which needs one
 * thing more of the platform than events do, a GET. Answers of the consent component go to the ledger with method `wechat`.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { remote as ofCore } from '../../../sdk-js/src/core/remote.js';
import { TIMEOUT_MS } from '../http.js';

export const remote = (): Plugin => {
  const plugin = ofCore();
  return {
    ...plugin,
    install(api) {
      api.inside.ports.http.get = get;
      return plugin.install(api);
    },
  };
};

/** The body of a 200, else null. */
function get(url: string, token?: string): Promise<string | null> {
  return new Promise((resolve) => {
    wx.request({
      ...{ url, data: '', method: 'GET', dataType: 'text', timeout: TIMEOUT_MS },
      header: token ? { authorization: `Bearer ${token}` } : {},
      success: ({ statusCode, data }) => resolve(statusCode === 200 ? String(data) : null),
      fail: () => resolve(null),
    });
  });
}
