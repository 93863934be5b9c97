/** Which languages there are, what they are called in themselves, and where their texts lie. */

export interface Catalogue {
  /** Of Intl.PluralRules, category to place in a list of forms. */
  readonly forms: Readonly<Record<string, number>>
  readonly messages: Readonly<Record<string, string | readonly string[]>>
}

/** Put in by build.mjs: language to its catalogue's address. English, the sources' language, has none. */
declare const LANGUAGES: Readonly<Record<string, string>>

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur', 'yi']

export function allLanguages(): readonly string[] {
  return ['en', ...Object.keys(LANGUAGES)]
}

/** null: no texts, for they are the sources' own. */
export async function loadCatalogue(language: string): Promise<Catalogue | null> {
  const address = LANGUAGES[language]
  if (address === undefined) return null
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
  return await answer.json() as Catalogue
}

export function nameOfLanguage(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}

export function isRightToLeft(language: string): boolean {
  return RIGHT_TO_LEFT.includes(language.split('-')[0] ?? '')
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
