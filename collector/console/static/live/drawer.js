// All columns of one row, in groups, with the JSON columns laid out.

import { $, el } from './dom.js';
import { json } from './rows.js';
import { badge } from './table.js';
import { number, t } from './text.js';

const GROUPS = {
  gEvent: [
    'event',
    'type',
    'purpose',
    'source_id',
    'event_id',
    'event_time',
    'received_at',
    'original_timestamp',
    'sent_at',
    'seq',
  ],
  gPerson: ['anonymous_id', 'user_id', 'subject_key', 'session_id'],
  gPage: ['page_title', 'page_url', 'page_host', 'page_path', 'referrer', 'referrer_host', 'referrer_kind', 'scene'],
  gCampaign: ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'click_id_type'],
  gClient: [
    'browser',
    'browser_version',
    'os',
    'os_version',
    'device_type',
    'device_brand',
    'device_model',
    'in_app',
    'is_bot',
    'bot_name',
    'geo_country',
    'geo_region',
    'geo_city',
    'geo_isp',
    'ip_truncated',
    'locale',
    'timezone',
    'screen_width',
    'screen_height',
    'viewport_width',
    'viewport_height',
    'network',
    'platform',
    'lib_name',
    'lib_version',
  ],
  gConsent: ['consent_purposes', 'consent_receipt', 'policy_version', 'jurisdiction', 'gpc', 'pii_kid', 'pii_actions'],
};
const DOCUMENTS = ['properties', 'traits', 'context'];
const KNOWN = new Set([...Object.values(GROUPS).flat(), ...DOCUMENTS, 'payload']);
const REFUSED = ['reason', 'detail', 'received_at', 'source_id', 'message_id'];

export function fill(item) {
  $('drawerTitle').replaceChildren(badge(item), ' ', item.event);
  const rejected = item.verdict === 'rejected';
  const why = rejected ? t(`r_${item.reason}`) : t('whyAccepted');
  const lead = el('p', `why ${item.verdict}`, why.startsWith('r_') ? t('r_unknown') : why);
  $('detail').replaceChildren(lead, ...(rejected ? refused(item.row) : stored(item.row)));
}

function stored(row) {
  const groups = Object.entries(GROUPS).map(([name, columns]) => [name, columns.map((c) => [c, row[c]])]);
  groups.push([
    'gOther',
    Object.keys(row)
      .filter((c) => !KNOWN.has(c))
      .map((c) => [c, row[c]]),
  ]);
  const empty = groups.flatMap(([, pairs]) => pairs).filter(([, value]) => isEmpty(value));
  const shown = groups.map(([name, pairs]) =>
    section(
      t(name),
      pairs.filter(([, value]) => !isEmpty(value)),
    ),
  );
  const documents = DOCUMENTS.map((name) => documentOf(t(name), json(row, name)));
  // What a developer looks for first stands first: the event and what was sent along with it
  return [shown[0], ...documents, ...shown.slice(1), more(empty)].filter(Boolean);
}

function refused(row) {
  const pairs = [...REFUSED, ...Object.keys(row).filter((c) => !REFUSED.includes(c) && c !== 'payload')];
  return [
    section(
      t('gEvent'),
      pairs.map((c) => [c, row[c]]).filter(([, value]) => !isEmpty(value)),
    ),
    documentOf(t('gPayload'), json(row, 'payload')),
  ].filter(Boolean);
}

function isEmpty(value) {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
}

function section(title, pairs) {
  if (!pairs.length) return null;
  return el('section', '', el('h3', '', title), list(pairs));
}

function list(pairs) {
  return el('dl', '', ...pairs.flatMap(([name, value]) => [el('dt', '', name), el('dd', '', shown(value))]));
}

function shown(value) {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '∅');
}

function documentOf(title, value) {
  if (value === null || typeof value !== 'object' || !Object.keys(value).length) return null;
  return el('section', '', el('h3', '', title), el('pre', 'json', ...coloured(JSON.stringify(value, null, 2))));
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2]) parts.push(el('span', 'j-key', match[1]), match[2]);
    else parts.push(el('span', match[1] ? 'j-text' : 'j-value', match[0]));
  }
  return [...parts, text.slice(end)];
}

function more(pairs) {
  if (!pairs.length) return null;
  const details = el('details', '', el('summary', '', t('emptyColumns', { n: number(pairs.length) })));
  details.append(list(pairs));
  return details;
}
