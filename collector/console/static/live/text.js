// Words of the page in English and Chinese. A key is the same in both; a test compares them.

const en = {
  title: 'Live',
  language: '切换到中文',
  theme: 'Light or dark',
  totals: 'Totals since this page was opened',
  accepted: 'Accepted',
  rejected: 'Rejected',
  perSecond: 'Events / s',
  lastMinute: 'Last minute',
  chartLabel: 'Events per second in the last minute',
  reasons: 'Why rejected',
  noReasons: 'nothing rejected',
  filter: 'Filter',
  filterHint: 'Filter by any text…',
  verdict: 'Verdict',
  all: 'All',
  event: 'Event',
  allEvents: 'All events',
  source: 'Source',
  allSources: 'All sources',
  clear: 'Clear',
  pause: 'Pause',
  resume: 'Resume',
  resumeWaiting: 'Resume · {n} waiting',
  caption: 'Events, newest first',
  close: 'Close',
  empty: 'Nothing has arrived yet.',
  emptyHint: 'Click around in a page that has the SDK, then look here.',
  emptyFiltered: 'No event matches the filter.',
  keyMove: 'choose',
  keyOpen: 'details',
  keyClose: 'close',
  keyPause: 'pause',
  promise: 'What you see is what is stored: scrubbed, never the raw body.',
  connecting: 'connecting…',
  live: 'live',
  lost: 'connection lost, trying again…',
  paused: 'paused',
  locked: 'locked: open the address with the token again',
  full: 'too many people watch; trying again…',
  skipped: '{n} events not shown: too many at once',
  unread: '{n} passed over unread',
  missed: '{n} segments missed',
  repeats: '{n} of them sent again',
  timesHint: 'How often the message was sent; the table keeps it once',
  time: 'Time',
  page: 'Page · element',
  client: 'Browser · system',
  geo: 'Place',
  session: 'Session',
  consent: 'Consent',
  none: 'none',
  earlier: 'before you came',
  gEvent: 'Event',
  gPerson: 'Person',
  gPage: 'Page',
  gCampaign: 'Campaign',
  gClient: 'Client and place',
  gConsent: 'Consent and privacy',
  gOther: 'Storage and other',
  gPayload: 'Shape of what was sent: names and types, no values',
  properties: 'Properties',
  traits: 'Traits',
  context: 'Context',
  emptyColumns: 'Show {n} empty columns',
  whyAccepted: 'Accepted: consent covers it, it is on the disk and on its way to the table.',
  r_invalid: 'It is no valid message: a field is missing, has the wrong type or a malformed value.',
  r_too_large: 'It is over a limit: 32 KB, 255 properties or 16 levels.',
  r_reserved_name: "Names that begin with $ are Firsthand's own; give a custom event another name.",
  r_no_identity: 'It says neither anonymousId nor userId, so nobody could ever find or erase it.',
  r_no_consent: 'The person did not allow this purpose, so nothing of it was kept as an event.',
  r_withdrawn: 'The person took the consent back.',
  r_suppressed: 'The person asked to be forgotten.',
  r_bot: 'This source refuses bots.',
  r_internal: 'A fault of ours. Privacy fails closed: rather no event than a wrong one.',
  r_unknown: 'Rejected for a reason this page does not know.',
};

const zh = {
  title: '实时',
  language: 'Switch to English',
  theme: '浅色或深色',
  totals: '自打开本页以来的总数',
  accepted: '已接收',
  rejected: '已拒绝',
  perSecond: '事件 / 秒',
  lastMinute: '最近一分钟',
  chartLabel: '最近一分钟每秒的事件数',
  reasons: '拒绝原因',
  noReasons: '没有被拒绝的事件',
  filter: '筛选',
  filterHint: '按任意文字筛选…',
  verdict: '结果',
  all: '全部',
  event: '事件',
  allEvents: '所有事件',
  source: '来源',
  allSources: '所有来源',
  clear: '清空',
  pause: '暂停',
  resume: '继续',
  resumeWaiting: '继续 · {n} 条等待中',
  caption: '事件，最新的在前',
  close: '关闭',
  empty: '还没有事件到达。',
  emptyHint: '在接入 SDK 的页面上点几下，再回来看这里。',
  emptyFiltered: '没有符合筛选条件的事件。',
  keyMove: '选择',
  keyOpen: '详情',
  keyClose: '关闭',
  keyPause: '暂停',
  promise: '所见即所存：已脱敏，绝非原始请求。',
  connecting: '连接中…',
  live: '实时',
  lost: '连接中断，正在重试…',
  paused: '已暂停',
  locked: '已锁定：请重新打开带令牌的地址',
  full: '观看人数已满，正在重试…',
  skipped: '{n} 条事件未显示：同时到达太多',
  unread: '跳过 {n} 未读',
  missed: '错过 {n} 个分段',
  repeats: '其中 {n} 条为重发',
  timesHint: '消息发送的次数；数据表中只保留一条',
  time: '时间',
  page: '页面 · 元素',
  client: '浏览器 · 系统',
  geo: '地点',
  session: '会话',
  consent: '同意',
  none: '无',
  earlier: '您到来之前',
  gEvent: '事件',
  gPerson: '用户',
  gPage: '页面',
  gCampaign: '营销活动',
  gClient: '终端与地点',
  gConsent: '同意与隐私',
  gOther: '存储及其他',
  gPayload: '所发送内容的结构：只有名称和类型，没有值',
  properties: '属性',
  traits: '用户特征',
  context: '上下文',
  emptyColumns: '显示 {n} 个空列',
  whyAccepted: '已接收：在同意范围之内，已写入磁盘，即将进入数据表。',
  r_invalid: '不是有效的消息：缺少字段、类型错误或取值格式不对。',
  r_too_large: '超过限制：32 KB、255 个属性或 16 层嵌套。',
  r_reserved_name: '以 $ 开头的名称由 Firsthand 保留，请为自定义事件换一个名称。',
  r_no_identity: '既没有 anonymousId 也没有 userId，将来无法查到或删除它。',
  r_no_consent: '用户没有同意该用途，因此没有作为事件保存。',
  r_withdrawn: '用户已撤回同意。',
  r_suppressed: '用户要求被遗忘。',
  r_bot: '该来源不接收机器人流量。',
  r_internal: '我们自身的故障。隐私优先：宁可没有事件，也不要错误的事件。',
  r_unknown: '拒绝原因未知。',
};

export const words = { en, zh };

// In the console the shell has chosen already
const wanted = document.body.dataset.stream ? document.documentElement.lang : navigator.language;
const chosen = document.body.dataset.stream ? null : localStorage.getItem('firsthand.live.language');
let language = chosen || (wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en');

export function currentLanguage() {
  return language;
}

export function switchLanguage() {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem('firsthand.live.language', language);
}

export function t(key, values = {}) {
  const text = words[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export function number(n) {
  return n.toLocaleString(language === 'zh' ? 'zh-CN' : 'en');
}

/** Put the words of the current language into everything that is marked for it. */
export function translate(root) {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const e of root.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of root.querySelectorAll('[data-t-placeholder]')) e.placeholder = t(e.dataset.tPlaceholder);
  for (const e of root.querySelectorAll('[data-t-label]')) {
    e.setAttribute('aria-label', t(e.dataset.tLabel));
    if (e.tagName === 'BUTTON') e.title = t(e.dataset.tLabel);
  }
}
