// Shared by a page and a component: handlers in a Behavior are recorded like any other.
module.exports = Behavior({
  methods: {
    addToCart(event) {
      const { trackSku: sku } = event.currentTarget.dataset;
      getApp().globalData.cart.push(sku);
      this.triggerEvent && this.triggerEvent('added', { sku });
    },
  },
});
