import { LANGUAGES } from '../../ui/i18n.ts'
import { language, setLanguage, t } from '../i18n.ts'

/** Languages in their own names. */
export function Languages() {
  return (
    <fieldset class="choices">
      <legend>{t('language')}</legend>
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <label key={tag} class="choice" lang={tag}>
          <input type="radio" name="language" checked={language.value === tag} onChange={() => void setLanguage(tag)} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}
