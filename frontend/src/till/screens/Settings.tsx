import { Button, Screen } from '../../ui/index.ts'
import { newSale, timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { bundle, screen, till } from '../model.ts'
import type { Face } from '../outcome.ts'
import { signalOutcome, unlockSound } from '../sounds.ts'
import { Bar } from '../parts/Bar.tsx'
import { Languages } from '../parts/Languages.tsx'

const FACES: Face[] = ['paid', 'kept', 'check', 'refused']

function hear(face: Face): void {
  unlockSound()
  signalOutcome(face)
}

export function SettingsScreen() {
  return (
    <Screen title={t('settings.title')} back={{ label: t('back'), go: newSale }} side={<Bar />} class="till till-page">
      <Languages />
      <section class="stack">
        <h2>{t('settings.sound')}</h2>
        <div class="row">{FACES.map((face) => <Button key={face} icon="speaker" onClick={() => hear(face)}>{t(`settings.sound.${face}`)}</Button>)}</div>
        <p class="soft">{t('settings.sound.hint')}</p>
      </section>
      <ThisTill />
      <Button icon="refresh" onClick={() => { screen.value = { name: 'enrol' } }}>{t('enrol.again')}</Button>
    </Screen>
  )
}

function ThisTill() {
  const known = bundle.value
  return (
    <section class="stack">
      <h2>{t('settings.till')}</h2>
      <dl class="facts card">
        <div><dt>{t('settings.shop')}</dt><dd>{till.value?.merchant.name}</dd></div>
        <div><dt>{t('settings.number')}</dt><dd>{till.value?.merchant.number}</dd></div>
        <div><dt>{t('settings.name')}</dt><dd>{till.value?.name}</dd></div>
        {known && <div><dt>{t('settings.bundle')}</dt><dd>{t('settings.bundle.age', { time: timeText(known.iat) })}</dd></div>}
        {known && <div><dt>{t('settings.programmes')}</dt><dd>{known.programmes.map(({ name }) => name).join(', ')}</dd></div>}
      </dl>
    </section>
  )
}
