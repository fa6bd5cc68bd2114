// The connection: rows and ticks out, and what to say when there is none.

const AGAIN_MS = 5000;
// The console has the same page behind its own login
const BASE = document.body.dataset.stream ?? '/live';

/**
 * Follow `/live/events`. `on` has row(message), tick(counts) and state(name), name being one of
 * connecting, live, lost, locked, full. EventSource itself reconnects after a network error; it gives up
 * on a refusal and does not say why, so then the page asks /live/state.
 */
export function follow(on) {
  let timer = 0;
  on.state('connecting');
  const source = new EventSource(`${BASE}/events`);
  source.onopen = () => on.state('live');
  source.addEventListener('row', (event) => on.row(JSON.parse(event.data)));
  source.addEventListener('tick', (event) => on.tick(JSON.parse(event.data)));
  source.onerror = async () => {
    if (source.readyState !== EventSource.CLOSED) return on.state('lost');
    const state = await refusal();
    on.state(state);
    if (state !== 'locked' && !timer) timer = setTimeout(() => follow(on), AGAIN_MS);
  };
}

async function refusal() {
  try {
    const answer = await fetch(`${BASE}/state`);
    if (answer.status === 401) return 'locked';
    return answer.ok ? 'full' : 'lost';
  } catch {
    return 'lost';
  }
}
