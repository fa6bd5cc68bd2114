// What only this browser can say: whether something in it keeps the SDK from loading or from reaching the collector.

const list = document.getElementById('here');

async function reaches(address, options) {
  try {
    return (await fetch(address, { cache: 'no-store', ...options })).ok;
  } catch {
    return false; // an ad blocker or a proxy: the request never left
  }
}

async function look() {
  const key = encodeURIComponent(list.dataset.key);
  const tries = [reaches('/sdk.js'), reaches(`/v1/sources/${key}/settings`)];
  const good = (await Promise.all(tries)).every(Boolean);
  const item = document.createElement('li');
  item.className = good ? 'good' : 'bad';
  item.textContent = good ? list.dataset.good : list.dataset.bad;
  list.replaceChildren(item);
  list.hidden = false;
}

if (list) look();
