/** The session at the door against a box that is played here, stanza by stanza. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { element, parse, type Stanza, write } from '../../sender/web/src/stanza'
import { type Carrier, Xmpp } from '../../sender/web/src/xmpp'

class Wire implements Carrier {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  readonly bufferedAmount = 0
  readonly sent: Stanza[] = []
  closed = false
  send(text: string): void {
    const stanza = parse(text)
    assert.ok(stanza, text)
    this.sent.push(stanza)
  }
  close(): void {
    this.closed = true
  }
  say(...texts: string[]): void {
    for (const data of texts) this.onmessage?.({ data })
  }
}

const OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="box" id="1" version="1.0"/>'
const FEATURES = '<features xmlns="http://etherx.jabber.org/streams">'
const MECHANISMS = `${FEATURES}<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>ANONYMOUS</mechanism></mechanisms></features>`
const SUCCESS = '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>'
const BIND = `${FEATURES}<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></features>`
const BOUND = '<iq xmlns="jabber:client" type="result" id="bind"/>'
const SETUP = [OPEN, MECHANISMS, SUCCESS, OPEN, BIND, BOUND]

function session() {
  const wire = new Wire()
  const log: string[] = []
  const xmpp = new Xmpp(wire, {
    ready: () => log.push('ready'),
    payload: payload => log.push(`payload ${payload.name}`),
    failed: why => log.push(`failed ${why}`),
  })
  wire.onopen?.()
  return { wire, xmpp, log }
}

test('set-up, payloads, pings and the end', () => {
  const { wire, xmpp, log } = session()
  xmpp.send(element('early', 'u'))
  wire.say(...SETUP)
  assert.deepEqual(wire.sent.map(each => each.name), ['open', 'auth', 'open', 'iq'])
  xmpp.send(element('hello', 'u'))
  wire.say('<iq xmlns="jabber:client" type="result" id="c0"/>', '<iq xmlns="jabber:client" type="set" id="7"><challenge xmlns="u"/></iq>',
    '<iq xmlns="jabber:client" type="get" id="8"><ping xmlns="urn:xmpp:ping"/></iq>', '<iq xmlns="jabber:client" type="get" id="9"><other xmlns="u"/></iq>')
  assert.deepEqual(wire.sent.slice(4).map(each => `${each.attributes.type} ${each.attributes.id}`), ['set c0', 'result 7', 'result 8', 'error 9'])
  assert.deepEqual(log, ['ready', 'payload challenge'])
  xmpp.close()
  assert.equal(wire.sent.at(-1)?.name, 'close')
  assert.ok(wire.closed)
  assert.equal(wire.onmessage, null)
})

test('whatever comes out of order is no box', () => {
  for (let at = 0; at < SETUP.length; at++) {
    for (const wrong of ['<message xmlns="jabber:client"/>', 'no XML', SETUP[(at + 1) % SETUP.length] ?? '']) {
      const { wire, log } = session()
      wire.say(...SETUP.slice(0, at), wrong)
      assert.deepEqual(log, ['failed not-a-box'], `${at} ${wrong}`)
      assert.ok(wire.closed)
    }
  }
})

test('ends that the box or the network makes', () => {
  const streamError = (name: string) => `<error xmlns="http://etherx.jabber.org/streams"><${name} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></error>`
  for (const [text, why] of [[streamError('resource-constraint'), 'room'], [streamError('policy-violation'), 'closed'],
    ['<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>', 'closed'], ['<iq xmlns="jabber:client" type="error" id="c0"/>', 'closed']]) {
    const { wire, log } = session()
    wire.say(...SETUP, text ?? '')
    assert.deepEqual(log, ['ready', `failed ${why}`])
  }
  const { wire, log } = session()
  wire.say(...SETUP)
  wire.onclose?.()
  assert.deepEqual(log, ['ready', 'failed closed'])
})

test('silence, and a box that acknowledges nothing', () => {
  mock.timers?.enable?.(['setTimeout'] as never)
  try {
    const { wire, xmpp, log } = session()
    wire.say(...SETUP)
    for (let at = 0; at < 65; at++) xmpp.send(element('candidate', 'u'))
    assert.deepEqual(log, ['ready', 'failed silent'])
    assert.equal(wire.sent.filter(each => each.attributes.type === 'set').length, 65) // bind is one of them
  } finally {
    mock.timers?.reset?.()
  }
})

test('written stanzas carry no prefix', () => {
  assert.equal(write(element('a', 'u', { b: '1' }, [element('c', 'u')])), '<a xmlns="u" b="1"><c/></a>')
})
