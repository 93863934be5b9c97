/** Why a presentation ended and what to do now: a title and a sentence for every reason. */
import type { End, EndReason } from '../contract'
import { t } from './i18n'

export interface Sentence {
  /** Good to know, and nothing is wrong. */
  readonly isMild?: boolean
  readonly title: string
  readonly text: string
}

const ENDS: Readonly<Record<EndReason, () => Sentence>> = {
  stopped: () => ({
    title: t('You have stopped sharing'),
    text: t('Nothing is shared any more. You can close this page, or start again.'),
  }),
  bye: () => ({
    title: t('The display has ended the presentation'),
    text: t('Nothing is shared any more. Start again if you still want to present.'),
  }),
  denied: () => ({
    title: t('The PIN was not right'),
    text: t('Start again with the PIN that the display shows now. It may have changed in the meantime.'),
  }),
  locked: () => ({
    title: t('Too many wrong PINs'),
    text: t('The display takes no PINs for the moment. Whoever is sharing already is not affected.'),
  }),
  busy: () => ({
    title: t('All places are taken'),
    text: t('The display shows as many presenters as it can. Ask one of them to stop, then try again.'),
  }),
  revoked: () => ({
    title: t('This device has been shut out'),
    text: t('Whoever looks after the display has withdrawn its access. Please ask them.'),
  }),
  declined: () => ({
    title: t('Somebody at the display said no'),
    text: t('Your request was declined. Ask in the room, then try again.'),
  }),
  version: () => ({
    title: t('This page and the display do not match'),
    text: t('The display was updated while this page was open. Load the page again.'),
  }),
  protocol: () => ({
    title: t('The display and this page misunderstood each other'),
    text: t('Load the page again. If it happens once more, please tell whoever looks after the display.'),
  }),
  timeout: () => ({
    title: t('There was no answer in time'),
    text: t('The display or the person at it did not answer. Try again.'),
  }),
  impostor: () => ({
    title: t('Stop: this may not be the display that you mean'),
    text: t('What answered could not prove that it knows the PIN. Nothing was shared. '
      + 'Compare the address with the one on the display. '
      + 'If it is the same, tell whoever looks after this network.'),
  }),
  media: () => ({
    title: t('The picture cannot get through'),
    text: t('The display is found, but the network lets no picture pass between it and this device. '
      + 'Join the same network as the display, switch a VPN off, then try again.'),
  }),
  gone: () => ({
    title: t('The connection was lost'),
    text: t('Check that this device is still on the same network as the display, then try again.'),
  }),
  unreachable: () => ({
    title: t('The display cannot be reached'),
    text: t('Check that it is switched on and that this device is on the same network, then try again.'),
  }),
  cloud: () => ({
    title: t('The meeting service cannot be reached'),
    text: t('Check that this device has a connection to the Internet, then try again.'),
  }),
  nobody: () => ({
    title: t('No meeting answers to that number'),
    text: t('Compare the number with the one on the display, which may have another one by now. '
      + 'Check that the display is switched on.'),
  }),
  tries: () => ({
    title: t('Too many meetings were tried from this network'),
    text: t('The meeting service takes no more for the moment. Try again in a while.'),
  }),
  'local-network': () => ({
    title: t('The browser keeps this page from your network'),
    text: t('The display can be reached only over the local network, and the browser was told not to allow that. '
      + 'Click the sign beside the address, allow the local network, then try again.'),
  }),
}

/** What is another matter where networks lie between the two. */
const ENDS_IN_CLOUD: Readonly<Partial<Record<EndReason, () => Sentence>>> = {
  impostor: () => ({
    title: t('Stop: this may not be the display that you mean'),
    text: t('What answered could not prove that it knows the PIN. Nothing was shared. '
      + 'Compare the meeting ID with the one on the display. '
      + 'If it is the same, tell whoever looks after the display.'),
  }),
  media: () => ({
    title: t('The picture cannot get through'),
    text: t('The display is found, but the networks let no picture pass between it and this device. '
      + 'Switch a VPN off or join another network, then try again.'),
  }),
  gone: () => ({
    title: t('The connection was lost'),
    text: t('Check that this device still has a connection to the Internet, then try again.'),
  }),
}

export function sentenceOfEnd(end: End, inCloud: boolean): Sentence {
  return (inCloud && ENDS_IN_CLOUD[end.reason] || ENDS[end.reason])()
}
