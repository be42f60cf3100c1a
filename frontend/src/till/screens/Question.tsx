import { encodeQuestion, type Question } from '../../core/qr.ts'
import { Button, Screen } from '../../ui/index.ts'
import { QrCode } from '../../ui/QrCode.tsx'
import { useWakeLock } from '../../ui/wakeLock.ts'
import { changeAmount, scanNow } from '../flow.ts'
import { t } from '../i18n.ts'
import { cur, till } from '../model.ts'
import { Bar } from '../parts/Bar.tsx'
import { BigUnits } from '../parts/Units.tsx'

/** The shop asks, the customer's phone answers for this shop and this amount (spec 03, bound). */
export function QuestionScreen({ question }: { question: Question }) {
  useWakeLock()
  return (
    <Screen title={t('question.title')} side={<Bar />} class="till till-question">
      <BigUnits amount={question.amount} cur={cur.value} />
      <figure class="question-code"><QrCode text={encodeQuestion(question)} label={t('question.label')} /></figure>
      <div class="question-words">
        <ol class="steps"><li>{t('question.step.scan')}</li><li>{t('question.step.agree', { shop: till.value?.merchant.name ?? '' })}</li><li>{t('question.step.answer')}</li></ol>
        <Button kind="primary" wide icon="qr" onClick={scanNow}>{t('question.answer')}</Button>
        <Button icon="back" wide onClick={changeAmount}>{t('scan.change')}</Button>
      </div>
    </Screen>
  )
}
