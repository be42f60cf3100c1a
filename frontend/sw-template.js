// One service worker per app. Django fills in the three values, so a new build or a new shell is a new worker.
const SHELL = '__SHELL__'
const VERSION = '__VERSION__'
const FILES = __FILES__

// The page without a greeting and a language: the app knows who is there, and which language was chosen.
const PAGE = `${SHELL}shell`
const NAME = `${SHELL}${VERSION}`
const ours = (name) => name.startsWith(SHELL)

// Hashed files never change, so what an older cache holds is copied and not downloaded again.
const fill = async () => {
  const cache = await caches.open(NAME)
  await cache.add(new Request(PAGE, { cache: 'reload', credentials: 'omit' }))
  await Promise.all(FILES.map(async (url) => {
    const known = await caches.match(url)
    await (known ? cache.put(url, known) : cache.add(url))
  }))
}

const clear = async () => {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => ours(name) && name !== NAME).map((name) => caches.delete(name)))
}

// A language or another lazy part: kept the first time that it is used.
const asset = async (request) => {
  const cache = await caches.open(NAME)
  const known = await cache.match(request)
  if (known) return known
  const answer = await fetch(request)
  if (answer.ok) await cache.put(request, answer.clone())
  return answer
}

const shell = async (request) => (await (await caches.open(NAME)).match(PAGE)) ?? fetch(request)

self.addEventListener('install', (event) => event.waitUntil(fill()))
self.addEventListener('activate', (event) => event.waitUntil(clear().then(() => self.clients.claim())))
self.addEventListener('message', (event) => event.data === 'skip' && self.skipWaiting())
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(shell(request))
  else if (pathname.startsWith('/static/assets/')) event.respondWith(asset(request))
})
