/** Said wherever no PIN was asked: then nothing has proved who answers. See docs/protocol/call.md. */
import { t } from './i18n'
import { note } from './note'

export function unprovedNote(): HTMLDivElement {
  return note('warning', t('No PIN was asked for.'),
    t('So nothing proves that you are connected to the display in front of you. '
      + 'If it usually asks for a PIN, do not share. Otherwise look whether your picture appears on it.'))
}
