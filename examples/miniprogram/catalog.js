module.exports = [
  { sku: 'T-101', name: '明前龙井', price: 168 },
  { sku: 'T-102', name: '正山小种', price: 128 },
  { sku: 'T-103', name: '老白茶饼', price: 298 },
];
