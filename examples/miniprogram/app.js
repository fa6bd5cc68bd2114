// First, because pages are watched from their registration on. Nothing is recorded before the person agrees.
const { init } = require('./firsthand/firsthand.js');
const { exposure, remote, wechat } = require('./firsthand/plugins.js');
const { endpoint, writeKey } = require('./config.js');

init({
  endpoint,
  writeKey,
  plugins: [remote(), wechat(), exposure()],
  queryParams: ['sku'],
  titles: { '/pages/home/home': '首页', '/pages/product/product': '商品', '/pages/cart/cart': '购物车' },
});

App({
  globalData: { cart: [] },
});
