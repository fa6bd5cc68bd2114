import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
    // keeps what a platform has said in its modules: each test wants them fresh
    server: { deps: { inline: ['@iabtechlabtcf/cmpapi'] } },
  },
});
