/** A camera that reads codes, for as long as a screen shows it. */
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { camera, keepAlive, openCamera, stream, type CameraState } from './camera.ts'
import { startScanner } from './scanner.ts'

/** `failed`: there are pictures, and nothing that can read them. */
export type Sight = CameraState | 'failed'
export type Viewfinder = { video: RefObject<HTMLVideoElement | null>; sight: Sight; retry: () => void }

/** Opens the camera; `video` belongs to the element that shows it while `sight` is live. `retry` is for all that can go wrong. */
export function useViewfinder(onText: (text: string) => void): Viewfinder {
  const video = useRef<HTMLVideoElement>(null)
  const hear = useRef(onText)
  hear.current = onText
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    void openCamera()
    return keepAlive()
  }, [])
  useEffect(() => {
    const element = video.current
    if (!element || !stream.value) return undefined
    element.srcObject = stream.value
    void element.play().catch(() => undefined)
    const scanner = startScanner(element, { onText: (text) => hear.current(text), onFailed: () => setFailed(true) })
    return () => scanner.stop()
  }, [stream.value, camera.value, failed])
  const retry = (): void => {
    setFailed(false)
    void openCamera()
  }
  return { video, sight: failed ? 'failed' : camera.value, retry }
}
