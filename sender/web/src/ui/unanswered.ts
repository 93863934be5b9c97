/** What is to be said while nothing comes from the box, and the page goes on trying. */
import { t } from './i18n'

export function unansweredText(): string {
  return t('This page keeps trying for a minute. See whether the display is switched on and this device is still on its network.')
}
