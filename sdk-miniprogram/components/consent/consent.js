/**
 * The consent component: asks once, takes a yes and a no with the same weight, and can be opened again.
 *
 *   <firsthand-consent id="consent" purposes="{{['analytics']}}" />
 *   this.selectComponent('#consent').open();   // to change a choice, from a settings page
 *
 * It shows itself while no choice stands (none was made yet, or a yes has lapsed on a page that is open) and when WeChat
 * waits for an answer to its own guide; a choice that is made elsewhere takes it away again. The answer goes to both.
 * Texts: Chinese unless `lang` is `en`; `words` replaces any of them.
 */
const { firsthand } = require('../../firsthand.js');
const { createPrivacy } = require('../../plugins.js');

/** What a receipt says was on the screen. WeChat has one answer for the app, whichever page's component asked last. */
let shown = {};
const privacy = createPrivacy((preferences) => firsthand.consent.set(preferences, { method: 'wechat', ...shown }));

const WORDS = {
  zh: {
    title: '使用数据说明',
    text: '我们希望记录您在本小程序内的浏览和点击，用于了解哪些内容有用。是否同意都不影响使用，您可以随时在设置中更改。',
    agree: '同意',
    refuse: '不同意',
  },
  en: {
    title: 'How we use data',
    text: 'May we record which pages you see and what you tap in this mini-program, to learn what is useful? Everything works either way, and you can change your mind in the settings.',
    agree: 'Agree',
    refuse: 'Decline',
  },
};

Component({
  properties: {
    purposes: { type: Array, value: ['analytics'] },
    lang: { type: String, value: 'zh' },
    words: { type: Object, value: null },
  },
  data: { shown: false, contractName: '', said: WORDS.zh },
  lifetimes: {
    attached() {
      const { lang, words } = this.data;
      this.setData({ said: { ...(WORDS[lang] || WORDS.zh), ...words } });
      shown = { words: words ? 'site' : `miniprogram/${firsthand.version}`, locale: lang === 'en' ? 'en' : 'zh-CN' };
      if (!firsthand.consent.get()) return console.warn('firsthand: call init in app.js before the consent component');
      privacy.onNeed(() => this.open());
      privacy.status().then(({ contractName }) => this.setData({ contractName }));
      this.stop = firsthand.consent.onChange(() => this.ask());
      this.ask();
    },
    detached() {
      if (this.stop) this.stop();
    },
  },
  methods: {
    open() {
      this.setData({ shown: true });
    },
    ask() {
      const asks = !firsthand.consent.get().preferences;
      if (asks !== !!this.asks) this.setData({ shown: asks });
      this.asks = asks;
    },
    agree() {
      privacy.agree(this.data.purposes, 'fh-consent-agree');
      this.close(true);
    },
    refuse() {
      privacy.disagree(this.data.purposes);
      this.close(false);
    },
    openContract() {
      privacy.openContract();
    },
    still() {},
    close(agreed) {
      this.setData({ shown: false });
      this.triggerEvent('choice', { agreed });
    },
  },
});
