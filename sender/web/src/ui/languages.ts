/** The languages of the catalogue, each by its own name, and how each one's texts are loaded. */

export interface Catalogue {
  /** Of Intl.PluralRules, category to place in a list of forms. */
  readonly forms: Readonly<Record<string, number>>
  readonly messages: Readonly<Record<string, string | readonly string[]>>
}

export interface Language {
  readonly name: string
  readonly rightToLeft: boolean
  /** null: the language the page is written in. */
  readonly load: (() => Promise<{ default: Catalogue }>) | null
}

/** A line for each language of assets/translations/LINGUAS; a test holds the two together. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { name: 'English', rightToLeft: false, load: null },
  de: { name: 'Deutsch', rightToLeft: false, load: () => import('catalogue:de') },
  es: { name: 'Español', rightToLeft: false, load: () => import('catalogue:es') },
  fr: { name: 'Français', rightToLeft: false, load: () => import('catalogue:fr') },
  ja: { name: '日本語', rightToLeft: false, load: () => import('catalogue:ja') },
}

/** The first that is there of what a browser asks for: "de-AT" is served by "de". */
export function pickLanguage(wanted: readonly string[], available: readonly string[]): string {
  for (const tag of wanted) {
    const parts = tag.toLowerCase().split('-')
    for (let n = parts.length; n > 0; n--) {
      const found = available.find(one => one.toLowerCase() === parts.slice(0, n).join('-'))
      if (found !== undefined) return found
    }
  }
  return 'en'
}
