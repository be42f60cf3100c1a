import { useEffect, useState } from 'preact/hooks'
import { camera, closeCamera, torch, toggleTorch } from '../scan/camera.ts'
import { CameraTrouble } from '../scan/CameraTrouble.tsx'
import { useViewfinder } from '../scan/viewfinder.ts'
import { Button, Field } from '../ui/index.ts'
import { t } from './i18n.ts'

/** A code of the shop, by the camera or typed. The camera is on only while this is in view. */
export function ReadQuestion({ onText }: { onText: (text: string) => void }) {
  const [typing, setTyping] = useState(false)
  return (
    <>
      {typing ? <Typed onText={onText} /> : <Viewfinder onText={onText} />}
      <div class="row">
        <Button icon={typing ? 'camera' : 'keypad'} onClick={() => setTyping(!typing)}>{typing ? t('ask.camera') : t('ask.type')}</Button>
        {!typing && camera.value === 'live' && torch.value !== null && <Button icon="torch" onClick={() => void toggleTorch()}>{torch.value ? t('ask.torch.off') : t('ask.torch.on')}</Button>}
      </div>
    </>
  )
}

function Viewfinder({ onText }: { onText: (text: string) => void }) {
  const { video, sight, retry } = useViewfinder(onText)
  useEffect(() => closeCamera, [])
  const waiting = sight === 'off' || sight === 'asking'
  if (!waiting && sight !== 'live') return <CameraTrouble trouble={sight} t={t} retry={retry} />
  return (
    <div class="finder">
      <p role="status">{waiting ? t('camera.asking') : t('ask.hint')}</p>
      <video ref={video} muted playsInline autoplay aria-hidden="true" />
    </div>
  )
}

/** For a phone without a camera: the shop sends or reads out its code. */
function Typed({ onText }: { onText: (text: string) => void }) {
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const use = (event: Event): void => {
    event.preventDefault()
    setError(text.trim() ? null : t('ask.type.empty'))
    if (text.trim()) onText(text)
  }
  return (
    <form class="typed" onSubmit={use} noValidate>
      <Field
        label={t('ask.type.label')} hint={t('ask.type.hint')} error={error} value={text} onValue={setText}
        input={{ autoComplete: 'off', autoCapitalize: 'characters', spellcheck: false }}
      />
      <Button kind="primary" type="submit" wide>{t('ask.type.use')}</Button>
    </form>
  )
}
