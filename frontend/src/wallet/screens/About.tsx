import { passes, self, snapshot, stays } from '../../sync/wallet.ts'
import { Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { back } from '../route.ts'
import { Call, PassNumber, whenWords } from '../words.tsx'

export function About() {
  const state = snapshot.value?.state
  const ready = passes.value.filter(({ ofl, closedAt }) => ofl > 0 && closedAt === null).length
  return (
    <Screen title={t('about.title')} back={{ label: t('back'), go: back }}>
      <ul class="plain"><li>{t('about.phone')}</li><li>{t('about.shop')}</li><li>{t('about.register')}</li><li>{t('about.cover')}</li></ul>
      {state && (
        <dl class="facts card">
          <div><dt>{t('about.name')}</dt><dd>{state.holder.name}</dd></div>
          {state.holder.number && <div><dt>{t('pass.number')}</dt><dd><PassNumber of={state.holder.number} /></dd></div>}
          <div><dt>{t('about.of')}</dt><dd>{state.municipality.name}</dd></div>
          {self.value && <div><dt>{t('about.since')}</dt><dd>{whenWords(self.value.activatedAt)}</dd></div>}
          <div><dt>{t('about.codes')}</dt><dd>{t('about.codes.n', { n: ready })}</dd></div>
        </dl>
      )}
      {stays.value !== null && <Notice icon="phone">{stays.value ? t('stays.yes') : t('stays.no')}</Notice>}
      <Call />
    </Screen>
  )
}
