import type nl from '../locales/wallet.nl.json'
import { makeTranslator } from '../ui/i18n.ts'

/** Each language is its own chunk; only the one in use is downloaded. */
export const { t, has, language, setLanguage, start: startLanguage } = makeTranslator<keyof typeof nl>({
  nl: () => import('../locales/wallet.nl.json'),
  en: () => import('../locales/wallet.en.json'),
})
