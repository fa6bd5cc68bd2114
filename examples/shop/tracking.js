// The one place where the shop talks to the SDK. `window.firsthand` is the stub first and the SDK later, so it is
// looked up at each call. The shop works the same when the SDK is blocked.

export const track = (event, properties) => window.firsthand?.track(event, properties);
export const identify = (userId, traits) => window.firsthand?.identify(userId, traits);

const analyticsAllowed = () => window.firsthand?.consent.get?.().preferences?.analytics === true;

/** What a server needs so that its events belong to the same person, and only if she agreed. */
export function identityForServer() {
  if (!analyticsAllowed()) return {};
  const { firsthand } = window;
  return { anonymousId: firsthand.getAnonymousId(), consent: firsthand.consent.get().preferences };
}
