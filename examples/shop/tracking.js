// The one place where the shop talks to the SDK. `window.firsthand` is the stub first and the SDK later, so it is
// looked up at each call. The shop works the same when the SDK is blocked.

export const track = (event, properties) => window.firsthand?.track(event, properties);
export const identify = (userId, traits) => window.firsthand?.identify(userId, traits);
export const setConsent = (analytics) => window.firsthand?.consent.set({ analytics });
export const withdrawConsent = () => window.firsthand?.consent.withdraw();

/** True, false, or null while the person has not chosen (or there is no SDK). */
export const analyticsAllowed = () => window.firsthand?.consent.get?.().preferences?.analytics ?? null;

/** What a server needs so that its events belong to the same person, and only if she agreed. */
export function identityForServer() {
  if (!analyticsAllowed()) return {};
  const { firsthand } = window;
  return { anonymousId: firsthand.getAnonymousId(), consent: firsthand.consent.get().preferences };
}

/** Resolves to whether the SDK is there. */
export function sdkReady() {
  const script = document.getElementById('sdk');
  return new Promise((resolve) => {
    if (window.firsthand?.version) return resolve(true);
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
  });
}
