/**
 * A visit in Firefox, driven by WebDriver BiDi: reads one JSON object from its argument (`{ executable, url, next }`), does
 * what a person does and prints one JSON object with what the page said and what went over the wire.
 */

import puppeteer from 'puppeteer-core';

const { executable, url, next } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: executable,
  headless: true,
  extraPrefsFirefox: {
    // nothing but the pages of the test: no updates, no experiments, no safe browsing, no captive portal
    'app.update.disabledForTesting': true,
    'browser.safebrowsing.malware.enabled': false,
    'browser.safebrowsing.phishing.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'network.dns.disabled': false,
    'services.settings.server': 'data:,',
    'toolkit.telemetry.enabled': false,
  },
});

const said = [];
const asked = [];

async function open(address) {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => asked.push([request.method(), new URL(request.url()).pathname]));
  await page.goto(address);
  await until(page, 'window.firsthand && firsthand.version');
  return page;
}

async function until(page, expression) {
  const deadline = Date.now() + 30_000;
  while (!(await page.evaluate(`!!(${expression})`))) {
    if (Date.now() > deadline) throw new Error(`not true: ${expression}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));
const events = () => asked.filter(([method, path]) => method === 'POST' && path.startsWith('/v1/')).length;

try {
  const page = await open(url);
  await page.click('#b');
  await rest(300);
  const before = { events: events(), stored: await page.evaluate('localStorage.length'), held: await page.evaluate('firsthand.stats().held') };
  await page.evaluate('firsthand.consent.set({ analytics: true })');
  await page.evaluate('firsthand.flush(10000)');
  const me = await page.evaluate('firsthand.getAnonymousId()');
  await page.click('#b');
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(next)})`);
  await rest(300);
  await page.evaluate("for (let i = 0; i < 15; i++) firsthand.track('Packed', { text: 'and so on '.repeat(30) })");
  await page.evaluate('firsthand.flush(10000)');

  // two tabs in the same milliseconds
  const other = await open(url);
  const start = Date.now() + 500;
  for (const one of [page, other]) {
    await one.evaluate(
      `for (let i = 0; i < 5; i++) setTimeout(() => firsthand.track('Burst'), ${start} - Date.now() + i * 20)`,
    );
  }
  await rest(1_200);
  for (const one of [page, other]) await one.evaluate('firsthand.flush(10000)');
  await other.close();

  // a tab that is closed with an event in it, and what it leaves behind
  await page.evaluate("firsthand.track('Last')");
  await page.close();
  const after = await open(url);
  await after.evaluate('firsthand.flush(10000)');
  const stats = await after.evaluate('firsthand.stats()');
  await after.evaluate('firsthand.consent.withdraw()');
  await after.click('#b');
  await rest(300);
  const left = await after.evaluate('Object.keys(localStorage).concat(document.cookie)');
  console.log(JSON.stringify({ me, before, stats, left, said, version: await browser.version() }));
} finally {
  await browser.close();
}
