// Words in English and Chinese. The choice of language decides the currency too.

const words = {
  en: {
    shop: 'Fern & Kiln',
    tagline: 'Tea things, made slowly.',
    intro: 'Pots, cups and leaves from small workshops. Twelve things, no more.',
    all: 'Everything',
    pots: 'Pots',
    cups: 'Cups',
    tea: 'Tea',
    home: 'For the table',
    lookbook: 'Lookbook',
    cart: 'Cart',
    search: 'Search',
    searchHint: 'Search tea, cups…',
    other: '中文',
    add: 'Add to cart',
    added: 'In the cart',
    quantity: 'Quantity',
    related: 'Goes well with',
    back: 'All things',
    notFound: 'We do not have that.',
    found: '{n} things for “{q}”',
    nothing: 'Nothing for “{q}”. Try “tea”.',
    emptyCart: 'Your cart is empty.',
    look: 'Look around',
    remove: 'Remove',
    total: 'Total',
    checkout: 'Check out',
    yourOrder: 'Your order',
    name: 'Name',
    email: 'E-mail',
    phone: 'Phone',
    address: 'Address',
    city: 'Town',
    postcode: 'Postcode',
    pay: 'Pay {sum}',
    paying: 'Paying…',
    payNote:
      'This is a demo: no money moves, nothing is shipped, and of what you type only the e-mail is used, as a pseudonym, and only if you agreed.',
    failed: 'The order service does not answer. Start it (make run does) and try again.',
    thanks: 'Thank you!',
    thanksText: 'Order {id} over {sum} is paid. Somewhere a kettle is being put on.',
    again: 'Keep looking',
    privacy: 'Privacy choices',
    demo: 'A demo shop of Firsthand',
    live: 'See the events live',
    consentTitle: 'May we count what is looked at?',
    consentText:
      'With your yes we record page views and clicks in this shop, on our own server, to see what to improve. No advertising, no third parties. Without it the shop works just the same.',
    accept: 'Yes, you may',
    reject: 'No, thanks',
    next: 'Next',
    previous: 'Previous',
    shopThis: 'In this picture',
  },
  zh: {
    shop: '蕨与窑',
    tagline: '慢慢做的茶器。',
    intro: '来自小作坊的壶、杯与茶叶。十二件，不多。',
    all: '全部',
    pots: '壶',
    cups: '杯碗',
    tea: '茶叶',
    home: '案头',
    lookbook: '图册',
    cart: '购物车',
    search: '搜索',
    searchHint: '搜索茶、杯…',
    other: 'English',
    add: '加入购物车',
    added: '已加入购物车',
    quantity: '数量',
    related: '相配的',
    back: '全部商品',
    notFound: '没有这件商品。',
    found: '“{q}”找到 {n} 件',
    nothing: '没有找到“{q}”。试试“茶”。',
    emptyCart: '购物车是空的。',
    look: '随便看看',
    remove: '移除',
    total: '合计',
    checkout: '去结算',
    yourOrder: '您的订单',
    name: '姓名',
    email: '邮箱',
    phone: '手机号',
    address: '地址',
    city: '城市',
    postcode: '邮编',
    pay: '支付 {sum}',
    paying: '支付中…',
    payNote: '这是演示：不会扣款，不会发货，您输入的内容中只有邮箱会以化名形式使用，且仅在您同意之后。',
    failed: '订单服务没有响应。请启动它（make run 会启动），然后重试。',
    thanks: '谢谢！',
    thanksText: '订单 {id} 已支付 {sum}。某处，水正要烧开。',
    again: '继续逛逛',
    privacy: '隐私选择',
    demo: 'Firsthand 演示商店',
    live: '实时查看事件',
    consentTitle: '可以统计浏览情况吗？',
    consentText:
      '如果您同意，我们会在自己的服务器上记录本店的页面浏览和点击，用于改进商店。没有广告，没有第三方。不同意，商店照常可用。',
    accept: '同意',
    reject: '不同意',
    next: '下一页',
    previous: '上一页',
    shopThis: '画面中的物件',
  },
};

const KEY = 'fern.language';

export const language = localStorage.getItem(KEY) ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
export const currency = language === 'zh' ? 'CNY' : 'EUR';
document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';

export function t(key, values = {}) {
  return words[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export function switchLanguage() {
  localStorage.setItem(KEY, language === 'zh' ? 'en' : 'zh');
  location.reload();
}

export function title(text) {
  document.title = `${text} · ${t('shop')}`;
}
