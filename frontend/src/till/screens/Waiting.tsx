import { Button, Icon, Screen } from '../../ui/index.ts'
import type { Refusal } from '../../core/refusals.ts'
import type { Entry } from '../../store/till.ts'
import { heartbeat } from '../connection.ts'
import { askAgain, newSale } from '../flow.ts'
import { t } from '../i18n.ts'
import { checking, cur, sale } from '../model.ts'
import { Bar } from '../parts/Bar.tsx'
import { BigUnits } from '../parts/Units.tsx'

/** No way to the municipality, and this till may not go on by itself: pay in another way. Goes on by itself. */
export function StoppedScreen({ why }: { why: Refusal }) {
  return (
    <Screen title={t('offline.title')} quietTitle side={<Bar buttons />} class="till result result-offline">
      <span class="mark"><Icon name="offline" size={120} /></span>
      <div class="result-words">
        <p class="verdict" aria-hidden="true">{t('offline.title')}</p>
        <p class="reason" role="alert">{t('offline.what')}</p>
        <p class="todo">{t(`refusal.${why.code}`)} {t(`todo.${why.code}`)}</p>
        <p class="todo">{t('offline.todo')}</p>
        {sale.value.amount > 0 && <BigUnits amount={sale.value.amount} cur={cur.value} />}
      </div>
      <div class="result-actions"><Button kind="primary" wide icon="refresh" onClick={() => void heartbeat()}>{t('offline.retry')}</Button></div>
    </Screen>
  )
}

/** Sent, but the answer has not come: the same record is asked again until it does. */
export function WaitingScreen({ entry }: { entry: Entry }) {
  return (
    <Screen title={t('waiting.title')} quietTitle side={<Bar />} class="till result result-waiting">
      <span class="mark"><Icon name="clock" size={120} /></span>
      <div class="result-words">
        <p class="verdict" aria-hidden="true">{t('waiting.title')}</p>
        <p class="reason" role="alert">{t('waiting.what')}</p>
        <p class="todo">{t('waiting.todo')}</p>
        <BigUnits amount={entry.amount} cur={entry.cur} />
      </div>
      <div class="result-actions">
        <Button kind="primary" wide icon="refresh" busy={checking.value} onClick={() => void askAgain()}>{t('waiting.retry')}</Button>
        <Button onClick={newSale}>{t('waiting.aside')}</Button>
      </div>
    </Screen>
  )
}
