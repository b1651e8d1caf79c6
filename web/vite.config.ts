// How the web client is bundled: one page, its worker, and nothing from elsewhere.
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  build: {
    // A program decides where results go; the page is small enough for one chunk of its own.
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    sourcemap: false,
  },
  worker: { format: 'es' },
});
