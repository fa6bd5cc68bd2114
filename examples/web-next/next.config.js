import { join } from 'node:path';

/** `EXPORT=1` makes static files of it. The collector answers under the site's own address, here as in production. */
export default {
  ...(process.env.EXPORT ? { output: 'export' } : { rewrites }),
  basePath: process.env.BASE ?? '',
  // the SDK is taken from this repository; with one from npm the line goes
  turbopack: { root: join(import.meta.dirname, '../..') },
};

async function rewrites() {
  return [{ source: '/v1/:path*', destination: `${process.env.COLLECTOR ?? 'http://127.0.0.1:8080'}/v1/:path*` }];
}
