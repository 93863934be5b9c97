/** What the browser or the system refuses, and what a person can do about it there. */
import type { Trouble } from '../contract'
import { t } from './i18n'
import { browserName, isHandheld } from './platform'
import type { Platform } from './platform'
import type { Sentence } from './sentences'

type Explain = (platform: Platform) => Sentence

const TROUBLES: Readonly<Record<Trouble, Explain>> = {
  'insecure': () => ({
    title: t('This page was opened without encryption'),
    text: t('Browsers share screens from encrypted pages only. Open the address with https:// in front.'),
  }),
  'no-webrtc': () => ({ title: t('This browser cannot share here'), text: anotherBrowser() }),
  'no-screen-capture': noScreenCapture,
  'no-camera': () => ({
    title: t('No camera was found'),
    text: t('Connect one, or share something else.'),
  }),
  'no-codec': () => ({
    title: t('This browser has no video format that the display knows'),
    text: t('It offers neither H.264 nor VP8. {advice}', { advice: anotherBrowser() }),
  }),
  'denied-by-user': deniedByUser,
  'denied-by-system': deniedBySystem,
  'source-busy': () => ({
    title: t('That cannot be shared right now'),
    text: t('Another program may be using the camera, or the window may not be visible. '
      + 'Close the other program or bring the window to the front, then choose again.'),
  }),
  'source-ended': () => ({
    title: t('What you shared is closed'),
    text: t('The window or tab was closed, or sharing was stopped in the browser. '
      + 'Choose what to share next.'),
  }),
  'new-pin': () => ({
    title: t('The connection was lost'),
    text: t('The display has a new PIN since. Type it to share again.'),
  }),
  'unreadable-file': () => ({
    title: t('The file cannot be read'),
    text: t('It may be damaged, protected by a password, or still on its way from the cloud. '
      + 'Choose another one.'),
  }),
  'unsupported-file': () => ({
    title: t('This kind of file cannot be shown'),
    text: t('Choose a picture (JPEG, PNG, WebP or GIF) or a PDF.'),
  }),
  'no-sound': noSound,
  'storage': () => ({
    title: t('This browser keeps nothing for this page'),
    text: t('Sharing works, but next time the display will not know this device again. '
      + 'It is so in private windows.'),
  }),
}

const MILD: readonly Trouble[] = ['no-sound', 'storage', 'new-pin']

export function sentenceOfTrouble(trouble: Trouble, platform: Platform): Sentence {
  return { ...TROUBLES[trouble](platform), isMild: MILD.includes(trouble) }
}

/** With these, no step of the page can work. */
export function isHopeless(trouble: Trouble | null): boolean {
  return trouble === 'insecure' || trouble === 'no-webrtc' || trouble === 'no-codec'
}

function anotherBrowser(): string {
  return t('Use a current version of Chrome, Edge, Firefox or Safari.')
}

function noScreenCapture(platform: Platform): Sentence {
  return {
    title: t('This browser cannot share its screen'),
    text: isHandheld(platform)
      ? t('Browsers on phones and tablets cannot do it. Share the camera, a picture or a PDF instead.')
      : anotherBrowser(),
  }
}

function deniedByUser(platform: Platform): Sentence {
  const title = t('Nothing was chosen')
  if (platform.browser === 'Safari')
    return {
      title,
      text: t('You closed the question or said no. Choose again. If Safari does not ask, '
        + 'allow it under Safari, Settings, Websites.'),
    }
  return {
    title,
    text: t('You closed the question or said no. Choose again. If {browser} does not ask, '
      + 'click the sign beside the address and allow it there.', { browser: browserName(platform) }),
  }
}

function deniedBySystem(platform: Platform): Sentence {
  const browser = browserName(platform)
  const title = t('The system does not allow it')
  switch (platform.system) {
    case 'macOS':
      return {
        title,
        text: t('Open System Settings, Privacy & Security, Screen & System Audio Recording (or Camera), '
          + 'switch {browser} on, then quit and reopen it.', { browser }),
      }
    case 'Windows':
      return {
        title,
        text: t('Open Settings, Privacy & security, Camera, and allow it for {browser}. '
          + 'On a computer of your company, screen sharing may be blocked by a policy.', { browser }),
      }
    case 'Linux':
      return {
        title,
        text: t('Under Wayland, {browser} asks the desktop portal, which needs PipeWire and '
          + 'xdg-desktop-portal to be running. Start them, or share from an X11 session.', { browser }),
      }
    case 'Android': case 'iPhone': case 'iPad':
      return {
        title,
        text: t('Open the settings of this device and allow {browser} the camera.', { browser }),
      }
    case 'ChromeOS': case '':
      return { title, text: t('Allow {browser} to do it in the settings of this device.', { browser }) }
  }
}

function noSound(platform: Platform): Sentence {
  const title = t('Shared without sound')
  if (platform.browser === 'Firefox' || platform.browser === 'Safari')
    return {
      title,
      text: t('{browser} shares pictures only. For sound, use Chrome or Edge.',
        { browser: platform.browser }),
    }
  if (platform.system === 'macOS' || platform.system === 'Linux')
    return {
      title,
      text: t('On this system {browser} shares the sound of tabs only. '
        + 'Switch to the tab that plays it, and leave the sound on in the question.',
      { browser: browserName(platform) }),
    }
  return {
    title,
    text: t('Choose again, and switch the sound on in the question that {browser} asks.',
      { browser: browserName(platform) }),
  }
}
