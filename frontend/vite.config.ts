import { defineConfig } from 'vite'

// Three entries, no HTML: Django writes the shells and finds the hashed files in dist/.vite/manifest.json.
export default defineConfig({
  base: '/static/',
  publicDir: 'public',
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['es2022', 'safari15.4'],
    cssTarget: ['safari15.4'],
    rolldownOptions: {
      input: { wallet: 'src/wallet/main.tsx', till: 'src/till/main.tsx', verify: 'src/verify/main.tsx' },
      output: {
        entryFileNames: 'assets/[name]-[hash:8].js',
        chunkFileNames: 'assets/[name]-[hash:8].js',
        assetFileNames: 'assets/[name]-[hash:8][extname]',
      },
    },
  },
})
