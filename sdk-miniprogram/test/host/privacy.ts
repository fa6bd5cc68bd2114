/**
 * WeChat's privacy interfaces (dev/framework/user-privacy; api/open-api/privacy).
 *
 *   documented                                                          here
 *   `getPrivacySetting` answers `needAuthorization` and the guide's name  the same; false too when nothing was declared
 *   a private interface before agreement waits and fires                 `requirePrivacyAuthorize` does
 *     `onNeedPrivacyAuthorization`, unless the person has agreed
 *   the last registered listener counts                                  the same
 *   `resolve({event:'agree', buttonId})` counts only if that button       `tapAgreeButton(id)` is the person's tap; without
 *     (open-type `agreePrivacyAuthorization`) was really tapped            it the interface fails
 *   that tap is the agreement, whether or not an interface waits           `tapAgreeButton` sets it
 *   a type that is added to the guide needs the agreement again           `state.agreed = false`
 *   `resolve({event:'disagree'})` fails the waiting interface             the same, error 104
 *   without a listener WeChat shows its own dialogue                      fails here: nobody taps it
 */

import type { PrivacyAnswer } from '../../src/wx.js';

type Resolve = (answer: PrivacyAnswer) => void;

export function hostPrivacy() {
  const tapped = new Set<string>();
  let listener: ((resolve: Resolve, info: { referrer: string }) => void) | null = null;
  const state = { declared: true, agreed: false, contractOpened: 0 };

  const api = {
    getPrivacySetting({ success }: { success: (setting: object) => void }) {
      const needAuthorization = state.declared && !state.agreed;
      setTimeout(() => success({ needAuthorization, privacyContractName: '《小店隐私保护指引》', errMsg: 'ok' }), 0);
    },
    onNeedPrivacyAuthorization(heard: typeof listener) {
      listener = heard;
    },
    requirePrivacyAuthorize({ success, fail }: { success: () => void; fail: (error: { errMsg: string }) => void }) {
      const refuse = () => fail({ errMsg: 'requirePrivacyAuthorize:fail privacy permission is not authorized' });
      if (!state.declared || state.agreed) return setTimeout(success, 0);
      if (!listener) return setTimeout(refuse, 0);
      listener(
        ({ event, buttonId = '' }) => {
          if (event === 'exposureAuthorization') return;
          state.agreed = event === 'agree' && tapped.has(buttonId);
          setTimeout(state.agreed ? success : refuse, 0);
        },
        { referrer: 'requirePrivacyAuthorize' },
      );
    },
    openPrivacyContract() {
      state.contractOpened++;
    },
  };
  return {
    api,
    state,
    tapAgreeButton(id: string) {
      tapped.add(id);
      state.agreed = true;
    },
  };
}
