const { firsthand } = require('../../firsthand/firsthand.js');

Page({
  data: { src: '' },
  onLoad({ to }) {
    // A token that is good once and for a minute, instead of an id in the address
    firsthand.webViewUrl(decodeURIComponent(to)).then((src) => this.setData({ src }));
  },
});
