// Calls made before the SDK has arrived wait here, in memory, with the time they were made at; it replays them.
// It is the SDK's snippet as a file, because this shop allows no inline scripts.
(() => {
  if (window.firsthand) return;
  const q = [];
  const wait =
    (verb) =>
    (...args) =>
      void q.push([verb, args, Date.now()]);
  const verbs = (names, prefix = '') => Object.fromEntries(names.map((name) => [name, wait(prefix + name)]));
  window.firsthand = {
    q,
    ...verbs([
      'init',
      'track',
      'page',
      'screen',
      'identify',
      'group',
      'alias',
      'reset',
      'optOut',
      'use',
      'onError',
      'debug',
    ]),
    consent: verbs(['set', 'withdraw', 'onChange'], 'consent.'),
  };
})();
