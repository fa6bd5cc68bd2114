// What only this browser can say: whether something in it keeps the SDK from loading or from reaching the collector.

const list = document.getElementById('here');

/** Whether an answer came, whatever it says: an ad blocker or a proxy lets the request never leave. */
async function reaches(address, method) {
  try {
    await fetch(address, { cache: 'no-store', method });
    return true;
  } catch {
    return false;
  }
}

function finding(outcome, text, more) {
  const item = document.createElement('li');
  item.className = outcome;
  const icon = document.getElementById(`icon-${outcome}`).content.cloneNode(true);
  const words = document.createElement('div');
  words.append(Object.assign(document.createElement('b'), { textContent: text }));
  if (more) words.append(Object.assign(document.createElement('p'), { textContent: more }));
  item.append(icon, words);
  return item;
}

async function look() {
  const tries = [
    ['/sdk.js', 'GET'],
    [`/v1/sources/${encodeURIComponent(list.dataset.key)}/settings`, 'GET'],
    ['/v1/batch', 'OPTIONS'],
  ];
  const reached = await Promise.all(tries.map((one) => reaches(...one)));
  const blocked = tries.filter((_, index) => !reached[index]).map(([address]) => address.replace(list.dataset.key, '…'));
  const { good, bad, blocked: named } = list.dataset;
  list.replaceChildren(blocked.length ? finding('bad', bad, named.replace('{what}', blocked.join(' '))) : finding('good', good));
  list.hidden = false;
}

if (list) look();
