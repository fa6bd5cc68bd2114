/** The facts of a web page at one moment, scrubbed. Reads what the page shows, never what the device stores. */

import type { Campaign, Facts } from '../core/protocol.js';
import { cleanPage, cleanText, decode } from '../core/scrub.js';

interface WebNavigator extends Navigator {
  globalPrivacyControl?: boolean;
  connection?: { effectiveType?: string };
}

export const webGpc = (): boolean => (navigator as WebNavigator).globalPrivacyControl === true;

export function webFacts(queryParams: readonly string[]): Facts {
  const { connection, language } = navigator as WebNavigator;
  const { width, height } = screen;
  const page = cleanPage(location.href, document.referrer, location.host, queryParams);
  page.title = cleanText(document.title);
  const facts: Facts = {
    page,
    locale: language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width, height, density: devicePixelRatio },
    viewport: { width: innerWidth, height: innerHeight },
  };
  if (connection && connection.effectiveType) facts.network = connection.effectiveType;
  if (webGpc()) facts.gpc = true;
  const campaign = campaignOf(page.search);
  if (campaign) facts.campaign = campaign;
  return facts;
}

function campaignOf(search = ''): Campaign | null {
  const campaign: Campaign = {};
  search.replace(/[?&]utm_(source|medium|campaign|term|content)=([^&]+)/gi, (_, name: string, value: string) => {
    const key = name.toLowerCase().replace('campaign', 'name') as keyof Campaign;
    campaign[key] = decode(value.replace(/\+/g, ' '));
    return '';
  });
  return Object.keys(campaign).length ? campaign : null;
}
