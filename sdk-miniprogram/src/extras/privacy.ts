/**
 * Our consent beside WeChat's own: `wx.getPrivacySetting`, `wx.onNeedPrivacyAuthorization`, `wx.requirePrivacyAuthorize`
 * (base library 2.32.3).
 *
 * The two are not the same. WeChat asks whether its own interfaces may be used for what the 用户隐私保护指引 says, and
 * answers "no authorisation needed" as well when nothing was declared: so that answer grants nothing here. Only a
 * person's tap on the button does, and only for the purposes that were named beside it. Purposes that need a consent of
 * their own (PIPL 23, 39: passing on, abroad) cannot be granted this way.
 */

import type { Preferences } from '../../../sdk-js/src/core/protocol.js';
import type { PrivacyAnswer } from '../wx.js';

const SEPARATE = ['third_party', 'cross_border'];

export interface PrivacyStatus {
  /** WeChat's guide was not agreed to yet, or grew since. Null where the base library cannot say. */
  needAuthorization: boolean | null;
  contractName: string;
}

export interface Privacy {
  /** What WeChat knows. No proof of consent, whatever it says. */
  status(): Promise<PrivacyStatus>;
  /** Calls back when WeChat waits for an answer: show the consent component. Only the last registration counts. */
  onNeed(listener: () => void): void;
  /** The person tapped "agree" on the button with this id. */
  agree(purposes: readonly string[], buttonId: string): void;
  disagree(purposes: readonly string[]): void;
  openContract(): void;
  /** True once the person has agreed to WeChat's guide; false if not, or if it cannot be asked here. */
  require(): Promise<boolean>;
}

/** `choose`: `consent.set` of the client. */
export function createPrivacy(choose: (preferences: Preferences) => void): Privacy {
  let waiting: ((answer: PrivacyAnswer) => void)[] = [];

  const answer = (said: PrivacyAnswer) => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve(said);
  };
  const each = (purposes: readonly string[], value: boolean) => {
    const preferences: Preferences = {};
    for (const purpose of purposes) if (!value || SEPARATE.indexOf(purpose) < 0) preferences[purpose] = value;
    choose(preferences);
  };

  return {
    status: () =>
      new Promise((resolve) => {
        const unknown = () => resolve({ needAuthorization: null, contractName: '' });
        if (!wx.getPrivacySetting) return unknown();
        wx.getPrivacySetting({
          success: ({ needAuthorization, privacyContractName }) =>
            resolve({ needAuthorization, contractName: privacyContractName }),
          fail: unknown,
        });
      }),
    onNeed(listener) {
      if (!wx.onNeedPrivacyAuthorization) return;
      wx.onNeedPrivacyAuthorization((resolve) => {
        waiting.push(resolve);
        listener();
      });
    },
    agree(purposes, buttonId) {
      answer({ event: 'agree', buttonId });
      each(purposes, true);
    },
    disagree(purposes) {
      answer({ event: 'disagree' });
      each(purposes, false);
    },
    openContract() {
      if (wx.openPrivacyContract) wx.openPrivacyContract({});
    },
    require: () =>
      new Promise((resolve) => {
        if (!wx.requirePrivacyAuthorize) return resolve(false);
        wx.requirePrivacyAuthorize({ success: () => resolve(true), fail: () => resolve(false) });
      }),
  };
}
