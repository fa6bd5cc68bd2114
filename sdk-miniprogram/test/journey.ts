/** The walk through the shop as a test, for each of the runtime's two compilers (which cannot share a process). */

import { expect, it } from 'vitest';
import { type Message, names, only } from './boot.js';
import type { Compiler } from './host/simulate.js';
import { openShop, walk } from './shop.js';

const answers: Record<string, object> = {
  '/v1/sources/wk/settings?ask=1': { consent: { mode: 'opt_in', policyVersion: 'pv1_x' } },
  '/v1/consent/receipts': { receipt: { id: 'r-1' }, token: 't.o.k' },
  '/v1/batch': { success: true, accepted: 0, rejected: [] },
  '/v1/wechat/login': { openid: 'p1.k1.openid', unionid: 'p1.k1.unionid' },
  '/v1/wechat/handoff': { token: 'h1.abc.1.def', expiresIn: 60 },
};

export function journey(compiler: Compiler): void {
  it(`a person's way through the shop, compiled by ${compiler}`, { timeout: 30_000 }, async () => {
    const shop = openShop({
      ...{ endpoint: 'https://c.example', writeKey: 'wk', compiler },
      server: ({ url }) => ({ status: 200, body: JSON.stringify(answers[url.replace('https://c.example', '')]) }),
    });
    const { before, who, card, page, report } = await walk(shop);
    expect(before).toEqual({ requests: 0, stored: 0, asked: true });
    expect(who).toEqual({ openid: 'p1.k1.openid', unionid: 'p1.k1.unionid' });
    expect(card).toEqual({ title: '明前龙井', path: '/pages/product/product?sku=T-101' });
    expect(page).toBe('https://shop.example.org/h5/story?fh_handoff=h1.abc.1.def');
    expect(report).toMatchObject({ pending: 0, dropped: 0 });

    // a receipt says whose words were on the screen: the component's own, and none of the policy's
    const receipt = shop.host.network.requests.find(({ url }) => url.endsWith('/receipts'));
    const words = `miniprogram/${shop.firsthand.version}`;
    expect(JSON.parse(receipt?.data || '')).toMatchObject({ method: 'wechat', words, locale: 'zh-CN' });
    expect(receipt?.data).not.toContain('noticeHash');

    const sent: Message[] = shop.host.sent();
    expect(names(sent)).toEqual([
      ...['$session_start', '$app_launch', '$app_show', '$page', '$click', '$identify', '$exposure', '$click'],
      ...['$page_leave', 'Product Viewed', '$page', '$share', '$favorite', '$click'],
      ...['$page_leave', '$page', '$page_leave', '$page', '$click', '$page_leave', '$page'],
      ...['$submit', 'Order Completed', '$page_leave', '$page', '$click', '$page_leave', '$page'],
      ...['$page_leave', '$app_hide', '$app_show', '$page', '$page_leave', '$app_hide'],
    ]);
    expect(only(sent, '$page').map(({ context }) => context.page)).toEqual([
      { path: '/pages/home/home', title: '首页' },
      { url: '/pages/product/product?sku=T-101', path: '/pages/product/product', search: '?sku=T-101', title: '商品' },
      { path: '/pages/web/web' },
      { url: '/pages/product/product?sku=T-101', path: '/pages/product/product', search: '?sku=T-101', title: '商品' },
      { path: '/pages/cart/cart', title: '购物车' },
      { path: '/packages/order/pages/done/done' },
      { path: '/pages/home/home', title: '首页' },
      { path: '/pages/home/home', title: '首页' },
    ]);
    // the Behavior's handler in a component, the component's own, the pages'; one event for each tap
    expect(
      only(sent, '$click').map(({ properties }) => [properties?.handler, properties?.name, properties?.sku]),
    ).toEqual([
      ['addToCart', 'add', 'T-102'],
      ['open', 'product', 'T-101'],
      ['story', 'story', undefined],
      ['buy', 'buy', 'T-101'],
      ['home', 'home', undefined],
    ]);
    expect(JSON.stringify(sent)).not.toContain('13800138000');
    expect(sent.map(({ context }) => context.seq)).toEqual(sent.map((_, i) => i));

    // the guide grows: the yes lapses, the page that is open asks again by itself, and one tap settles it
    const { host, firsthand, settle, act, html } = shop;
    const asks = () => html().includes('不同意');
    expect(asks()).toBe(false);
    host.privacy.state.agreed = false;
    host.show();
    await settle(50);
    expect(firsthand.consent.get().preferences).toBeNull();
    expect(asks()).toBe(true);
    host.privacy.tapAgreeButton('fh-consent-agree');
    await act('agreeprivacyauthorization', {}, '#consent', '#fh-consent-agree');
    expect(firsthand.consent.get().decisions.analytics).toBe('allow');
    expect(asks()).toBe(false);
    // a choice made elsewhere takes the question away
    host.privacy.state.agreed = false;
    host.hide();
    host.show();
    await settle(50);
    expect(asks()).toBe(true);
    firsthand.consent.set({ analytics: false });
    await settle();
    expect(asks()).toBe(false);
  });
}
