import { useEffect } from 'preact/hooks'
import { closeCamera } from '../scan/camera.ts'
import { CameraTrouble } from '../scan/CameraTrouble.tsx'
import { useViewfinder } from '../scan/viewfinder.ts'
import { Button } from '../ui/Button.tsx'
import { t } from './i18n.ts'

/** The camera, until it read a code. */
export function Scan({ onText, stop }: { onText: (text: string) => void; stop: () => void }) {
  const { video, sight, retry } = useViewfinder(onText)
  useEffect(() => closeCamera, [])
  const waiting = sight === 'off' || sight === 'asking'
  if (!waiting && sight !== 'live') return <CameraTrouble trouble={sight} t={t} retry={retry} />
  return (
    <div class="scan">
      <p role="status">{waiting ? t('camera.asking') : t('scan.hint')}</p>
      <video ref={video} muted playsInline autoplay aria-hidden="true" />
      <Button onClick={stop}>{t('scan.stop')}</Button>
    </div>
  )
}
