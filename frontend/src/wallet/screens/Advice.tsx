import type { ComponentChildren } from 'preact'
import { stays } from '../../sync/wallet.ts'
import { Button, Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { back, go } from '../route.ts'
import { Call } from '../words.tsx'

function Page({ title, children }: { title: string; children: ComponentChildren }) {
  return <Screen title={title} back={{ label: t('back'), go: back }}>{children}</Screen>
}

/** What to do when this phone is gone. The money is not on it. */
export function Lost() {
  return (
    <Page title={t('lost.title')}>
      <p class="lead">{t('lost.money')}</p>
      <ol class="numbered"><li>{t('lost.other')}</li><li>{t('lost.code')}</li><li>{t('lost.stop')}</li><li>{t('lost.new')}</li></ol>
      <p>{t('lost.call')}</p>
      <Call />
      <Notice icon="book">{t('lost.note')}</Notice>
      <Button onClick={() => go({ screen: 'block' })}>{t('lost.block')}</Button>
    </Page>
  )
}

/** From this phone to another: a new code does it, and ends this one. */
export function Move() {
  return (
    <Page title={t('move.title')}>
      <p class="lead">{t('move.lead')}</p>
      <ol class="numbered"><li>{t('move.ask')}</li><li>{t('move.type')}</li><li>{t('move.stop')}</li></ol>
      {stays.value === false && <Notice>{t('stays.no')}</Notice>}
      <Call />
    </Page>
  )
}

/** A card on paper, for who wants to pay without a phone. */
export function PaperCard() {
  return (
    <Page title={t('card.title')}>
      <p class="lead">{t('card.lead')}</p>
      <ol class="numbered"><li>{t('card.ask')}</li><li>{t('card.pin')}</li><li>{t('card.pay')}</li></ol>
      <ul class="plain"><li>{t('card.online')}</li><li>{t('card.lost')}</li><li>{t('card.same')}</li></ul>
      <Call />
    </Page>
  )
}
