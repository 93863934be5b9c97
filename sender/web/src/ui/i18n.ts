/** The page's words in the person's language: one catalogue, loaded once, with English as the ground. */
import { allLanguages, isRightToLeft, loadCatalogue, pickLanguage } from './languages'
import type { Catalogue } from './languages'
import { recall, remember } from './memory'

type Values = Readonly<Record<string, string | number>>

interface Current {
  readonly tag: string
  readonly catalogue: Catalogue | null
}

let current: Current = { tag: 'en', catalogue: null }

/** Of this person's choice, or else of the browser's wishes. */
export async function startLanguage(): Promise<void> {
  const chosen = recall('language')
  const wanted = chosen === null ? navigator.languages : [chosen]
  await load(pickLanguage(wanted, allLanguages()))
}

export async function chooseLanguage(tag: string): Promise<void> {
  remember('language', tag)
  await load(tag)
}

async function load(tag: string): Promise<void> {
  try {
    current = { tag, catalogue: await loadCatalogue(tag) }
  } catch {
    current = { tag: 'en', catalogue: null } // a page in English is better than none
  }
  document.documentElement.lang = current.tag
  document.documentElement.dir = isRightToLeft(current.tag) ? 'rtl' : 'ltr'
}

export function language(): string {
  return current.tag
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : typeof value === 'number' ? formatNumber(value) : value
  })
}

/** The text in the person's language, each {name} of it replaced by its value. */
export function t(text: string, values: Values = {}): string {
  const found = current.catalogue?.messages[text]
  return fill(typeof found === 'string' ? found : text, values)
}

/** The form that goes with n, which stands for {n}. */
export function plural(one: string, many: string, n: number, values: Values = {}): string {
  const category = new Intl.PluralRules(current.tag).select(n)
  const forms = current.catalogue?.messages[one]
  const found = typeof forms === 'object' ? forms[current.catalogue?.forms[category] ?? 0] : undefined
  return fill(found ?? (category === 'one' ? one : many), { n, ...values })
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(current.tag, { maximumFractionDigits: digits }).format(value)
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(current.tag, { style: 'percent', maximumFractionDigits: 1 }).format(share)
}

/** Hours and minutes, as the person's language writes them. */
export function formatClock(ms: number): string {
  return new Intl.DateTimeFormat(current.tag, { hour: 'numeric', minute: '2-digit' }).format(ms)
}
