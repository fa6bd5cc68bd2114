import { init } from '@firsthand/miniprogram';
import { frameworks } from '@firsthand/miniprogram/plugins';

init({
  endpoint: 'https://events.shop.example',
  writeKey: 'fh_replace_me',
  plugins: [frameworks()],
  queryParams: ['sku'],
  titles: { '/pages/home/index': '首页', '/pages/cart/index': '购物车' },
});
