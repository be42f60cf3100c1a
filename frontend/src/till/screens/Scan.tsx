import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, Field, Notice, Screen } from '../../ui/index.ts'
import { camera, facing, keepAlive, openCamera, stream, switchCamera, toggleTorch, torch, type CameraState } from '../../scan/camera.ts'
import { startScanner } from '../../scan/scanner.ts'
import { cameraHelp } from '../camera-help.ts'
import { changeAmount, scanned } from '../flow.ts'
import { t } from '../i18n.ts'
import { checking, cur, sale } from '../model.ts'
import { Bar } from '../parts/Bar.tsx'
import { BigUnits } from '../parts/Units.tsx'

export function ScanScreen() {
  const [typing, setTyping] = useState(false)
  return (
    <Screen title={t('scan.title')} side={<Bar />} class="till till-scan">
      <BigUnits amount={sale.value.amount} cur={cur.value} />
      {typing ? <TypedCode /> : <Viewfinder />}
      <div class="scan-actions">
        <Button icon={typing ? 'camera' : 'keypad'} onClick={() => setTyping(!typing)}>{typing ? t('scan.camera') : t('scan.type')}</Button>
        {!typing && camera.value === 'live' && <CameraButtons />}
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
  const video = useRef<HTMLVideoElement>(null)
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
    const scanner = startScanner(element, { onText: (text) => void scanned(text), onFailed: () => setFailed(true) })
    return () => scanner.stop()
  }, [stream.value, camera.value, failed])
  if (failed) return <Problem text={t('camera.failed')} retry={() => setFailed(false)} />
  if (camera.value !== 'live') return <CameraProblem state={camera.value} />
  return (
    <div class={checking.value ? 'finder finder-busy' : 'finder'}>
      <video ref={video} class={facing.value === 'user' ? 'mirrored' : undefined} muted playsInline autoplay aria-hidden="true" />
      <div class="finder-frame" aria-hidden="true" />
      <output class="finder-hint">{checking.value ? t('scan.checking') : t('scan.hint')}</output>
    </div>
  )
}

function CameraProblem({ state }: { state: CameraState }) {
  if (state === 'off' || state === 'asking') return <div class="finder finder-empty"><p>{t('camera.asking')}</p></div>
  if (state === 'denied') return <Problem text={t('camera.denied')} help={t(cameraHelp(navigator.userAgent))} retry={() => void openCamera()} />
  return <Problem text={t(`camera.${state === 'live' ? 'failed' : state}`)} retry={() => void openCamera()} />
}

function Problem({ text, help, retry }: { text: string; help?: string; retry: () => void }) {
  return (
    <div class="finder finder-empty">
      <Notice kind="warn" icon="camera" live="polite">
        <strong>{text}</strong>
        {help && <span>{help}</span>}
        <Button icon="refresh" onClick={retry}>{t('camera.retry')}</Button>
      </Notice>
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
