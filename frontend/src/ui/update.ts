/** Registers the app's service worker and says when a newer version waits. */
import { signal } from '@preact/signals'
import { scriptUrl } from './trusted.ts'

/** A function that opens the new version, when there is one. */
export const update = signal<(() => void) | null>(null)

/** `app` is the path of the shell. Safe to call where service workers are blocked: the app then just needs network. */
export async function registerWorker(app: '/wallet/' | '/till/'): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register(scriptUrl(`${app}sw.js`), { scope: app, updateViaCache: 'none' })
  offer(registration)
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', () => offer(registration))
  })
  // iOS resumes a frozen page instead of loading it, so ask again each time that it becomes visible.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined)
  })
}

function offer(registration: ServiceWorkerRegistration): void {
  const waiting = registration.waiting
  if (!waiting || !navigator.serviceWorker.controller) return
  update.value = () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
    waiting.postMessage('skip')
  }
}
