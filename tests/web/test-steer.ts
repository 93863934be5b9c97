/** The host's side of the host protocol against a box played here; the seal against signalling/seal.c's vectors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, toBase64 } from '../../sender/web/src/bytes'
import { readMessage } from '../../sender/web/src/host/room'
import { MAX_TEXT_BYTES, Seal } from '../../sender/web/src/host/seal'
import { HOST_NS, Steer } from '../../sender/web/src/host/steer'
import { Pake } from '../../sender/web/src/pake'
import { element, type Stanza } from '../../sender/web/src/stanza'

const CHANNEL = 'lectern host 1'
const KEY = Uint8Array.from({ length: 32 }, (_, at) => at)
const NOTHING = new Uint8Array(0)

class Box {
  readonly log: string[] = []
  readonly sent: Stanza[] = []
  readonly steer: Steer
  readonly pake: Pake
  out = new Seal(CHANNEL, KEY)
  into = new Seal(CHANNEL, KEY)

  constructor(code = '24681357') {
    this.steer = new Steer({
      send: payload => { this.sent.push(payload) },
      challenge: boxName => { this.log.push(`challenge ${boxName}`) },
      open: () => { this.log.push('open') },
      text: text => { this.log.push(`text ${text}`) },
      ended: (reason, retryAfterS) => { this.log.push(`ended ${reason} ${retryAfterS}`) },
    })
    this.pake = new Pake({ role: 'box', channel: CHANNEL, code, session: this.steer.sid, caller: NOTHING, box: NOTHING })
  }

  say(name: string, attributes: Record<string, string> = {}, children: Record<string, string> = {}, text = ''): void {
    const inner = Object.entries(children).map(([key, value]) => element(key, HOST_NS, {}, [], value))
    this.steer.receive(element(name, HOST_NS, { sid: this.steer.sid, ...attributes }, inner, text))
  }

  take(name: string): Stanza {
    const payload = this.sent.shift()
    assert.equal(payload?.name, name)
    assert.equal(payload.attributes.sid, this.steer.sid)
    return payload
  }

  challenge(): void {
    this.steer.dial()
    assert.equal(this.take('hello').attributes.version, '1')
    this.say('challenge', { version: '1', name: 'Room 12' }, { point: toBase64(this.pake.point) })
  }

  /** Whether the host's proof holds. */
  prove(): boolean {
    this.challenge()
    this.steer.prove('24681357')
    const prove = this.take('prove')
    const read = (name: string): Uint8Array =>
      fromBase64(prove.children.find(each => each.name === name)?.text ?? '', 32) ?? NOTHING
    assert.ok(this.pake.finish(read('point')))
    this.out = new Seal(CHANNEL, this.pake.derive(`${CHANNEL} seal box`))
    this.into = new Seal(CHANNEL, this.pake.derive(`${CHANNEL} seal host`))
    return this.pake.verify(read('confirm'))
  }

  open(): Box {
    assert.ok(this.prove())
    this.say('welcome', {}, { confirm: toBase64(this.pake.confirm()) })
    assert.ok(this.steer.isOpen)
    return this
  }

  seal(text: string): void {
    const message = this.out.close(text)
    assert.ok(message)
    this.say('sealed', { n: String(message.n) }, {}, message.sealed)
  }
}

test('the seal is the one that the box makes', () => {
  const out = new Seal(CHANNEL, KEY)
  const into = new Seal(CHANNEL, KEY)
  const vectors = [['{}', 'Y8X55BNDJYYHb6ms50tYG6qe'], ['{"room":{}}', 'En4Otl5nmkBWDAMfnng7QqDWiPZ7JX0lsYiN']] as const
  vectors.forEach(([text, sealed], n) => {
    assert.deepEqual(out.close(text), { n, sealed })
    assert.equal(into.open(n + 1, sealed), null)
    assert.equal(into.open(n, sealed), text)
    assert.equal(into.open(n, sealed), null)
  })
})

test('a seal takes no more than a text may have, and opens nothing else', () => {
  const seal = new Seal(CHANNEL, KEY)
  assert.ok(seal.close('x'.repeat(MAX_TEXT_BYTES)))
  assert.equal(seal.close('x'.repeat(MAX_TEXT_BYTES + 1)), null)
  assert.equal(seal.close('é'.repeat(MAX_TEXT_BYTES / 2 + 1)), null)
  for (const text of ['', 'AAAA', '!!!!', 'A'.repeat(60000), 'Y8X55BNDJYYHb6ms50tYG6qf'])
    assert.equal(new Seal(CHANNEL, KEY).open(0, text), null)
})

test('proof, texts both ways, and the end', () => {
  const box = new Box().open()
  box.seal('{"room":{}}')
  box.seal('Grüße')
  assert.ok(box.steer.say('{"n":1}'))
  const sealed = box.take('sealed')
  assert.equal(box.into.open(Number(sealed.attributes.n), sealed.text), '{"n":1}')
  box.say('bye', { reason: 'bye' })
  assert.deepEqual(box.log, ['challenge Room 12', 'open', 'text {"room":{}}', 'text Grüße', 'ended bye 0'])
  assert.equal(box.steer.say('late'), false)
  assert.equal(box.sent.length, 0)
})

test('a box that does not know the code is an impostor', () => {
  const box = new Box('13572468')
  assert.equal(box.prove(), false)
  box.say('welcome', {}, { confirm: toBase64(box.pake.confirm()) })
  assert.equal(box.log.at(-1), 'ended impostor 0')
  assert.ok(!box.log.includes('open'))
})

test('refusals', () => {
  for (const [reason, retry, expected] of [['denied', undefined, 0], ['locked', '30', 30], ['off', undefined, 0]] as const) {
    const box = new Box()
    box.prove()
    box.say('refused', retry ? { reason, 'retry-after': retry } : { reason })
    assert.equal(box.log.at(-1), `ended ${reason} ${expected}`)
  }
})

test('what is out of order, replayed, skipped or reflected ends it', () => {
  const wrong: readonly ((box: Box) => void)[] = [
    box => { box.say('sealed', { n: '0' }, {}, 'Y8X55BNDJYYHb6ms50tYG6qe') },
    box => { box.say('welcome', {}, { confirm: toBase64(KEY) }) },
    box => { box.prove(); box.say('challenge', { version: '1' }, { point: toBase64(box.pake.point) }) },
    box => { box.challenge(); box.steer.prove('x'); box.say('welcome', {}, {}) },
    box => { box.open().say('welcome', {}, { confirm: toBase64(box.pake.point) }) },
    box => {
      const message = box.open().out.close('{}')
      for (const _ of [1, 2]) box.say('sealed', { n: '0' }, {}, message?.sealed)
    },
    box => { box.open().out.close('{}'); box.seal('{}') },
    box => { box.open().steer.say('{}'); box.steer.receive(box.take('sealed')) },
    box => { box.open().say('sealed', { n: 'x' }, {}, '') },
    box => { box.open().say('refused', { reason: 'denied' }) },
    box => { box.open().say('bye', { reason: 'nonsense' }) },
    box => { box.steer.dial(); box.say('challenge', { version: '2' }, { point: toBase64(box.pake.point) }) },
    box => { box.steer.dial(); box.steer.receive(element('challenge', HOST_NS, { sid: '0'.repeat(32), version: '1' })) },
  ]
  for (const act of wrong) {
    const box = new Box()
    act(box)
    assert.equal(box.log.at(-1), 'ended protocol 0', act.toString())
    assert.equal(box.log.filter(line => line.startsWith('ended')).length, 1)
  }
})

test('the neutral element as the box’s point ends it', () => {
  const box = new Box()
  box.steer.dial()
  box.say('challenge', { version: '1' }, { point: toBase64(new Uint8Array(32)) })
  box.steer.prove('24681357')
  assert.equal(box.log.at(-1), 'ended protocol 0')
})

test('the room is read strictly', () => {
  for (const text of ['', '[]', '7', '{}', 'null', '{"preview":{"presenter":0,"jpeg":"AA=="}}', '{"preview":{"presenter":1,"jpeg":"x y"}}'])
    assert.equal(readMessage(text), null, text)
  const message = readMessage(JSON.stringify({ room: {
    name: 'Room 12', layout: 'spiral', focus: -1, approval: 'always', locked: 'yes', hosts: 2, presenters: [
      { id: 3, name: 'Anna', state: 'held', width: 640, height: 360 }, { id: 0, state: 'held' }, { id: 4, state: 'gone' }, null, 7],
    tokens: [{ id: 1, scope: 'whip', label: 'OBS', minutes: 5 }, { id: 2, scope: 'all' }] } }))
  assert.equal(message?.kind, 'room')
  if (message.kind !== 'room') return
  assert.equal(message.room.layout, 'automatic')
  assert.equal(message.room.focus, 0)
  assert.equal(message.room.locked, false)
  assert.equal(message.room.whip, false)
  assert.deepEqual(message.room.presenters.map(one => one.id), [3])
  assert.deepEqual(message.room.tokens.map(one => one.id), [1])
  for (const [given, reason] of [['', 'other'], ['"reason":"no-token",', 'no-token'], ['"reason":"new",', 'other'], ['"reason":7,', 'other']])
    assert.deepEqual(readMessage(`{"failed":7,${given}"why":"No."}`), { kind: 'answer', answer: { ok: false, n: 7, reason, why: 'No.' } })
})
