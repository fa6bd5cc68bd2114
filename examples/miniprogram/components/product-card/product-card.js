const cart = require('../../behaviors/cart.js');

Component({
  behaviors: [cart],
  properties: { product: { type: Object, value: {} } },
  methods: {
    open() {
      wx.navigateTo({ url: `/pages/product/product?sku=${this.data.product.sku}` });
    },
  },
});
