/**
 * What needs WeChat or the collector beyond events: `login`, `webViewUrl`, `privacy`, and, if asked for, tokens on shared
 * cards. Verbs of the client once the plugin is among `plugins` of `init`.
 *
 * A yes by WeChat's button is a yes to what the 用户隐私保护指引 said then. When the app adds to it, WeChat needs the person's
 * authorisation again, and so do we: such a yes lapses (it is no "no": nothing is told to the ledger), what was stored
 * goes, and whoever is asked next time decides anew. A yes that was given in another way does not depend on WeChat's.
 */

import type { ChoiceOptions } from '../../../sdk-js/src/core/api.js';
import type { Preferences } from '../../../sdk-js/src/core/protocol.js';
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
    install({ inside, guarded }) {
      const { client, endpoint, writeKey } = host;
      const { vault, prefix, ports } = inside;
      const byButton = `${prefix}wechat`;
      const set = (preferences: Preferences, how?: ChoiceOptions) => {
        client.consent.set(preferences, how);
        const isYes = how && how.method === 'wechat' && Object.values(preferences).includes(true);
        if (isYes) vault.set(byButton, '1');
        else vault.remove(byButton);
      };
      const privacy = createPrivacy((preferences) => set(preferences, { method: 'wechat' }));
      const recheck = guarded(() => {
        if (!vault.get(byButton)) return;
        void privacy.status().then(
          guarded(({ needAuthorization }) => {
            if (!needAuthorization || !vault.get(byButton)) return;
            vault.remove(byButton);
            ports.storage.remove(`${prefix}consent`);
          }),
        );
      });
      const unheard = host.front.onShow(recheck);
      recheck();
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
        privacy,
        consent: { ...client.consent, set },
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
      if (!shareTracking) return unheard;
      const shares = createShares(asked.share);
      host.shareOf = shares.of;
      host.stamp = shares.stamp;
      const ready = () => {
        if (allowed()) shares.prepare();
      };
      ready();
      const off = client.consent.onChange(ready);
      return () => {
        unheard();
        off();
        delete host.stamp;
      };
    },
  });
