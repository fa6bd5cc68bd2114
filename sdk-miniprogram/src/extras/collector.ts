/**
 * What is asked of the collector beside events: a login, a token for a web-view, a token for a shared card. Each needs
 * the person's consent for analytics, because each makes or moves an id; without it nothing is asked of WeChat or
 * of the collector, and the answer is null.
 */

import { parse } from '../../../sdk-js/src/core/json.js';
import type { Http } from '../../../sdk-js/src/core/ports.js';
import type { Preferences } from '../../../sdk-js/src/core/protocol.js';

export interface Pseudonyms {
  /** Keyed pseudonyms (`p1.…`); the real ids never leave the collector. */
  openid: string;
  unionid?: string;
}

export interface Asked {
  login(): Promise<Pseudonyms | null>;
  /** `url` with a token that tells the web page's SDK who this is: valid once, for at most a minute. */
  webViewUrl(url: string): Promise<string>;
  /** A token for a card, one generation below `parent`. */
  share(parent: string | undefined): Promise<string | null>;
}

export interface AskOptions {
  http: Http;
  endpoint: string;
  writeKey: string;
  /** The choice, if analytics is allowed now; else null. */
  allowed: () => Preferences | null;
  anonymousId: () => string | null;
  report: (message: string) => void;
}

export const HANDOFF_PARAM = 'fh_handoff';

export function createAsked({ http, endpoint, writeKey, allowed, anonymousId, report }: AskOptions): Asked {
  const root = endpoint.replace(/\/+$/, '');

  function ask(path: string, fields: object): Promise<Record<string, string> | null> {
    const preferences = allowed();
    if (!preferences) return Promise.resolve(null);
    const body = JSON.stringify({ writeKey, consent: { categoryPreferences: preferences }, ...fields });
    return http.post({ url: root + path, body, keepalive: false }).answer.then((answer) => {
      // taken back meanwhile: the answer is about nobody any more
      if (answer.status === 200 && allowed()) return parse(answer.body) as Record<string, string> | null;
      report(`${path} answered ${answer.status}`);
      return null;
    });
  }

  return {
    login: () =>
      !allowed()
        ? Promise.resolve(null)
        : new Promise<string>((resolve) => {
            wx.login({ success: ({ code }) => resolve(code), fail: () => resolve('') });
          })
            .then((code) => (code ? ask('/v1/wechat/login', { code }) : null))
            .then(
              (answer) =>
                answer && { openid: answer.openid as string, ...(answer.unionid && { unionid: answer.unionid }) },
            ),
    webViewUrl(url) {
      const id = anonymousId();
      if (!id) return Promise.resolve(url);
      return ask('/v1/wechat/handoff', { anonymousId: id }).then((answer) => {
        if (!answer || !answer.token) return url;
        const [, page = '', fragment = ''] = /^([^#]*)(.*)$/.exec(url) || [];
        return `${page}${page.indexOf('?') < 0 ? '?' : '&'}${HANDOFF_PARAM}=${answer.token}${fragment}`;
      });
    },
    share: (parent) => ask('/v1/wechat/share', { parent }).then((answer) => (answer && answer.token) || null),
  };
}
