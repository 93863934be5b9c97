/** The reader of stanzas: what it takes, what it refuses, and that what is written reads as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, element, is, parse, type Stanza, write } from '../../sender/web/src/stanza'

test('prefixes, defaults and entities', () => {
  const read = parse('<s:features xmlns:s="urn:s" xmlns="urn:d"><a b=\'1 &lt; &#x32;\'>t&amp;<c/>u<![CDATA[<&>]]></a></s:features>')
  assert.ok(read && is(read, 'features', 'urn:s'))
  const a = child(read, 'a', 'urn:d')
  assert.equal(a?.attributes.b, '1 < 2')
  assert.equal(a?.text, 't&u<&>')
  assert.ok(is(a?.children[0], 'c', 'urn:d'))
})

test('line ends and white space are made one', () => {
  const read = parse('<a b="x\n\ty\r\nz&#10;">1\r\n2\r3&#13;</a>')
  assert.equal(read?.attributes.b, 'x  y z\n')
  assert.equal(read?.text, '1\n2\n3\r')
})

test('refused', () => {
  const refused = [
    '', ' <a/>', '<a/> ', '<a/><b/>', '<a>', '<a', '<a b>', '<a b=c/>', '<a b="1" b="2"/>', '<a b="1"c="2"/>', '<a b="<"/>', '<a></b>',
    '<a>&nbsp;</a>', '<a>&</a>', '<a>&#0;</a>', '<a>&#x1f;</a>', '<a>&#xfffe;</a>', '<a>&#xd800;</a>', '<a>&#1114112;</a>', '<a>]]></a>',
    '<a>\u0001</a>', '<a>\ud800</a>', '<p:a/>', '<a p:b="1"/>', '<a:b:c xmlns:a="u"/>', '<!-- --><a/>', '<a><!-- --></a>',
    '<a><?x?></a>', '<?xml version="1.0"?><a/>', '<!DOCTYPE a><a/>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<a><![CDATA[</a>',
    '<1a/>', '<a/ >', `<a>${'<b>'.repeat(12)}${'</b>'.repeat(12)}</a>`, `<a>${'<b/>'.repeat(256)}</a>`,
    `<a ${Array.from({ length: 17 }, (_, at) => `b${at}="1"`).join(' ')}/>`, `<a>${' '.repeat(65536)}</a>`,
    '<a>&__proto__;</a>', '<a>&constructor;</a>',
  ]
  for (const text of refused) assert.equal(parse(text), null, text.slice(0, 80))
})

function random(seed: number): () => number {
  let state = seed
  return () => (state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0) >>> 0
}

const PIECES = ['<', '>', '/', 'a', ' b="1"', '&amp;', '&#x41;', '"', '\'', 'xmlns="u"', 'x:', ']]>', '<![CDATA[', '</a>', '<a>', '\n', 'é', '😀', '=', '\u0000']

test('no text makes it fail in another way than by refusing', () => {
  const draw = random(7)
  let taken = 0
  for (let round = 0; round < 20000; round++) {
    const text = `<a>${Array.from({ length: draw() % 12 }, () => PIECES[draw() % PIECES.length]).join('')}</a>`
    const read = parse(text)
    if (!read) continue
    taken++
    assert.deepEqual(parse(write(read)), read, text)
  }
  assert.ok(taken > 100, `only ${taken} were taken`)
})

test('what is written reads as it was', () => {
  const inner = element('b', 'urn:other', { c: '\t"\'<&\n' }, [element('d', 'urn:other', {}, [], 'é😀\r')])
  const stanza: Stanza = element('a', 'urn:one', { e: '', left: undefined }, [inner], '1 < 2')
  assert.deepEqual(parse(write(stanza)), stanza)
  assert.equal(parse(write(element('a', 'u', {}, [], '\u0000\ud800x')))?.text, '\ufffd\ufffdx')
})
