import { hadPass } from '../../store/wallet.ts'
import { Button, Icon, Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { LanguagePicker } from '../LanguagePicker.tsx'
import { go } from '../route.ts'
import { Call, municipality } from '../words.tsx'

const CARDS = [['purse', 'welcome.money'], ['qr', 'welcome.shop'], ['shield', 'welcome.privacy']] as const

/** First run: what this is, in three cards, and the way in. */
export function Welcome() {
  return (
    <Screen
      title={t('welcome.title')} side={<LanguagePicker />}
      foot={<Button kind="primary" wide onClick={() => go({ screen: 'code' })}>{t('welcome.start')}</Button>}
    >
      {hadPass() && <Notice kind="warn"><p><strong>{t('gone.title')}</strong></p><p>{t('gone.safe')}</p><p>{t('gone.todo')}</p></Notice>}
      <p class="lead">{municipality() ? t('welcome.lead', { municipality: municipality()!.name }) : t('welcome.lead.plain')}</p>
      <ol class="steps">
        {CARDS.map(([icon, key]) => (
          <li key={key} class="card step">
            <span class="blob"><Icon name={icon} size={28} /></span>
            <div><h2>{t(`${key}.title`)}</h2><p>{t(`${key}.text`)}</p></div>
          </li>
        ))}
      </ol>
      <details class="fold">
        <summary>{t('welcome.nocode')}</summary>
        <div class="stack"><p>{t('welcome.nocode.text')}</p><p>{t('welcome.had')}</p><Call /></div>
      </details>
      <Button icon="phone" onClick={() => go({ screen: 'block' })}>{t('block.title')}</Button>
    </Screen>
  )
}
