/**
 * What needs WeChat or the collector beyond events: `login`, `webViewUrl`, `privacy`, and, if asked for, tokens on shared
 * cards. Verbs of the client once the plugin is among `plugins` of `init`.
 */

import type { MakePlugin } from '../host.js';
import { createHttp } from '../http.js';
import { createAsked, type Pseudonyms } from './collector.js';
import { createPrivacy, type Privacy } from './privacy.js';
import { createShares } from './shares.js';

export interface WeChatOptions {
  /** Shared cards carry a token that counts how often they were passed on; it names nobody. */
  shareTracking?: boolean;
}

export interface WeChatVerbs {
  privacy: Privacy;
  /**
   * `wx.login`, and the collector exchanges the code. Gives the pseudonyms, and tells events from here on whose they are unless
   * the app has said so itself. Null without consent, or if WeChat or the collector refused.
   */
  login(): Promise<Pseudonyms | null>;
  /** `url` with a token that tells the web page's SDK who this is: valid once, for at most a minute. */
  webViewUrl(url: string): Promise<string>;
}

export const wechat =
  ({ shareTracking = false }: WeChatOptions = {}): MakePlugin =>
  (host) => ({
    name: 'wechat',
    install() {
      const { client, endpoint, writeKey } = host;
      const allowed = () => {
        const { decisions, preferences } = client.consent.get();
        return decisions.analytics === 'allow' ? preferences || {} : null;
      };
      const asked = createAsked({
        http: createHttp((message) => console.warn('firsthand:', message)),
        ...{ endpoint, writeKey, allowed, anonymousId: client.getAnonymousId },
        report: (message) => console.debug('firsthand', message),
      });
      let named = false;
      host.extend({
        privacy: createPrivacy((preferences) => client.consent.set(preferences, { method: 'wechat' })),
        webViewUrl: asked.webViewUrl,
        login: () =>
          asked.login().then((who) => {
            if (who && !named) client.identify(who.openid, who.unionid ? { wechatUnionid: who.unionid } : {});
            return who;
          }),
        // who the app itself has named keeps that name
        identify(...call: Parameters<typeof client.identify>) {
          named = true;
          client.identify(...call);
        },
        reset() {
          named = false;
          client.reset();
        },
      });
      if (!shareTracking) return () => {};
      const shares = createShares(asked.share);
      host.shareOf = shares.of;
      host.stamp = shares.stamp;
      const ready = () => {
        if (allowed()) shares.prepare();
      };
      ready();
      const off = client.consent.onChange(ready);
      return () => {
        off();
        delete host.stamp;
      };
    },
  });
