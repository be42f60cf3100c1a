import type nl from '../locales/verify.nl.json'
import { makeTranslator } from '../ui/i18n.ts'

/** The page around it is in a language already: this speaks the same. */
export const { t, language, speak } = makeTranslator<keyof typeof nl>({
  nl: () => import('../locales/verify.nl.json'),
  en: () => import('../locales/verify.en.json'),
})
