// What the page knows. Everything on the screen is drawn from it.

export const state = {
  items: [],
  keys: new Set(),
  messages: new Map(),
  repeats: 0,
  fresh: [],
  paused: false,
  waiting: 0,
  connection: 'connecting',
  open: '',
  accepted: 0,
  rejected: 0,
  reasons: {},
  skipped: 0,
  unread: 0,
  missed: 0,
  rate: 0,
  events: new Set(),
  sources: new Set(),
  filter: { text: '', verdict: '', event: '', source: '', reason: '' },
};

/** Let go of an item that is no longer kept. */
export function forget(item) {
  for (const key of item.keys) state.keys.delete(key);
  state.messages.delete(item.id);
}
