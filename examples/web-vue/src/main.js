import { createApp } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import { mountBanner } from '@firsthand/web/banner';
import App from './App.vue';
import { firsthand } from './firsthand.js';
import Page from './Page.vue';

const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: '/', component: Page, meta: { name: 'Home' } },
    { path: '/cups', component: Page, meta: { name: 'Cups' } },
    { path: '/about', component: Page, meta: { name: 'About' } },
  ],
});

// Page views need no code: the SDK sees each change of the address once, and reads the title after this has set it
router.afterEach((to) => {
  document.title = `${to.meta.name} · Vue`;
});

createApp(App).use(router).mount('#app');
mountBanner(firsthand, { purposes: ['analytics'] });
