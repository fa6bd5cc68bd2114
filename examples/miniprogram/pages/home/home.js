const catalog = require('../../catalog.js');

Page({
  data: { products: catalog },
  onShareAppMessage() {
    return { title: '拾叶茶铺', path: '/pages/home/home' };
  },
  settings() {
    this.selectComponent('#consent').open();
  },
});
