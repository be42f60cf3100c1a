import { useState } from 'preact/hooks'
import { merchantId } from '../core/log/merchant.ts'
import { isLineOf, type LogReceipt } from '../core/log/receipt.ts'
import { Button } from '../ui/Button.tsx'
import { t } from './i18n.ts'

/** A line in the log hides its shop: who knows the shop's number can see whether it is that one. */
export function Whose({ receipt, muni }: { receipt: LogReceipt; muni: number }) {
  const [number, setNumber] = useState('')
  const [found, setFound] = useState<{ number: string; yes: boolean } | null>(null)
  const look = async (event: Event): Promise<void> => {
    event.preventDefault()
    const asked = number.trim()
    if (asked) setFound({ number: asked, yes: await isLineOf(receipt, await merchantId(muni, asked)) })
  }
  return (
    <form class="whose" onSubmit={(event) => void look(event)}>
      <label for="whose">{t('whose.label')}</label>
      <p class="note" id="whose-hint">{t('whose.hint')}</p>
      <input id="whose" inputMode="numeric" autocomplete="off" aria-describedby="whose-hint" value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
      <Button type="submit">{t('whose.check')}</Button>
      <p role="status">{found && t(found.yes ? 'whose.yes' : 'whose.no', { number: found.number })}</p>
    </form>
  )
}
