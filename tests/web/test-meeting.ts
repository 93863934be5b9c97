/** A meeting's room, played stanza by stanza: who is the box in it, who only says so; the relays; the door through it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Detour } from '../../sender/web/src/detour'
import { Meeting } from '../../sender/web/src/meeting'
import { readRelays } from '../../sender/web/src/relays'
import { element, parse, type Stanza, write } from '../../sender/web/src/stanza'
import { type Carrier, Xmpp } from '../../sender/web/src/xmpp'

const CLOUD = 'cloud.example.org'
const ROOM = `123456@meet.${CLOUD}`
const BOX = `${ROOM}/box`
const ME = `${ROOM}/me`
const NOW = Date.parse('2026-11-20T12:00:00Z')

const presence = (from: string, affiliation: string, type = ''): string =>
  `<presence xmlns="jabber:client" from="${from}"${type && ` type="${type}"`}>` +
  `<x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="${affiliation}" role="none"/></x></presence>`
const refusal = (condition: string): string =>
  `<presence xmlns="jabber:client" type="error" from="${ME}"><error type="cancel"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`
const iq = (type: string, id: string, from: string, inner = '<a xmlns="u"/>'): string =>
  `<iq xmlns="jabber:client" type="${type}" id="${id}" from="${from}">${inner}</iq>`
const SERVICES = '<services xmlns="urn:xmpp:extdisco:2">' +
  `<service type="turns" host="turn.${CLOUD}" port="443" transport="tcp" username="u" password="p" expires="2999-11-20T12:10:00Z"/></services>`
const RELAYS = iq('result', 'relays', `guests.${CLOUD}`, SERVICES)

function read(text: string): Stanza {
  const stanza = parse(text)
  assert.ok(stanza, text)
  return stanza
}

function room() {
  const meeting = new Meeting('Cloud.Example.ORG', '123456', 'me')
  return { meeting, take: (...texts: string[]) => texts.map(text => meeting.take(read(text), NOW)) }
}

test('what is sent', () => {
  const { meeting } = room()
  assert.equal(meeting.domain, `guests.${CLOUD}`)
  assert.equal(meeting.box, BOX)
  assert.equal(meeting.join().attributes.to, ME)
  assert.equal(meeting.ask().attributes.to, `guests.${CLOUD}`)
  const nick = new Meeting(CLOUD, '123456').join().attributes.to?.split('/')[1] ?? ''
  assert.match(nick, /^[\da-f]{16}$/)
})

test('whatever comes last makes it ready', () => {
  const { meeting, take } = room()
  assert.deepEqual(take(presence(BOX, 'owner'), RELAYS, presence(ME, 'none')), ['wait', 'wait', 'ready'])
  assert.equal(meeting.relays?.servers.length, 1)
  assert.deepEqual(take(RELAYS, presence(BOX, 'owner'), presence(BOX, 'owner', 'unavailable')), ['relays', 'wait', 'left'])
  const other = room()
  assert.deepEqual(other.take(presence(ME, 'none'), iq('error', 'relays', `guests.${CLOUD}`), presence(BOX, 'owner')), ['wait', 'wait', 'ready'])
  assert.equal(other.meeting.relays, null)
})

test('who only says that he is the box', () => {
  const { take } = room()
  assert.deepEqual(take(iq('set', '1', BOX)), ['nothing']) // before it is there
  assert.deepEqual(take(RELAYS, presence(ME, 'none'), presence(BOX, 'none'), presence(`${ROOM}/other`, 'owner'),
    presence(`999999@meet.${CLOUD}/box`, 'owner')), ['wait', 'wait', 'wait', 'nothing', 'nothing'])
  assert.deepEqual(take(presence(BOX, 'owner')), ['ready'])
  for (const from of [`${ROOM}/box2`, `${ROOM}/other`, ROOM, `box@boxes.${CLOUD}/box`, `guests.${CLOUD}`, '']) {
    assert.deepEqual(take(iq('set', '1', from)), ['nothing'], from)
  }
  assert.deepEqual(take(iq('set', '1', BOX), iq('get', 'p', `guests.${CLOUD}`)), ['box', 'server'])
  assert.deepEqual(take(iq('result', 'relays', `${ROOM}/other`, SERVICES)), ['nothing'])
  assert.deepEqual(take(`<message xmlns="jabber:client" from="${BOX}"/>`, presence(`${ROOM}/other`, 'none', 'error')), ['nothing', 'nothing'])
  assert.deepEqual(take(presence(BOX, 'member')), ['left'])
  assert.deepEqual(room().take(presence(ME, 'none', 'unavailable')), ['left'])
})

test('refusals', () => {
  for (const [condition, news] of [['item-not-found', 'nobody'], ['not-allowed', 'nobody'], ['service-unavailable', 'full'],
    ['resource-constraint', 'tries']] as const) assert.deepEqual(room().take(refusal(condition)), [news], condition)
})

test('relays: what is of use, within bounds', () => {
  const service = (attributes: string): string => `<service ${attributes}/>`
  const some = (...services: string[]) => readRelays(read(`<services xmlns="urn:xmpp:extdisco:2">${services.join('')}</services>`), NOW)
  const login = 'username="u" password="p"'
  const { servers, lifetimeS } = some(
    service('type="stun" host="192.0.2.1" port="3478"'),
    service(`type="turn" host="2001:db8::1" transport="udp" ${login} expires="2026-11-20T12:02:00Z"`),
    service(`type="turns" host="turn.example.org" port="443" transport="tcp" ${login}`),
    service('type="turn" host="no.credential" transport="udp"'), service(`type="turn" host="tcp.example" transport="tcp" ${login}`),
    service(`type="turn" host="over.example" ${login} expires="2026-11-20T11:00:00Z"`), service(`type="turn" host="odd.example" ${login} expires="soon"`),
    service('type="stun" host="a b"'), service('type="stun" host="a" port="0"'), service('type="stun" host="a" port="70000"'),
    service('type="http" host="a"'))
  assert.deepEqual(servers.map(({ urls }) => urls), ['stun:192.0.2.1:3478', 'turn:[2001:db8::1]:3478?transport=udp', 'turns:turn.example.org:443?transport=tcp'])
  assert.equal(lifetimeS, 120)
  assert.equal(some().lifetimeS, 3600)
  assert.equal(some(service('type="stun" host="a" expires="2026-11-20T12:00:01Z"')).lifetimeS, 60)
  assert.equal(some(...Array<string>(20).fill(service('type="stun" host="a"'))).servers.length, 8)
})

test('a detour is looked for ever more seldom', () => {
  const detour = new Detour()
  const due: number[] = []
  for (let second = 0; second < 1000; second++) if (detour.isDue(true, second * 1000)) due.push(second)
  assert.deepEqual(due, [15, 45, 105, 225, 465, 765])
  assert.equal(detour.isDue(false, 1e6), false)
  assert.equal(detour.isDue(true, 1e6), false)
  assert.equal(detour.isDue(true, 1e6 + 15_000), true)
})

class Wire implements Carrier {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  readonly bufferedAmount = 0
  readonly sent: Stanza[] = []
  send(text: string): void {
    this.sent.push(read(text))
  }
  close(): void {
    this.onmessage = null
  }
  say(...texts: string[]): void {
    for (const data of texts) this.onmessage?.({ data })
  }
}

const OPEN = `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="guests.${CLOUD}" id="1" version="1.0"/>`
const FEATURES = '<features xmlns="http://etherx.jabber.org/streams">'
const SETUP = [
  OPEN, `${FEATURES}<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>ANONYMOUS</mechanism></mechanisms></features>`,
  '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>', OPEN, `${FEATURES}<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></features>`,
  '<iq xmlns="jabber:client" type="result" id="bind"/>',
]

function door(setupMs = 5000) {
  const wire = new Wire()
  const log: string[] = []
  const xmpp = new Xmpp(wire, {
    ready: () => log.push('ready'),
    payload: payload => log.push(`payload ${payload.name}`),
    relays: servers => log.push(`relays ${servers.length}`),
    failed: why => log.push(`failed ${why}`),
  }, setupMs, new Meeting(CLOUD, '123456', 'me'))
  wire.onopen?.()
  return { wire, xmpp, log }
}

test('through the room to the box and back', () => {
  const { wire, xmpp, log } = door()
  wire.say(...SETUP, presence(BOX, 'owner'), RELAYS, 'no XML at all', presence(ME, 'none'))
  assert.deepEqual(log, ['relays 1', 'ready'])
  assert.equal(wire.sent[0]?.attributes.to, `guests.${CLOUD}`)
  assert.deepEqual(wire.sent.map(each => each.name), ['open', 'auth', 'open', 'iq', 'iq', 'presence'])
  xmpp.send(element('hello', 'u'))
  assert.equal(wire.sent.at(-1)?.attributes.to, BOX)
  wire.say(iq('set', '7', `${ROOM}/other`), iq('set', '8', BOX), iq('get', '9', `guests.${CLOUD}`, '<ping xmlns="urn:xmpp:ping"/>'),
    '<message xmlns="jabber:client"/>', 'nor here')
  assert.deepEqual(wire.sent.slice(7).map(({ attributes }) => `${attributes.type} ${attributes.id} ${attributes.to}`),
    [`result 8 ${BOX}`, `result 9 guests.${CLOUD}`])
  assert.deepEqual(log.slice(2), ['payload a'])
  wire.say(presence(BOX, 'owner', 'unavailable'))
  assert.equal(log.at(-1), 'failed closed')
})

test('nobody, a full meeting, too many tries', () => {
  for (const [condition, why] of [['item-not-found', 'nobody'], ['service-unavailable', 'room'], ['resource-constraint', 'tries']] as const) {
    const { wire, log } = door()
    wire.say(...SETUP, refusal(condition))
    assert.deepEqual(log, [`failed ${why}`])
  }
})

test('a box that says nothing is nobody, and one that has spoken is heard out', async () => {
  const silent = door(20)
  silent.wire.say(...SETUP, presence(BOX, 'owner'), RELAYS, presence(ME, 'none'))
  const alive = door(20)
  alive.wire.say(...SETUP, presence(BOX, 'owner'), RELAYS, presence(ME, 'none'), iq('result', 'c0', BOX))
  const late = door(20)
  late.wire.say(OPEN)
  await new Promise(resolve => setTimeout(resolve, 60))
  assert.deepEqual(silent.log, ['relays 1', 'ready', 'failed nobody'])
  assert.deepEqual(alive.log, ['relays 1', 'ready'])
  assert.deepEqual(late.log, ['failed unreachable'])
  alive.xmpp.close()
})

test('written as read', () => {
  const ask = new Meeting(CLOUD, '123456', 'me').ask()
  assert.deepEqual(read(write(ask)), ask)
})
