import { snapshot } from '../../sync/wallet.ts'
import { LANGUAGES } from '../../ui/i18n.ts'
import { Choice } from '../../ui/Choice.tsx'
import { Icon, Screen, type IconName } from '../../ui/index.ts'
import { setTextSize, TEXT_SIZES, textSize } from '../../ui/settings.ts'
import { language, setLanguage, t } from '../i18n.ts'
import { back, go, type Route } from '../route.ts'
import { Call } from '../words.tsx'

export function More() {
  return (
    <Screen title={t('more')} back={{ label: t('back'), go: back }}>
      <Choice legend={t('language')} value={language.value} onValue={(tag) => void setLanguage(tag)} options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label, lang: value }))} />
      <Choice legend={t('more.text')} value={textSize.value} onValue={setTextSize} options={TEXT_SIZES.map((value) => ({ value, label: t(`more.text.${value}`) }))} />
      <ul class="list">
        {!snapshot.value?.state.helping && <li><Entry icon="heart" to={{ screen: 'helpers' }}>{t('helpers.title')}</Entry></li>}
        <li><Entry icon="phone" to={{ screen: 'lost' }}>{t('lost.title')}</Entry></li>
        <li><Entry icon="refresh" to={{ screen: 'move' }}>{t('move.title')}</Entry></li>
        <li><Entry icon="ticket" to={{ screen: 'card' }}>{t('card.title')}</Entry></li>
        <li><Entry icon="info" to={{ screen: 'about' }}>{t('about.title')}</Entry></li>
      </ul>
      <section class="stack"><h2>{t('more.help')}</h2><Call /></section>
    </Screen>
  )
}

function Entry({ icon, to, children }: { icon: IconName; to: Route; children: string }) {
  return (
    <button type="button" class="list-item" onClick={() => go(to)}>
      <Icon name={icon} /><span class="grow">{children}</span><Icon name="forward" size={20} />
    </button>
  )
}
