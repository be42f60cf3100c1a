// Lets `node --test` run the TypeScript sources on Node 20, which cannot strip types itself.
import { register } from 'node:module'

register('./typescript-loader.mjs', import.meta.url)
