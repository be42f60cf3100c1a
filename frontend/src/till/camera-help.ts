/** Each browser hides its camera permission somewhere else. */
export type HelpKey = 'camera.denied.chrome' | 'camera.denied.firefox' | 'camera.denied.safari'

/** `agent` is navigator.userAgent. Every browser on an iPhone is Safari inside. */
export function cameraHelp(agent: string): HelpKey {
  if (/iPhone|iPad|iPod/.test(agent)) return 'camera.denied.safari'
  if (/Firefox/.test(agent)) return 'camera.denied.firefox'
  return /Chrome|Chromium/.test(agent) ? 'camera.denied.chrome' : 'camera.denied.safari'
}
