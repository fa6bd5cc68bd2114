/**
 * The words of the banner in English and simplified Chinese. A published policy brings the notice, the labels
 * of the buttons and the purposes in its own language; what stands here is the rest, and everything where there
 * is no policy yet. A site overrides single words through the element's `texts`.
 */

import type { Purpose } from './model.js';

export interface Texts {
  title: string;
  body: string;
  acceptAll: string;
  rejectAll: string;
  save: string;
  /** Opens the second layer; also the words on the handle. */
  preferences: string;
  withdraw: string;
  close: string;
  always: string;
  separate: string;
  separateWhy: string;
  guardian: string;
  honoured: string;
  honouredWhy: string;
  saved: string;
  link: string;
}

type Words = [title: string, description: string];
type Language = { language: string; texts: Texts; purposes: Record<string, Words> };

const en: Language = {
  language: 'en',
  texts: {
    title: 'Your privacy, your choice',
    body: 'With your permission we record how this site is used. Say no or change your mind at any time: the site works just the same.',
    acceptAll: 'Accept all',
    rejectAll: 'Reject all',
    save: 'Save choices',
    preferences: 'Privacy choices',
    withdraw: 'Withdraw',
    close: 'Close',
    always: 'Always on',
    separate: 'Asked one by one',
    separateWhy: 'Not part of “accept all”, each needs its own yes:',
    guardian: 'Needs the consent of a parent or guardian.',
    honoured: 'Opt-out signal honoured',
    honouredWhy: 'Your browser sends Global Privacy Control: what sells or shares your data stays off.',
    saved: 'Your choice is saved.',
    link: 'Privacy notice',
  },
  purposes: {
    necessary: ['Necessary', 'What the site cannot work without, this choice for one.'],
    analytics: ['Statistics', 'Which pages are read and what is clicked, to see what to improve.'],
    personalization: ['Personalisation', 'Remembers what you looked at, to show you what fits.'],
    marketing: ['Marketing', 'Measures campaigns and shows you offers.'],
    third_party: ['Sharing with others', 'Gives data to other companies for their own purposes.'],
    cross_border: ['Transfer abroad', 'Data is stored or read in another country.'],
  },
};

const zh: Language = {
  language: 'zh-CN',
  texts: {
    title: '您的隐私，由您决定',
    body: '经您同意，我们会记录本网站的使用情况。您可以拒绝，也可以随时改变主意：网站照常可用。',
    acceptAll: '全部同意',
    rejectAll: '全部拒绝',
    save: '保存选择',
    preferences: '隐私选择',
    withdraw: '撤回同意',
    close: '关闭',
    always: '始终开启',
    separate: '单独同意',
    separateWhy: '“全部同意”不包括，须逐项同意：',
    guardian: '须经父母或其他监护人同意。',
    honoured: '已遵从您的退出信号',
    honouredWhy: '您的浏览器发送了 GPC 信号，出售或共享数据的用途均已关闭。',
    saved: '您的选择已保存。',
    link: '隐私政策',
  },
  purposes: {
    necessary: ['必要功能', '网站运行所必需，包括记住这一选择。'],
    analytics: ['统计分析', '记录页面浏览和点击，用于改进网站。'],
    personalization: ['个性化', '记住您看过的内容，为您展示更合适的内容。'],
    marketing: ['营销', '衡量推广效果，向您展示优惠。'],
    third_party: ['向第三方提供', '将数据提供给其他公司，供其自用。'],
    cross_border: ['向境外提供', '数据在其他国家或地区存储或被访问。'],
  },
};

const wordsOf = (locale: string) => (/^zh\b/i.test(locale) ? zh : en);

export const languageOf = (locale: string): string => wordsOf(locale).language;

export const builtIn = (locale: string): Texts => wordsOf(locale).texts;

/** PIPL 23 (giving to others) and 39 (export abroad) ask for consents of their own. */
const SEPARATE = ['third_party', 'cross_border'];
/** What Global Privacy Control denies; the same list as the gate's. */
const SELLS = ['marketing', 'third_party'];

/** `necessary` and the named ones of the built-in purposes; one of the site's own is shown by its id. */
export function builtInPurposes(ids: readonly string[], locale: string): Purpose[] {
  return ['necessary', ...ids].map((id) => {
    const [title, description] = wordsOf(locale).purposes[id] || [id, ''];
    return {
      id,
      title,
      description,
      kind: SEPARATE.includes(id) ? 'separate' : 'general',
      required: id === 'necessary',
      gpc: SELLS.includes(id) ? 'deny' : 'ignore',
    };
  });
}
