import { useEffect, useState } from 'preact/hooks'
import type { Voucher } from '../../api/wallet.ts'
import { boundProof, present } from '../../core/presentation.ts'
import { choosePass } from '../../core/purse.ts'
import { decodeQuestion, encode, type Question } from '../../core/qr.ts'
import { objection, secondsToAnswer, type Objection } from '../../core/question.ts'
import { clockIsSure, serverNow } from '../../store/clock.ts'
import type { StoredPass } from '../../store/wallet.ts'
import { loadShops, shops } from '../../sync/shops.ts'
import { passes, vouchers } from '../../sync/wallet.ts'
import { Button, Icon, Notice, Screen } from '../../ui/index.ts'
import { QrCode } from '../../ui/QrCode.tsx'
import { useWakeLock } from '../../ui/wakeLock.ts'
import { t } from '../i18n.ts'
import { usePaid, usePutAway } from '../payCode.ts'
import { NoPass, Paid, PassNotices } from '../payParts.tsx'
import { ReadQuestion } from '../ReadQuestion.tsx'
import { back } from '../route.ts'
import { Amount, amountText, potWords } from '../words.tsx'

type Wrong = Objection | 'other'

/** The time that a question is judged by: none when this phone's clock may be wrong, for the till has its own. */
const judgingTime = (): number | null => (clockIsSure() ? serverNow() : null)

/** The phone reads the shop's question, the holder says yes, and the phone shows the one answer to it. No network needed. */
export function Ask({ voucher: id }: { voucher: string }) {
  const voucher = vouchers.value.find((item) => item.id === id)
  const [question, setQuestion] = useState<Question | null>(null)
  const [wrong, setWrong] = useState<Wrong | null>(null)
  const [agreed, setAgreed] = useState(false)
  useEffect(() => void loadShops(), [])
  if (!voucher) return null
  const hear = (text: string): void => {
    const read = readQuestion(text)
    const against = read ? objection(read, voucher, judgingTime()) : 'other'
    setWrong(against)
    setQuestion(against ? null : read)
  }
  const again = (): void => {
    setAgreed(false)
    setQuestion(null)
    setWrong(null)
  }
  if (!question) return <Reading voucher={voucher} wrong={wrong} hear={hear} />
  if (agreed) return <Answering voucher={voucher} question={question} again={again} />
  return <Confirm voucher={voucher} question={question} yes={() => setAgreed(true)} no={again} />
}

function readQuestion(text: string): Question | null {
  try {
    return decodeQuestion(text.trim())
  } catch {
    return null
  }
}

const shopName = (number: number): string => shops.value.get(number) ?? t('ask.shop.number', { number })

function Reading({ voucher, wrong, hear }: { voucher: Voucher; wrong: Wrong | null; hear: (text: string) => void }) {
  const { balance, max_redemption, currency } = voucher
  const amount = wrong === 'ceiling' ? max_redemption : balance
  return (
    <Screen title={t('pay.ask')} back={{ label: t('pay.close'), go: back }}>
      {wrong && <Notice kind="warn" live="assertive">{t(`ask.wrong.${wrong}`, { amount: amountText(amount, currency), programme: potWords(voucher) })}</Notice>}
      <ReadQuestion onText={hear} />
    </Screen>
  )
}

function Confirm({ voucher, question, yes, no }: { voucher: Voucher; question: Question; yes: () => void; no: () => void }) {
  const { currency, balance } = voucher
  const amount = amountText(question.amount, currency)
  return (
    <Screen
      title={t('ask.confirm', { amount, shop: shopName(question.merchant) })} back={{ label: t('back'), go: no }}
      foot={<><Button kind="primary" wide onClick={yes}>{t('ask.yes', { amount })}</Button><Button kind="quiet" onClick={no}>{t('ask.no')}</Button></>}
    >
      {!shops.value.has(question.merchant) && <Notice kind="warn">{t('ask.unknown')}</Notice>}
      <dl class="facts card">
        <div><dt>{t('ask.shop')}</dt><dd class="row"><Icon name="shop" />{shopName(question.merchant)}</dd></div>
        <div><dt>{t('ask.amount')}</dt><dd class="payment-amount"><Amount of={question.amount} currency={currency} /></dd></div>
        <div><dt>{t('payment.pot')}</dt><dd>{potWords(voucher)}</dd></div>
        <div><dt>{t('ask.after')}</dt><dd><Amount of={balance - question.amount} currency={currency} /></dd></div>
      </dl>
    </Screen>
  )
}

function Answering({ voucher, question, again }: { voucher: Voucher; question: Question; again: () => void }) {
  // Chosen once, as the answer is made once.
  const [pass] = useState(() => choosePass(passes.value, voucher.id, serverNow()))
  const [old, setOld] = useState(false)
  useWakeLock()
  usePutAway(pass, 0)
  const paid = usePaid(voucher, pass)
  useEffect(() => {
    const timer = setTimeout(() => setOld(true), secondsToAnswer(question, judgingTime()) * 1000)
    return () => clearTimeout(timer)
  }, [question])
  if (paid) return <Paid payment={paid} voucher={voucher} />
  return pass ? <Answer voucher={voucher} question={question} pass={pass} old={old} again={again} /> : <NoPass voucher={voucher} />
}

function useAnswer({ merchant, amount, nonce }: Question, pass: StoredPass): string | null {
  const [text, setText] = useState<string | null>(null)
  useEffect(() => {
    void present(pass.token, boundProof(serverNow(), amount, merchant, nonce), pass.key).then((made) => setText(encode(made)))
  }, [merchant, amount, nonce, pass])
  return text
}

function Answer({ voucher, question, pass, old, again }: { voucher: Voucher; question: Question; pass: StoredPass; old: boolean; again: () => void }) {
  const text = useAnswer(question, pass)
  const shop = shopName(question.merchant)
  return (
    <Screen
      class="pay" title={t('ask.answer', { amount: amountText(question.amount, voucher.currency) })} back={{ label: t('pay.close'), go: back }}
      side={<span class="pay-left">{potWords(voucher)}</span>}
    >
      {old && <Notice kind="warn" live="polite"><p>{t('ask.expired')}</p></Notice>}
      {!old && <figure class="pay-code">{text ? <QrCode text={text} label={t('pay.code.label')} /> : <div class="qr-wait" />}</figure>}
      {!old && <p class="pay-how">{t('ask.how', { shop })}</p>}
      <PassNotices pass={pass} />
      <div class="pay-foot"><Button icon="camera" onClick={again}>{t('ask.again')}</Button></div>
    </Screen>
  )
}
