/** Compiled with WeChat's own types (`npm run typecheck`): ours describe the same platform, and an app written in TypeScript fits. */

import type { Firsthand, InitOptions, init } from '../../dist/index.js';
import type { wechat } from '../../dist/plugins.js';
import type { Wx } from '../../dist/types/sdk-miniprogram/src/wx.js';

/**
 * Every member that we use exists there, takes what we give and answers what we read. One aside: for this listener the types
 * of 5.2.3 name one argument of a general kind, where the text beside them names `resolve` and what it takes.
 */
type Untrue = 'onNeedPrivacyAuthorization';
export const platform = (real: WechatMiniprogram.Wx): Omit<Wx, Untrue> & Record<Untrue, unknown> => real;

declare const start: typeof init;
declare const plugin: typeof wechat;

export function app(): void {
  const options: InitOptions = {
    writeKey: 'fh_1',
    endpoint: 'https://events.shop.example',
    consentMode: 'opt_in',
    autotrack: { taps: false },
    plugins: [plugin({ shareTracking: true })],
    titles: { '/pages/home/home': '首页' },
  };
  const firsthand: Firsthand = start(options);
  App({ globalData: { firsthand } });
  Page({
    data: { n: 0 },
    onTap(event: WechatMiniprogram.TouchEvent) {
      firsthand.track('Tapped', { id: event.currentTarget.id });
      this.setData({ n: this.data.n + 1 });
    },
  });
  Component({ methods: { onTap() {} } });
}
