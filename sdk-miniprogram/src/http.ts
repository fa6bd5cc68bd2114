/**
 * The Http port over `wx.request`. WeChat's rules (dev/framework/ability/network): https, and the host must be in
 * the mini-program's list of request domains; `success` means that there was an answer, whatever its status;
 * at most ten requests at a time for the whole app, so we never have more than one.
 */

import type { Answer, Http } from '../../sdk-js/src/core/ports.js';

export const TIMEOUT_MS = 10_000;
const NOT_LISTED = /domain list/;

/** POSTs `text/plain`. `hint` hears at most once what a developer has to set up. */
export function createHttp(hint: (message: string) => void): Http {
  return {
    post({ url, body }) {
      let task: ReturnType<typeof wx.request>;
      const answer = new Promise<Answer>((resolve) => {
        task = wx.request({
          url,
          method: 'POST',
          data: body,
          header: { 'content-type': 'text/plain' },
          dataType: 'text',
          timeout: TIMEOUT_MS,
          success({ statusCode, header, data }) {
            // the platform keeps the server's spelling of header names
            const name = Object.keys(header || {}).find((key) => key.toLowerCase() === 'retry-after');
            resolve({ status: statusCode, retryAfter: (name && header[name]) || null, body: String(data) });
          },
          fail({ errMsg }) {
            if (NOT_LISTED.test(errMsg)) {
              const origin = url.split('/', 3).join('/');
              hint(`add ${origin} to request 合法域名 on mp.weixin.qq.com`);
            }
            resolve({ status: 0, retryAfter: null, body: '' });
          },
        });
      });
      return { answer, abort: () => task.abort() };
    },
  };
}
