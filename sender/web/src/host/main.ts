/** The host's page: starts it. */
import { startLanguage } from '../ui/i18n'
import { HostPage } from './page'

async function start(): Promise<void> {
  await startLanguage()
  new HostPage().begin()
}

void start()
