import type nl from '../locales/till.nl.json'
import { makeTranslator } from '../ui/i18n.ts'

/** Each language is its own chunk; only the one in use is downloaded. */
export const { t, has, language, setLanguage, start: startLanguage } = makeTranslator<keyof typeof nl>({
  nl: () => import('../locales/till.nl.json'),
  en: () => import('../locales/till.en.json'),
})
