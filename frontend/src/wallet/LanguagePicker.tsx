import { Icon } from '../ui/index.ts'
import { LANGUAGES } from '../ui/i18n.ts'
import { language, setLanguage, t } from './i18n.ts'

/** In the top corner, each language in its own name. */
export function LanguagePicker() {
  return (
    <label class="language">
      <Icon name="language" />
      <span class="hidden">{t('language')}</span>
      <select value={language.value} onChange={(event) => void setLanguage(event.currentTarget.value)}>
        {Object.entries(LANGUAGES).map(([tag, name]) => <option key={tag} value={tag} lang={tag}>{name}</option>)}
      </select>
    </label>
  )
}
