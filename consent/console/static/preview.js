// The SDK's place is taken by an object that keeps nothing, so that the banner shows what a draft would serve.

const body = document.body;
const policy = JSON.parse(body.dataset.policy);
const listeners = new Set();
let preferences = null;

function decisionOf(purpose) {
  if (purpose.required) return 'allow';
  const choice = preferences?.[purpose.id];
  if (choice !== undefined) return choice ? 'allow' : 'deny';
  return { granted: 'allow', denied: 'deny' }[purpose.default] ?? 'hold';
}

function get() {
  const decisions = Object.fromEntries(policy.purposes.map((purpose) => [purpose.id, decisionOf(purpose)]));
  return { mode: policy.mode, gpc: policy.gpc.seen, preferences, decisions, policy, pending: !preferences };
}

function choose(next) {
  preferences = next;
  for (const listener of listeners) listener(get());
  const list = document.getElementById('outcome');
  list.replaceChildren(
    ...policy.purposes.map((purpose) => {
      const item = document.createElement('li');
      item.textContent = `${purpose.title}: ${body.dataset[decisionOf(purpose)]}`;
      return item;
    }),
  );
}

window.firsthand = {
  consent: {
    get,
    set: (choice) => choose({ ...preferences, ...choice }),
    withdraw: () => choose(Object.fromEntries(policy.purposes.map(({ id }) => [id, false]))),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  },
};
