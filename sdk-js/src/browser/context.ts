/** The facts of a web page at one moment, scrubbed. Reads what the page shows, never what the device stores. */

import type { Campaign, Facts, Page } from '../core/protocol.js';
import { cleanReferrer, cleanText, cleanUrl, decode, split } from '../core/scrub.js';

const CAMPAIGN = {
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'name',
  utm_term: 'term',
  utm_content: 'content',
} as const;

interface WebNavigator extends Navigator {
  globalPrivacyControl?: boolean;
  connection?: { effectiveType?: string };
}

export const webGpc = (): boolean => (navigator as WebNavigator).globalPrivacyControl === true;

export function webFacts(queryParams: readonly string[]): Facts {
  const { connection, language } = navigator as WebNavigator;
  const page = pageOf(location.href, document.referrer, queryParams);
  const facts: Facts = {
    page,
    locale: language,
    screen: { width: screen.width, height: screen.height, density: window.devicePixelRatio },
    viewport: { width: window.innerWidth, height: window.innerHeight },
  };
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (timezone) facts.timezone = timezone;
  if (connection?.effectiveType) facts.network = connection.effectiveType;
  if (webGpc()) facts.gpc = true;
  const campaign = campaignOf(page.search ?? '');
  if (campaign) facts.campaign = campaign;
  return facts;
}

function pageOf(href: string, referrer: string, queryParams: readonly string[]): Page {
  const url = cleanUrl(href, queryParams);
  const { path, query } = split(url);
  const page: Page = { url, path: path || '/', title: cleanText(document.title) };
  if (query) page.search = `?${query}`;
  const from = cleanReferrer(referrer, location.host, queryParams);
  if (from) page.referrer = from;
  return page;
}

function campaignOf(search: string): Campaign | null {
  const campaign: Campaign = {};
  for (const pair of search.slice(1).split('&')) {
    const [name = '', value = ''] = pair.split('=');
    const key = CAMPAIGN[name.toLowerCase() as keyof typeof CAMPAIGN];
    if (key && value) campaign[key] = decode(value.replace(/\+/g, ' '));
  }
  return Object.keys(campaign).length ? campaign : null;
}
