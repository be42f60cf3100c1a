import { useEffect } from 'preact/hooks'

/** Keeps the screen on while a code is shown. Asked again when the page comes back; where it is missing the screen just dims. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null
    let gone = false
    const ask = (): void => {
      if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
      navigator.wakeLock.request('screen').then((got) => {
        lock = got
        if (gone) void got.release()
      }, () => undefined)
    }
    ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      gone = true
      document.removeEventListener('visibilitychange', ask)
      void lock?.release().catch(() => undefined)
    }
  }, [])
}
