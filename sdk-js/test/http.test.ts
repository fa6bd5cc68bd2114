/** The Http port over fetch: whose turn it is. What a request looks like is in `web.test.ts`. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { webHttp } from '../src/browser/http.js';

const sent: RequestInit[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { visibilityState: 'visible' });
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    sent.push(init);
    return new Response('{}');
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('waits for its turn among the tabs, not for ever, and not while its page is leaving', async () => {
  const undo = vi.fn();
  let free = false;
  const claim = async () => (free ? undo : null);
  const http = webHttp({}, claim);
  const request = { url: 'https://c.example/v1/batch', body: '{}', keepalive: false };
  const first = http.post(request).answer;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent).toHaveLength(0);
  expect((await http.post({ ...request, keepalive: true }).answer).status).toBe(200);
  free = true;
  await vi.advanceTimersByTimeAsync(250);
  expect((await first).status).toBe(200);
  expect([sent.length, undo.mock.calls.length]).toEqual([2, 1]);
  free = false;
  const second = http.post(request).answer; // who has it is frozen
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await second).status).toBe(200);
  const { answer, abort } = http.post(request);
  abort();
  await vi.advanceTimersByTimeAsync(250);
  await answer;
  expect(sent.at(-1)?.signal?.aborted).toBe(true);
  expect(undo).toHaveBeenCalledOnce();
});
