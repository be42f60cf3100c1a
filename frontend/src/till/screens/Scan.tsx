import { useState } from 'preact/hooks'
import { Button, Field, Screen } from '../../ui/index.ts'
import { camera, facing, switchCamera, toggleTorch, torch } from '../../scan/camera.ts'
import { CameraTrouble } from '../../scan/CameraTrouble.tsx'
import { useViewfinder } from '../../scan/viewfinder.ts'
import { changeAmount, scanned } from '../flow.ts'
import { t } from '../i18n.ts'
import { checking, cur, sale } from '../model.ts'
import { openQuestion, showQuestion } from '../question.ts'
import { Bar } from '../parts/Bar.tsx'
import { BigUnits } from '../parts/Units.tsx'

export function ScanScreen() {
  const [typing, setTyping] = useState(false)
  return (
    <Screen title={t(openQuestion() ? 'scan.title.answer' : 'scan.title')} side={<Bar />} class="till till-scan">
      <BigUnits amount={sale.value.amount} cur={cur.value} />
      {typing ? <TypedCode /> : <Viewfinder />}
      <div class="scan-actions">
        <Button icon={typing ? 'camera' : 'keypad'} onClick={() => setTyping(!typing)}>{typing ? t('scan.camera') : t('scan.type')}</Button>
        {!typing && camera.value === 'live' && <CameraButtons />}
        {openQuestion() && <Button icon="qr" onClick={showQuestion}>{t('question.again')}</Button>}
        <Button icon="back" onClick={changeAmount}>{t('scan.change')}</Button>
      </div>
    </Screen>
  )
}

function CameraButtons() {
  return (
    <>
      {torch.value !== null && <Button icon="torch" onClick={() => void toggleTorch()}>{torch.value ? t('scan.torch.off') : t('scan.torch.on')}</Button>}
      <Button icon="refresh" onClick={() => void switchCamera()}>{t('scan.switch')}</Button>
    </>
  )
}

function Viewfinder() {
  const { video, sight, retry } = useViewfinder((text) => void scanned(text))
  if (sight === 'off' || sight === 'asking') return <div class="finder finder-empty"><p>{t('camera.asking')}</p></div>
  if (sight !== 'live') return <div class="finder finder-empty"><CameraTrouble trouble={sight} t={t} retry={retry} /></div>
  return (
    <div class={checking.value ? 'finder finder-busy' : 'finder'}>
      <video ref={video} class={facing.value === 'user' ? 'mirrored' : undefined} muted playsInline autoplay aria-hidden="true" />
      <div class="finder-frame" aria-hidden="true" />
      <output class="finder-hint">{checking.value ? t('scan.checking') : t('scan.hint')}</output>
    </div>
  )
}

/** For a code that is pasted, or typed by a scanner that has the focus here. */
function TypedCode() {
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const use = (event: Event): void => {
    event.preventDefault()
    setError(text.trim() ? null : t('scan.type.empty'))
    if (text.trim()) void scanned(text)
  }
  return (
    <form class="typed" onSubmit={use} noValidate>
      <Field
        label={t('scan.type.label')} hint={t('scan.type.hint')} error={error} value={text} onValue={setText}
        input={{ autoComplete: 'off', autoCapitalize: 'characters', spellcheck: false }}
      />
      <Button kind="primary" type="submit" wide busy={checking.value}>{t('scan.type.use')}</Button>
    </form>
  )
}
