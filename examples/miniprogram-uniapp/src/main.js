// First, because pages are watched from their registration on
import './tracking';
import { firsthand } from '@firsthand/miniprogram';
import { createSSRApp } from 'vue';
import App from './App.vue';

export function createApp() {
  const app = createSSRApp(App);
  app.use(firsthand.vue); // Vue makes handlers while it renders: this is where they are seen
  return { app };
}
