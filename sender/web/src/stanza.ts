/** A bounded XML element: what a door's messages are made of (docs/protocol/stanzas.md), read, built and written. */

export interface Stanza {
  readonly name: string
  readonly ns: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Stanza[]
  readonly text: string
}

const MAX_CHARACTERS = 65536
const MAX_DEPTH = 12
const MAX_ELEMENTS = 256
const MAX_ATTRIBUTES = 16
const NS_XML = 'http://www.w3.org/XML/1998/namespace'
const NAME = /[A-Za-z_:][\w:.-]*/y
const SPACE = /[ \t\r\n]*/y
const ENTITIES: ReadonlyMap<string, string> = new Map([['amp', '&'], ['lt', '<'], ['gt', '>'], ['apos', '\''], ['quot', '"']])
// What XML 1.0 allows besides; surrogates in pairs only.
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

export function element(name: string, ns: string, attributes: Record<string, string | undefined> = {},
                        children: readonly Stanza[] = [], text = ''): Stanza {
  const given = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return { name, ns, attributes: Object.fromEntries(given), children, text }
}

export function is(stanza: Stanza | null | undefined, name: string, ns: string): boolean {
  return stanza?.name === name && stanza.ns === ns
}

export function child(stanza: Stanza, name: string, ns: string): Stanza | null {
  return stanza.children.find(each => is(each, name, ns)) ?? null
}

function escape(text: string): string {
  const replaced = text.replace(new RegExp(FORBIDDEN, 'g'), '\ufffd')
  return replaced.replace(/[&<>"'\t\r\n]/g, character => `&#${character.charCodeAt(0)};`)
}

/** Without prefixes: an element whose namespace is not its parent's declares it. */
export function write(stanza: Stanza, parentNs = ''): string {
  const declared = stanza.ns === parentNs ? '' : ` xmlns="${escape(stanza.ns)}"`
  const attributes = Object.entries(stanza.attributes).map(([name, value]) => ` ${name}="${escape(value)}"`)
  const inner = escape(stanza.text) + stanza.children.map(each => write(each, stanza.ns)).join('')
  const start = `<${stanza.name}${declared}${attributes.join('')}`
  return inner ? `${start}>${inner}</${stanza.name}>` : `${start}/>`
}

class Malformed extends Error {}

type Scope = ReadonlyMap<string, string>

class Reader {
  readonly #text: string
  #at = 0
  #elements = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Stanza {
    const root = this.#element(1, new Map([['', ''], ['xml', NS_XML]]))
    if (this.#at !== this.#text.length) throw new Malformed('something follows the element')
    return root
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Malformed(`${token} is missing`)
  }

  #name(): string {
    const name = this.#match(NAME)
    if (!/^(?:[^:]+:)?[^:]+$/.test(name)) throw new Malformed('a name is missing')
    return name
  }

  #element(depth: number, outer: Scope): Stanza {
    if (depth > MAX_DEPTH || ++this.#elements > MAX_ELEMENTS) throw new Malformed('too many elements')
    this.#expect('<')
    const name = this.#name()
    const raw = this.#attributes()
    const scope = new Map(outer)
    for (const [key, value] of raw) {
      if (key === 'xmlns') scope.set('', value)
      else if (key.startsWith('xmlns:')) scope.set(key.slice(6), value)
    }
    const attributes = [...raw].filter(([key]) => !key.includes(':') && key !== 'xmlns')
    for (const [key] of raw) if (key.includes(':') && !key.startsWith('xmlns:')) resolve(key, scope)
    const { local, ns } = resolve(name, scope)
    const { children, text } = this.#take('/>') ? { children: [], text: '' } : this.#content(name, depth, scope)
    return { name: local, ns, attributes: Object.fromEntries(attributes), children, text }
  }

  #attributes(): Map<string, string> {
    const found = new Map<string, string>()
    for (;;) {
      const space = this.#match(SPACE)
      const next = this.#text[this.#at]
      if (next === '>' || next === '/') return found
      const name = this.#name()
      if (!space || found.has(name) || found.size === MAX_ATTRIBUTES) throw new Malformed('attributes')
      this.#match(SPACE)
      this.#expect('=')
      this.#match(SPACE)
      found.set(name, this.#value())
    }
  }

  #value(): string {
    const quote = this.#take('"') ? '"' : '\''
    if (quote === '\'') this.#expect(quote)
    const end = this.#text.indexOf(quote, this.#at)
    const raw = end < 0 ? '<' : this.#text.slice(this.#at, end)
    if (raw.includes('<')) throw new Malformed('an attribute does not end')
    this.#at = end + 1
    return decode(raw.replace(/\r\n|[\t\r\n]/g, ' '))
  }

  #content(name: string, depth: number, scope: Scope): { children: Stanza[], text: string } {
    this.#expect('>')
    const children: Stanza[] = []
    let text = ''
    for (;;) {
      const next = this.#text.indexOf('<', this.#at)
      if (next < 0) throw new Malformed(`${name} does not end`)
      const raw = this.#text.slice(this.#at, next)
      if (raw.includes(']]>')) throw new Malformed('a bare ]]>')
      text += decode(raw.replace(/\r\n?/g, '\n'))
      this.#at = next
      if (this.#take('</')) break
      if (this.#take('<![CDATA[')) text += this.#cdata()
      else children.push(this.#element(depth + 1, scope)) // a comment, DTD or instruction has no name there
    }
    this.#expect(name)
    this.#match(SPACE)
    this.#expect('>')
    return { children, text }
  }

  #cdata(): string {
    const end = this.#text.indexOf(']]>', this.#at)
    if (end < 0) throw new Malformed('CDATA does not end')
    const text = this.#text.slice(this.#at, end)
    this.#at = end + 3
    return text.replace(/\r\n?/g, '\n')
  }
}

function resolve(name: string, scope: Scope): { local: string, ns: string } {
  const [prefix, local] = name.includes(':') ? name.split(':', 2) as [string, string] : ['', name]
  const ns = scope.get(prefix)
  if (ns === undefined) throw new Malformed('a prefix is not declared')
  return { local, ns }
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|(\w*));|&/g, (_whole, decimal, hex, name) => {
    const code = decimal ? parseInt(decimal, 10) : hex ? parseInt(hex, 16) : -1
    const character = code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ENTITIES.get(name ?? '')
    if (character === undefined || FORBIDDEN.test(character)) throw new Malformed('a reference')
    return character
  })
}

/** null for what is not one well-formed element within the limits. */
export function parse(text: string): Stanza | null {
  if (text.length > MAX_CHARACTERS || FORBIDDEN.test(text)) return null
  try {
    return new Reader(text).document()
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}
