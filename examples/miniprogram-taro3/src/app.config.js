export default {
  pages: ['pages/home/index', 'pages/cart/index'],
  window: { navigationBarTitleText: 'Shop' },
};
