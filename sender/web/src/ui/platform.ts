/** Which browser on which system this is: for the device's name, and to say where its settings are. */
import { t } from './i18n'

export type Browser = 'Chrome' | 'Edge' | 'Firefox' | 'Opera' | 'Safari' | 'Samsung Internet' | ''
export type System = 'Android' | 'iPhone' | 'iPad' | 'Windows' | 'macOS' | 'ChromeOS' | 'Linux' | ''

export interface Platform {
  readonly browser: Browser
  readonly system: System
}

/** More particular ones first: everybody claims to be Safari, and Edge to be Chrome too. */
const BROWSERS: readonly (readonly [RegExp, Browser])[] = [
  [/\b(Edg|EdgA|EdgiOS)\//, 'Edge'],
  [/\b(OPR|OPiOS|OPT)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/\S+ .*Safari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, System])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPod\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

/** A tablet of Apple's calls itself a Mac; only its touch points tell. */
export function detectPlatform(userAgent: string, touchPoints: number): Platform {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? ''
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? ''
  return { browser, system: system === 'macOS' && touchPoints > 1 ? 'iPad' : system }
}

export function thisPlatform(): Platform {
  return detectPlatform(navigator.userAgent, navigator.maxTouchPoints)
}

export function isHandheld(platform: Platform): boolean {
  return platform.system === 'Android' || platform.system === 'iPhone' || platform.system === 'iPad'
}

/** In a sentence: "Chrome", or "the browser" where it is not known. */
export function browserName(platform: Platform): string {
  return platform.browser || t('the browser')
}

export function defaultDeviceName(platform: Platform): string {
  if (platform.browser && platform.system)
    return t('{browser} on {system}', { browser: platform.browser, system: platform.system })
  return platform.browser || platform.system || t('A browser')
}
