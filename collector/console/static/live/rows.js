// From a row of the stream to what a person reads. Pure: no document, so it can be understood in one go.

const PARSED = new WeakMap();

/** The JSON column `name` of `row` as a value; {} when it is empty. The spool has objects, other writers text. */
export function json(row, name) {
  let columns = PARSED.get(row);
  if (!columns) {
    columns = {};
    PARSED.set(row, columns);
  }
  if (!(name in columns)) columns[name] = parse(row[name]);
  return columns[name];
}

function parse(value) {
  if (value === null || value === undefined || value === '') return {};
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return { text: value }; // a refused event may be anything; show it as it is
  }
}

/** One shape for accepted rows and refused events. */
export function view(message) {
  return message.verdict === 'accepted' ? accepted(message) : rejected(message);
}

function accepted({ key, row, replay }) {
  return {
    key,
    keys: [key],
    row,
    replay,
    id: row.event_id ?? '',
    times: 1,
    verdict: 'accepted',
    reason: '',
    time: row.received_at,
    source: row.source_id ?? '',
    event: row.event ?? row.type ?? '',
    type: row.type ?? '',
    path: row.page_path ?? '',
    title: row.page_title ?? '',
    what: element(json(row, 'properties'), json(row, 'traits')),
    browser: join(row.browser, major(row.browser_version)),
    os: join(row.os, major(row.os_version)),
    bot: row.is_bot ? row.bot_name || 'bot' : '',
    geo: places(row),
    session: row.session_id ?? '',
    consent: row.consent_purposes ?? [],
    gpc: Boolean(row.gpc),
    text: searchable(row),
  };
}

/** A dead letter has the shape of the message, names and types; of its values only `type` and `event`. */
function rejected({ key, row, replay }) {
  const payload = json(row, 'payload');
  const shape = isObject(payload) ? payload : {};
  return {
    key,
    keys: [key],
    row,
    replay,
    id: '',
    times: 1,
    verdict: 'rejected',
    reason: row.reason ?? 'unknown',
    time: row.received_at,
    source: row.source_id ?? '',
    event: String(shape.event ?? shape.type ?? '?'),
    type: String(shape.type ?? ''),
    path: '',
    title: '',
    what: row.detail ?? '',
    browser: '',
    os: '',
    bot: '',
    geo: '',
    session: '',
    consent: [],
    gpc: false,
    text: searchable(row),
  };
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function searchable(row) {
  const values = Object.values(row).map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v)));
  return values.join(' ').toLowerCase();
}

/** The few properties that say most, in the order in which they are looked for. */
const TELLING = [
  'text',
  'label',
  'query',
  'order_id',
  'name',
  'href',
  'total',
  'price',
  'sku',
  'id',
  'category',
  'results',
  'value',
  'message',
  'tag',
];

function element(properties, traits) {
  const found = [];
  for (const source of [properties, traits]) {
    if (!isObject(source)) continue;
    for (const key of TELLING) {
      const value = source[key];
      if (['string', 'number'].includes(typeof value) && value !== '') found.push(String(value));
      if (found.length === 2) return found.join(' · ');
    }
  }
  return found.join(' · ');
}

function major(version) {
  return version ? String(version).split('.')[0] : '';
}

function join(...parts) {
  return parts.filter(Boolean).join(' ');
}

function places(row) {
  const names = [row.geo_country, row.geo_region, row.geo_city].filter(Boolean);
  return [...new Set(names)].join(' · ');
}

/** HH:MM:SS.mmm in the reader's time zone. */
export function clock(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const pad = (n, width = 2) => String(n).padStart(width, '0');
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

/** A stable hue for an id, so that the eye can follow one session down the table. */
export function hue(id) {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 360;
}

/** Whether `item` (of `view`) passes `filter` {text, verdict, event, reason, source}. */
export function passes(item, filter) {
  return (
    (!filter.verdict || item.verdict === filter.verdict) &&
    (!filter.event || item.event === filter.event) &&
    (!filter.reason || item.reason === filter.reason) &&
    (!filter.source || item.source === filter.source) &&
    filter.text.split(/\s+/).every((word) => item.text.includes(word))
  );
}
