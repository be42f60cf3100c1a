import { Button } from '../ui/Button.tsx'
import { Notice } from '../ui/Notice.tsx'
import { cameraHelp, type CameraKey, type Trouble } from './help.ts'

/** Why there is no picture, what to do about it, and another try. `t` speaks the app's language. */
export function CameraTrouble({ trouble, t, retry }: { trouble: Trouble; t: (key: CameraKey) => string; retry: () => void }) {
  return (
    <Notice kind="warn" icon="camera" live="polite">
      <p><strong>{t(`camera.${trouble}`)}</strong></p>
      {trouble === 'denied' && <p>{t(cameraHelp(navigator.userAgent))}</p>}
      <Button icon="refresh" onClick={retry}>{t('camera.retry')}</Button>
    </Notice>
  )
}
