const { firsthand } = require('../../firsthand/firsthand.js');

Page({
  data: { cart: [], note: '' },
  onShow() {
    this.setData({ cart: getApp().globalData.cart.slice() });
  },
  order(event) {
    const { phone } = event.detail.value || {};
    if (!this.data.cart.length) return;
    // the phone number goes to the shop's own server, never into an event
    this.send(phone);
    firsthand.track('Order Completed', { order_id: `M-${this.data.cart.length}`, items: this.data.cart.length });
    getApp().globalData.cart = [];
    wx.navigateTo({ url: '/packages/order/pages/done/done' });
  },
  send() {},
});
