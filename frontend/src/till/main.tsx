import { render } from 'preact'
import '../ui/base.css'
import { Screen } from '../ui/index.ts'
import { registerWorker } from '../ui/update.ts'
import { startLanguage, t } from './i18n.ts'

async function start(): Promise<void> {
  await startLanguage()
  render(<Screen title={t('app.name')}>{null}</Screen>, document.getElementById('app')!)
  await registerWorker('/till/')
}

void start()
