/**
 * What frameworks do to handlers, piece by piece. Their real compilers are run by `make test-slow`
 * (`tests/integration/test_miniprogram_frameworks.py`); here is what may not break in between.
 */

import { expect, it, vi } from 'vitest';
import { type FrameworkVerbs, frameworks } from '../src/extras/index.js';
import { delivered, only, start } from './boot.js';
import { event } from './host/plain.js';

const TARO = { eh() {} };
const tap = (sid: string) => event({ id: sid, dataset: { sid } });

it('Taro without its document: nothing is recorded, because nobody can say "ignore"; the console says what to do', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const { host, sdk } = await start({ plugins: [frameworks()] }, { pages: { 'pages/home/home': TARO } });
  host.fire('eh', tap('_A'));
  host.fire('eh', tap('_B'));
  expect(only(await delivered({ host, sdk }), '$click')).toEqual([]);
  expect(warn.mock.calls).toEqual([['firsthand: Taro needs frameworks({ taro: document })']]);
  warn.mockRestore();
});

it('Taro with its document: the dataset and the id that the app gave, and its "ignore"', async () => {
  const nodes: Record<string, Record<string, unknown>> = {
    _A: { track: 'buy', trackSku: 'A1', phone: '13800138000' },
    _B: { firsthandIgnore: true },
  };
  const taro = { getElementById: (sid: string) => ({ dataset: nodes[sid] || {} }) };
  const { host, sdk } = await start({ plugins: [frameworks({ taro })] }, { pages: { 'pages/home/home': TARO } });
  host.fire('eh', tap('_A'));
  host.fire('eh', tap('_B'));
  const [click, ...more] = only(await delivered({ host, sdk }), '$click');
  expect(more).toEqual([]);
  expect(click?.properties).toEqual({ type: 'tap', name: 'buy', sku: 'A1', x: 15, y: 25 });
});

it('Vue 3: handlers that appear on the instance are seen, keep what Vue tells them later, and are wrapped once', async () => {
  const { host, sdk } = await start({ plugins: [frameworks()] });
  const mixins: Record<string, (this: { $scope?: object }) => void>[] = [];
  const { vue } = sdk as unknown as FrameworkVerbs;
  vue.install({ mixin: (mixin) => mixins.push(mixin as never) });
  const [{ mounted, updated } = {}] = mixins;

  const called: string[] = [];
  const invoker = Object.assign((e: object) => invoker.value(e), { value: (_: object) => void called.push('first') });
  const scope: Record<string, unknown> = { e0_a1: invoker, setData() {}, e: 1, $vm: {} };
  const before = scope.setData;
  mounted?.call({ $scope: scope });
  mounted?.call({});
  const wrapped = scope.e0_a1;
  expect(wrapped).not.toBe(invoker);
  updated?.call({ $scope: scope });
  expect(scope.e0_a1).toBe(wrapped);
  expect(scope.setData).toBe(before);

  (wrapped as typeof invoker).value = () => void called.push('second');
  (wrapped as typeof invoker)(event({ id: 'buy', dataset: { track: 'buy' } }));
  expect(called).toEqual(['second']);
  expect(only(await delivered({ host, sdk }), '$click').map(({ properties }) => properties)).toMatchObject([
    { type: 'tap', id: 'buy', name: 'buy' },
  ]);
});
