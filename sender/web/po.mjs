// Reads gettext catalogues: what the page says, in each language, as build.mjs serves it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const PAGE = 'sender/web/' // references below it are the page's

// { language: { forms, messages } }; see Catalogue in src/ui/languages.ts.
export async function catalogues(folder) {
  const words = readFileSync(join(folder, 'LINGUAS'), 'utf8').replace(/#.*/g, '').split(/\s+/)
  const languages = words.filter(Boolean)
  return Object.fromEntries(languages.map(language =>
    [language, catalogue(readFileSync(join(folder, `${language}.po`), 'utf8'), language)]))
}

export function catalogue(text, language) {
  const entries = parsePo(text)
  const header = entries.find(entry => entry.id === '')?.strings[0] ?? ''
  const messages = {}
  for (const { id, plural, strings, references, fuzzy } of entries) {
    const isThePages = references.some(reference => reference.startsWith(PAGE))
    if (id === '' || fuzzy || !isThePages || strings.some(string => string === '')) continue
    messages[id] = plural === null ? strings[0] : strings
  }
  return { forms: pluralForms(header, language), messages }
}

// Entries { id, plural, strings, references, fuzzy }; obsolete ones (#~) are left out.
export function parsePo(text) {
  const entries = []
  let entry = null
  let target = null
  const begin = () => (entry = { id: null, plural: null, strings: [], references: [], fuzzy: false })
  const end = () => {
    if (entry?.id !== null && entry !== null) entries.push(entry)
    entry = target = null
  }
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '') end()
    else if (line.startsWith('#')) readComment(line, entry ?? begin())
    else {
      const match = /^(?:(msgid|msgid_plural|msgstr(?:\[(\d)\])?)\s+)?"((?:[^"\\]|\\.)*)"\s*$/.exec(line)
      if (!match) throw new Error(`line ${number + 1} of a catalogue is not understood: ${line}`)
      entry ?? begin()
      if (match[1]) target = targetOf(entry, match[1], Number(match[2] ?? 0))
      if (!target) throw new Error(`line ${number + 1} of a catalogue continues nothing`)
      target(unescape(match[3]))
    }
  }
  end()
  return entries
}

function readComment(line, entry) {
  if (line.startsWith('#:')) entry.references.push(...line.slice(2).trim().split(/\s+/))
  if (line.startsWith('#,') && /\bfuzzy\b/.test(line)) entry.fuzzy = true
}

// A function that appends to the part which a keyword begins.
function targetOf(entry, keyword, form) {
  if (keyword === 'msgid') return text => (entry.id = (entry.id ?? '') + text)
  if (keyword === 'msgid_plural') return text => (entry.plural = (entry.plural ?? '') + text)
  return text => (entry.strings[form] = (entry.strings[form] ?? '') + text)
}

const ESCAPES = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' }

function unescape(text) {
  return text.replace(/\\(.)/g, (_, character) => ESCAPES[character] ?? character)
}

// Of Intl.PluralRules, category -> gettext's form. Both know the same grammar; small numbers show which is which.
function pluralForms(header, language) {
  const match = /nplurals\s*=\s*\d+\s*;\s*plural\s*=\s*([n\d\s()?:<>=!&|%+*-]+);/.exec(header)
  if (!match) throw new Error(`${language}.po says nothing of plurals`)
  const formOf = new Function('n', `return Number(${match[1]})`)
  const rules = new Intl.PluralRules(language)
  const forms = {}
  for (let n = 200; n >= 0; n--) forms[rules.select(n)] = formOf(n)
  return { other: formOf(1_000_000), ...forms }
}
