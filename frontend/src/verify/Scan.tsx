import { useEffect, useRef, useState } from 'preact/hooks'
import { camera, closeCamera, keepAlive, openCamera, stream } from '../scan/camera.ts'
import { startScanner } from '../scan/scanner.ts'
import { Button } from '../ui/Button.tsx'
import { Told } from './Answer.tsx'
import { t } from './i18n.ts'

/** The camera, until it read a code. */
export function Scan({ onText, stop }: { onText: (text: string) => void; stop: () => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    void openCamera()
    const rest = keepAlive()
    return () => {
      rest()
      closeCamera()
    }
  }, [])
  useEffect(() => {
    const element = video.current
    if (!element || !stream.value) return undefined
    element.srcObject = stream.value
    void element.play().catch(() => undefined)
    const scanner = startScanner(element, { onText, onFailed: () => setFailed(true) })
    return () => scanner.stop()
  }, [stream.value])
  const waiting = camera.value === 'off' || camera.value === 'asking'
  if (failed || (!waiting && camera.value !== 'live')) return <Told kind="warn" words={t('scan.none')} />
  return (
    <div class="scan">
      <p role="status">{waiting ? t('scan.asking') : t('scan.hint')}</p>
      <video ref={video} muted playsInline autoplay aria-hidden="true" />
      <Button onClick={stop}>{t('scan.stop')}</Button>
    </div>
  )
}
