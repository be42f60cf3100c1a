/** Which sentences help when the camera gives no pictures; each app has them in its own words. */
import type { Sight } from './viewfinder.ts'

/** What stands between a reader and the camera. */
export type Trouble = Exclude<Sight, 'off' | 'asking' | 'live'>
export type HelpKey = 'camera.denied.chrome' | 'camera.denied.firefox' | 'camera.denied.safari'
export type CameraKey = `camera.${Trouble}` | HelpKey | 'camera.retry'

/** Each browser hides its camera permission somewhere else. `agent` is navigator.userAgent. Every browser on an iPhone is Safari inside. */
export function cameraHelp(agent: string): HelpKey {
  if (/iPhone|iPad|iPod/.test(agent)) return 'camera.denied.safari'
  if (/Firefox/.test(agent)) return 'camera.denied.firefox'
  return /Chrome|Chromium/.test(agent) ? 'camera.denied.chrome' : 'camera.denied.safari'
}
