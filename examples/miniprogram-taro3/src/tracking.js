import { init } from '@firsthand/miniprogram';
import { frameworks } from '@firsthand/miniprogram/plugins';
import { document } from '@tarojs/runtime';

init({
  endpoint: 'https://events.shop.example',
  writeKey: 'fh_replace_me',
  // Taro keeps data-* to itself: its document tells us
  plugins: [frameworks({ taro: document })],
  queryParams: ['sku'],
  titles: { '/pages/home/index': '首页', '/pages/cart/index': '购物车' },
});
