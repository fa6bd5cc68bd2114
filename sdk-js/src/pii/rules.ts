/**
 * Values that are somebody's whatever they are called: mail addresses, phones, cards, identity numbers, accounts, secrets.
 * The strong rules of the collector's firewall (`consent/pii/rules`) in TypeScript; what needs a dictionary or a place
 * name (names of people, postal addresses, plates, health) is left to it. Pure; vectors: `device`.
 *
 * A pattern's first group is what stands before a value, the second the value: engines without look-behind (Safari
 * before 16.4) could not even read a script that has one. Every repeat is bounded.
 */

export interface Rule {
  /** A cheap look: without it in the text the pattern is not tried. */
  look: RegExp;
  pattern: RegExp;
  valid?: (value: string) => boolean;
  /** Must stand in the field's name or beside the value, unless the value is `sure` by its spelling. */
  needs?: RegExp;
  /** Must not. */
  never?: RegExp;
  sure?: (value: string) => boolean;
}

const digitsOf = (text: string) => text.replace(/\D/g, '');

/** ISO/IEC 7812-1 annex B. */
function luhn(digits: string): boolean {
  let total = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    total += place % 2 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return total % 10 === 0;
}

/** GB 11643-1999, ISO 7064 MOD 11-2, over a province, a day that is in the calendar and a check digit. */
function residentId(value: string): boolean {
  const id = value.replace(/[ -]/g, '').toUpperCase();
  if (!/^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])/.test(id)) return false;
  const [year, month, day] = [id.slice(6, 10), id.slice(10, 12), id.slice(12, 14)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return false;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const total = weights.reduce((sum, weight, i) => sum + weight * Number(id[i]), 0);
  return '10X98765432'[total % 11] === id[17];
}

/** ISO 13616: modulo 97 over letters as numbers, digit by digit. */
function iban(value: string): boolean {
  const plain = value.replace(/ /g, '').toUpperCase();
  if (plain.length < 15 || plain.length > 31) return false;
  let rest = 0;
  for (const letter of plain.slice(4) + plain.slice(0, 4)) {
    for (const digit of String(Number.parseInt(letter, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

const ISSUERS: [RegExp, number[]][] = [
  [/^4/, [13, 16, 19]],
  [/^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(62|81)/, [16, 17, 18, 19]],
  [/^35(2[89]|[3-8])/, [16]],
  [/^(6011|64[4-9]|65|220[0-4])/, [16, 19]],
  [/^(30[0-5]|36|38|39)/, [14, 16]],
];

function card(value: string): boolean {
  const digits = digitsOf(value);
  const fits = ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits));
  return fits && new Set(digits).size > 1 && luhn(digits);
}

/** SSA: no area 000, 666 or 9xx (but ITIN groups), no group 00, no serial 0000, none of the famous samples. */
function ssn(value: string): boolean {
  const digits = digitsOf(value);
  const group = digits.slice(3, 5);
  if (/^(000|666)|^...00|0000$|^(078051120|219099999|123456789|457555462)$/.test(digits)) return false;
  return digits[0] !== '9' || (group >= '50' && !/^(89|93|6[6-9])$/.test(group));
}

// Digits of a national number by country code where many use it; others 6 to 12 (ITU-T E.164)
const LENGTHS: Record<string, [number, number]> = {
  1: [10, 10], 7: [10, 10], 33: [9, 9], 34: [9, 9], 39: [6, 11], 44: [9, 10], 49: [6, 12], 55: [10, 11], 61: [9, 9],
  65: [8, 8], 81: [9, 10], 82: [8, 10], 86: [10, 11], 91: [10, 10], 852: [8, 8], 853: [8, 8], 886: [8, 9],
}; // biome-ignore format: a table
const CODE =
  /^(1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[0578]\d|9[679]\d)/;

function international(value: string): boolean {
  const digits = digitsOf(value);
  const [code] = CODE.exec(digits) || [];
  if (!code || digits.length < 8 || digits.length > 15) return false;
  const [least, most] = LENGTHS[code] || [6, 12];
  const rest = digits.length - code.length;
  return rest >= least && rest <= most;
}

const PHONE_WORDS =
  /phone|mobile|\bcell|\btel\b|\btel[:.]|telno|\bcall\b|whatsapp|\bsms\b|\btext me|contact|\bring\b|wechat|weixin|reach me|手机|电话|號碼|号码|联系|聯絡|致电|拨打|打给|短信|微信|加我|来电|座机|热线|找我|回电|wx号|vx/i;
const NO_PHONE =
  /order|sku|track|invoice|serial|model|part|item|ean|isbn|\bref\b|coord|version|amount|price|单号|订单|货号|运单|编号|流水|型号|条码|金额|id$/i;
const CARD_WORDS = /card|visa|master|amex|union ?pay|\bpay\b|payment|debit|credit|银行|卡|银联|付款|支付/i;
const NO_SSN = /sku|part|model|order|item|serial|ref|货号|型号|编号|订单|单号/i;
const FILES = /\.(png|jpe?g|gif|svg|webp|css|m?js|ts|json|html|ico|avif)$/i;

export const RULES: readonly Rule[] = [
  {
    look: /@/,
    // no Han in the local part: in 我的邮箱是ada@… the sentence runs into the address without a blank
    pattern:
      /(^|[^A-Za-z0-9_])((?![\u2e80-\u9fff])[\p{L}\p{N}_](?:(?![\u2e80-\u9fff])[\p{L}\p{N}_.!#$&'*+?^`{|}~-]){0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.){1,5}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}|[\u4e00-\u9fff]{2,4}))(?![A-Za-z0-9_-])/gu,
    valid: (value) => !FILES.test(value),
  },
  {
    look: /1[3-9]/,
    pattern:
      /(^|[^\d.+A-Fa-f-])((?:(?:00|\+)?86[ -]?)?1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4}))(?![\d-]|\.\d|[A-Fa-f]\d)/g,
    needs: PHONE_WORDS,
    sure: (value) => /\D/.test(value),
  },
  {
    look: /\+86/,
    pattern: /(^|[^\w+])(\+86[ -]{0,2}\(?1[3-9]\d\)?[ -]{0,2}\d{4}[ -]{0,2}\d{4})(?!\d)/g,
  },
  {
    look: /0[1-9]/,
    pattern: /(^|[^\d.-])(\(?0(?:10|2\d|[3-9]\d{2})(?:\)[ -]?|-| )[1-9]\d{6,7})(?![\d-]|\.\d)/g,
    never: NO_PHONE,
  },
  {
    look: /\+/,
    // groups of digits are taken whole, so that there is one way to read a number
    pattern: /(^|[^\w+/=])(\+\(?[1-9]\d{0,14}(?!\d)\)?(?:[ .-]?\(?\d{1,15}(?!\d)\)?){0,7})(?!\w|\.\d)/g,
    valid: international,
    never: NO_PHONE,
  },
  {
    look: /[2-9]\d{2}[) .-]/,
    pattern: /(^|[^\w.-])((?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4})(?![\w-]|\.\d)/g,
    valid: (value) => !/^(.11|....11)/.test(digitsOf(value)),
    needs: PHONE_WORDS,
    sure: (value) => value[0] === '(',
  },
  {
    look: /\d{6}/,
    pattern: /(^|\D)([1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx])(?![\dA-Za-z])/g,
    valid: residentId,
  },
  {
    look: /\d{4}/,
    pattern: /(^|[^\w.-])([2-68]\d{3}(?:[ -]?\d){9,15})(?![\w-]|\.\d)/g,
    valid: card,
    needs: CARD_WORDS,
    sure: (value) => /^\d{4}([ -])\d{4}\1\d{4}\1\d{2,4}(?:\1\d{1,3})?$|^\d{4}([ -])\d{6}\2\d{4,5}$/.test(value),
  },
  {
    look: /\d[ -]\d{2}[ -]\d/,
    pattern: /(^|[^\w.-])(\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4})(?![\w-]|\.\d)/g,
    valid: ssn,
    never: NO_SSN,
  },
  {
    look: /[A-Za-z]{2}\d{2}/,
    pattern:
      /(^|[^A-Za-z0-9])([A-Za-z]{2}\d{2}(?:(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,3})?|[A-Za-z0-9]{11,27}))(?![A-Za-z0-9])/g,
    valid: iban,
  },
  {
    look: /eyJ/,
    // from the start of a run of letters to the first `eyJ` in it, and no other is tried: a text of nothing else is read once
    pattern: /((?:^|[^\w-])(?:(?!eyJ)[\w-]){0,32768})(eyJ[\w-]{4,32768}\.[\w-]{2,8000}(?:\.[\w-]{0,2000})?)/g,
  },
  {
    look: /_|-|A|LT|earer /,
    pattern:
      /(^|[^A-Za-z0-9])((?:[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|npm_|sk-)[\w-]{16,255}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----|[Bb]earer [\w.~+/=-]{16,4000})/g,
  },
  {
    look: /pass|pwd|secret|key|token|otp|code|密码|口令|[验校]证?[验码]?码/i,
    pattern:
      /((?:^|[^A-Za-z0-9])(?:passw(?:or)?d|passcode|pwd|secret|api[_ -]?key|access[_ -]?token|otp|verification code)(?:[ \t]{0,3}[:：=][ \t]{0,3}| is | )["']?|(?:密码|口令|验证码|校验码)[是为]?[ \t]{0,3}[:：=]?[ \t]{0,3}["']?)([^\s"',，。;；&]{4,128})/gi,
    valid: (value) => /^[\x20-\x7e]*\d[\x20-\x7e]*$/.test(value) && !value.includes('://'),
  },
];
