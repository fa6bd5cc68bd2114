const catalog = require('../../catalog.js');
const cart = require('../../behaviors/cart.js');
const { firsthand } = require('../../firsthand/firsthand.js');
const { web } = require('../../config.js');

Page({
  behaviors: [cart],
  data: { product: {} },
  onLoad({ sku }) {
    const product = catalog.find((each) => each.sku === sku) || catalog[0];
    this.setData({ product });
    firsthand.track('Product Viewed', { sku: product.sku, price: product.price });
  },
  buy(event) {
    this.add(event);
    wx.switchTab({ url: '/pages/cart/cart' });
  },
  add(event) {
    getApp().globalData.cart.push(event.currentTarget.dataset.trackSku);
  },
  story() {
    wx.navigateTo({ url: `/pages/web/web?to=${encodeURIComponent(`${web}/story`)}` });
  },
  onShareAppMessage() {
    const { sku, name } = this.data.product;
    return { title: name, path: `/pages/product/product?sku=${sku}` };
  },
  onAddToFavorites() {
    return { title: this.data.product.name };
  },
});
