Page({
  home() {
    wx.switchTab({ url: '/pages/home/home' });
  },
});
