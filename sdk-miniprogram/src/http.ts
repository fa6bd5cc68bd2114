/** The Http port over `wx.request`. The collector's host must be in the mini-program's list of request domains. */

import type { Answer, Http } from '../../sdk-js/src/core/ports.js';

export const mpHttp: Http = {
  post({ url, body }) {
    let abort = () => {};
    const answer = new Promise<Answer>((resolve) => {
      const task = wx.request({
        url,
        method: 'POST',
        data: body,
        header: { 'content-type': 'text/plain' },
        dataType: 'text',
        success({ statusCode, header, data }) {
          // the platform keeps the server's spelling of header names
          const name = Object.keys(header).find((key) => key.toLowerCase() === 'retry-after');
          resolve({ status: statusCode, retryAfter: (name && header[name]) || null, body: String(data) });
        },
        fail: () => resolve({ status: 0, retryAfter: null, body: '' }),
      });
      abort = () => task.abort();
    });
    return { answer, abort: () => abort() };
  },
};
