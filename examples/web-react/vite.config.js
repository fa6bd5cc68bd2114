import { defineConfig } from 'vite';

export default defineConfig({
  base: process.env.BASE ?? '/',
  // in development the collector answers under the page's own address
  server: { proxy: { '/v1': process.env.COLLECTOR ?? 'http://127.0.0.1:8080' } },
});
