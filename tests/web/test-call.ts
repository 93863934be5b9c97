/** The caller's state machine against a box played here with real proofs, in order and in every wrong order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bytes, concat, fromBase64, toBase64, utf8 } from '../../sender/web/src/bytes'
import { Call } from '../../sender/web/src/call'
import { lvCat } from '../../sender/web/src/cpace'
import { CALL_NS, formatFingerprint, message } from '../../sender/web/src/messages'
import { hmacSha512256, Pake } from '../../sender/web/src/pake'
import { commitTo, formatSas } from '../../sender/web/src/sas'
import { element, type Stanza } from '../../sender/web/src/stanza'

const OWN = new Uint8Array(32).fill(1)
const BOX = new Uint8Array(32).fill(2)
const sdpOf = (fingerprint: Bytes) => `v=0\r\na=fingerprint:sha-256 ${formatFingerprint(fingerprint)}\r\n`

interface Heard {
  readonly sent: Stanza[]
  readonly log: string[]
}

/** A caller and the box's half of its proof. */
function room(pin = '271828') {
  const heard: Heard = { sent: [], log: [] }
  const call = new Call('Ada\u202e', OWN, {
    send: payload => heard.sent.push(payload),
    challenge: (ask, name) => heard.log.push(`challenge ${ask} ${name}`),
    wait: sas => heard.log.push(`wait ${sas}`),
    answer: () => heard.log.push('answer'),
    report: report => heard.log.push(`report ${report.state} ${report.maxKbps}`),
    restarted: () => heard.log.push('restarted'),
    resumed: () => heard.log.push('resumed'),
    candidate: candidate => heard.log.push(`candidate ${candidate}`),
    ended: (reason, retry) => heard.log.push(`ended ${reason} ${retry}`),
  })
  const pake = new Pake({ role: 'box', channel: 'lectern call 1', code: pin, session: call.sid, caller: OWN, box: BOX })
  return { call, pake, ...heard }
}

type Room = ReturnType<typeof room>

const bytesOf = (payload: Stanza | undefined, name: string): Bytes =>
  fromBase64(payload?.children.find(each => each.name === name)?.text ?? '', 32) ?? new Uint8Array(0)

const challengeOf = ({ call, pake }: Room, ask = 'pin', more = {}) => message('challenge', call.sid,
  { version: '1', name: 'Room 12', fingerprint: formatFingerprint(BOX), ask, ...more }, { point: toBase64(pake.point) })

function answerOf({ pake, sent, call }: Room, sdp = sdpOf(BOX)): Stanza {
  const offer = sent.find(each => each.name === 'offer')
  assert.ok(pake.finish(bytesOf(offer, 'point')))
  return message('answer', call.sid, {}, { confirm: toBase64(pake.confirm()), sdp })
}

const reportOf = (call: Call, more = {}) =>
  message('stats', call.sid, { 'display-us': '1000', width: '1920', height: '1080', visible: 'true', ...more })

function proved(pin?: string, typed = '271828'): Room {
  const at = room(pin)
  at.call.dial(0)
  at.call.receive(challengeOf(at), 0)
  at.call.prove(typed, sdpOf(OWN), 0)
  return at
}

function up(): Room {
  const at = proved()
  assert.ok(at.call.receive(answerOf(at), 0))
  at.log.length = at.sent.length = 0
  return at
}

test('a call from hello to bye', () => {
  const at = room()
  at.call.sendCandidate('candidate:early')
  at.call.dial(0)
  const [hello] = at.sent
  assert.equal(hello?.attributes.name, 'Ada\ufffd')
  assert.equal(hello?.attributes.fingerprint, formatFingerprint(OWN))
  at.call.receive(challengeOf(at), 0)
  at.call.prove('271828', sdpOf(OWN), 0)
  const offer = at.sent[1]
  assert.deepEqual(commitTo(bytesOf(offer, 'nonce')), bytesOf(hello, 'commit'))
  assert.equal(at.sent[2]?.text, 'candidate:early')
  at.call.receive(message('candidate', at.call.sid, {}, {}, 'candidate:box'), 0)
  assert.deepEqual(at.log, ['challenge pin Room 12'])
  const answer = answerOf(at)
  assert.ok(at.pake.verify(bytesOf(offer, 'confirm')))
  at.call.receive(answer, 0)
  at.call.receive(message('candidate', at.call.sid, { end: 'true' }), 0)
  at.call.receive(reportOf(at.call), 0)
  at.call.receive(reportOf(at.call, { state: 'held', 'max-kbps': '4000', 'max-fps': '30' }), 0)
  at.call.hangUp('bye')
  at.call.hangUp('bye')
  assert.deepEqual(at.log, ['challenge pin Room 12', 'answer', 'candidate candidate:box', 'candidate null', 'report shown 0', 'report held 4000', 'ended bye 0'])
  assert.equal(at.sent.at(-1)?.attributes.reason, 'bye')
})

test('a person decides, and both sides show the same digits', () => {
  const at = room('')
  at.call.dial(0)
  at.call.receive(challengeOf(at, 'approval'), 0)
  at.call.prove('ignored', sdpOf(OWN), 0)
  at.call.receive(message('wait', at.call.sid), 0)
  const nonce = bytesOf(at.sent[1], 'nonce')
  assert.equal(at.log[1], `wait ${formatSas({ session: at.call.sid, caller: OWN, box: BOX, boxPoint: at.pake.point, nonce })}`)
  assert.ok(at.call.receive(answerOf(at), 119e3))
  assert.equal(at.log.at(-1), 'answer')
})

test('a box that cannot prove the PIN, or speaks of another certificate, is an impostor', () => {
  const wrongPin = proved('000000')
  assert.ok(!wrongPin.call.receive(answerOf(wrongPin), 0))
  assert.equal(wrongPin.log.at(-1), 'ended impostor 0')
  const other = sdpOf(new Uint8Array(32).fill(3))
  for (const sdp of [other, sdpOf(BOX) + other, `${sdpOf(BOX)}a=fingerprint:sha-512 AB\r\n`, `${sdpOf(BOX)}A = FINGERPRINT:sha-1 AB\n`, 'v=0\r\n']) {
    const at = proved()
    assert.ok(!at.call.receive(answerOf(at, sdp), 0), sdp)
    assert.equal(at.log.at(-1), 'ended impostor 0', sdp)
    assert.equal(at.sent.at(-1)?.attributes.reason, 'impostor')
  }
  const hidden = proved()
  hidden.call.receive(answerOf(hidden, `${sdpOf(BOX)}a=x\ra=fingerprint:sha-256 AB\r\n`), 0)
  assert.equal(hidden.log.at(-1), 'ended protocol 0')
})

test('refusals', () => {
  for (const [reason, retry] of [['denied', undefined], ['locked', '60'], ['busy', '0'], ['revoked', undefined]] as const) {
    const at = proved()
    at.call.receive(message('refused', at.call.sid, { reason, 'retry-after': retry }), 0)
    assert.equal(at.log.at(-1), `ended ${reason} ${Number(retry ?? 0)}`)
    assert.notEqual(at.sent.at(-1)?.name, 'bye')
  }
})

const STATES: Record<string, () => Room> = {
  new: () => room(),
  greeted: () => { const at = room(); at.call.dial(0); return at },
  challenged: () => { const at = STATES.greeted!(); at.call.receive(challengeOf(at), 0); return at },
  offered: () => proved(),
  waiting: () => { const at = proved(); at.call.receive(message('wait', at.call.sid), 0); return at },
  up,
  parted: () => { const at = up(); at.call.part(0); at.call.resume(); return at },
}

const WELCOME: Record<string, string> = {
  new: '', greeted: 'challenge refused bye', challenged: 'refused bye', offered: 'wait answer candidate refused bye',
  waiting: 'answer candidate refused bye', up: 'candidate stats restart bye', parted: 'resumed refused bye',
}

test('every message in every state', () => {
  const names = ['hello', 'challenge', 'offer', 'wait', 'answer', 'refused', 'candidate', 'stats', 'bye', 'pause', 'restart', 'resume', 'resumed', 'other']
  for (const [state, make] of Object.entries(STATES)) {
    for (const name of names) {
      if (WELCOME[state]?.split(' ').includes(name)) continue
      const at = make()
      assert.equal(at.call.receive(message(name, at.call.sid, { reason: 'bye' }), 0), false, `${name} in ${state}`)
      assert.equal(at.log.at(-1), 'ended protocol 0', `${name} in ${state}`)
      assert.equal(at.log.filter(each => each.startsWith('ended')).length, 1)
      assert.ok(!at.call.receive(reportOf(at.call), 0))
    }
  }
})

test('malformed messages end the call', () => {
  const cases: ((at: Room) => Stanza)[] = [
    at => challengeOf(at, 'blood'), at => challengeOf(at, 'pin', { fingerprint: 'AB' }), at => challengeOf(at, 'pin', { name: undefined }),
    at => challengeOf(at, 'pin', { version: '-1' }), at => ({ ...challengeOf(at), children: [] }),
    at => ({ ...challengeOf(at), children: [...challengeOf(at).children, ...challengeOf(at).children] }),
    at => message('refused', at.call.sid, { reason: 'because' }), at => message('refused', at.call.sid, { reason: 'locked', 'retry-after': '86401' }),
    () => message('challenge', 'x'), at => element('challenge', 'urn:other', { sid: at.call.sid }),
  ]
  for (const [index, make] of cases.entries()) {
    const at = room()
    at.call.dial(0)
    assert.ok(!at.call.receive(make(at), 0), String(index))
    assert.equal(at.log.at(-1), 'ended protocol 0', String(index))
  }
  const at = room()
  at.call.dial(0)
  at.call.receive(challengeOf(at, 'pin', { version: '2' }), 0)
  assert.equal(at.log.at(-1), 'ended version 0')
})

test('what is left of the last call does nothing', () => {
  const at = up()
  assert.ok(at.call.receive(message('bye', '0'.repeat(32), { reason: 'bye' }), 0))
  assert.deepEqual(at.log, [])
})

test('a point that is none ends the call before anything is proved', () => {
  const at = room()
  at.call.dial(0)
  const challenge = challengeOf(at)
  at.call.receive({ ...challenge, children: [element('point', CALL_NS, {}, [], toBase64(new Uint8Array(32)))] }, 0)
  at.call.prove('271828', sdpOf(OWN), 0)
  assert.equal(at.log.at(-1), 'ended protocol 0')
  assert.ok(at.sent.every(each => each.name !== 'offer'))
})

test('time limits', () => {
  for (const [state, limit] of [['greeted', 5e3], ['offered', 10e3], ['waiting', 120e3]] as const) {
    const at = STATES[state]!()
    at.call.tick(limit - 1)
    assert.ok(!at.log.some(each => each.startsWith('ended')))
    at.call.tick(limit)
    assert.equal(at.log.at(-1), 'ended timeout 0')
  }
  for (const state of ['new', 'challenged', 'up']) assert.equal(STATES[state]!().call.deadline, Infinity)
})

test('candidates: limits, and the end mark', () => {
  const many = up()
  for (let at = 0; at < 64 + 256; at++) assert.ok(many.call.receive(message('candidate', many.call.sid, {}, {}, `candidate:${at}`), 0))
  assert.equal(many.log.length, 64)
  assert.ok(!many.call.receive(message('candidate', many.call.sid, {}, {}, 'candidate:x'), 0))
  const late = up()
  late.call.receive(message('candidate', late.call.sid, { end: 'true' }), 0)
  assert.ok(!late.call.receive(message('candidate', late.call.sid, {}, {}, 'candidate:x'), 0))
  const own = up()
  for (let at = 0; at < 100; at++) own.call.sendCandidate(`candidate:${at}`)
  own.call.sendCandidate(null)
  own.call.sendCandidate('candidate:late')
  assert.equal(own.sent.length, 65)
  assert.equal(own.sent.at(-1)?.attributes.end, 'true')
})

test('restarting: once a second, and only the last answer counts', () => {
  const at = up()
  at.call.sendCandidate(null)
  at.call.receive(message('candidate', at.call.sid, { end: 'true' }), 0)
  at.call.restart(sdpOf(OWN), 10)
  assert.equal(at.call.restartDue, 1010)
  at.call.restart(sdpOf(OWN), 1009)
  at.call.restart(sdpOf(OWN), 1010)
  assert.deepEqual(at.sent.filter(each => each.name === 'restart').map(each => each.attributes.number), ['1', '2'])
  at.call.sendCandidate('candidate:new')
  assert.equal(at.sent.at(-1)?.text, 'candidate:new')
  at.call.receive(message('restart', at.call.sid, { number: '1' }, { sdp: sdpOf(BOX) }), 1010)
  at.call.receive(message('restart', at.call.sid, { number: '2' }, { sdp: sdpOf(BOX) }), 1010)
  at.call.receive(message('candidate', at.call.sid, {}, {}, 'candidate:box'), 1010)
  assert.deepEqual(at.log, ['candidate null', 'restarted', 'candidate candidate:box'])
  for (let round = 2; round < 40; round++) at.call.restart(sdpOf(OWN), round * 2000)
  // Thirty, and three for the 78 seconds.
  assert.equal(at.sent.filter(each => each.name === 'restart').length, 33)
  assert.ok(!at.call.receive(message('restart', at.call.sid, { number: '33' }, { sdp: sdpOf(OWN) }), 1010))
  assert.equal(at.log.at(-1), 'ended impostor 0')
})

function proofOf(at: Room, who: string, count: number): string {
  const number = new Uint8Array(8)
  number[7] = count
  const text = concat(lvCat(utf8(`lectern call 1 resume ${who}`)), utf8(at.call.sid), number)
  return toBase64(hmacSha512256(at.pake.derive('lectern call 1 resume'), text))
}

test('what becomes of the picture is said when it changes, and to older boxes, too', () => {
  const at = up()
  for (const picture of ['hidden', 'hidden', 'moving', 'still', 'hidden', 'still'] as const) at.call.pause(picture)
  const said = at.sent.filter(each => each.name === 'pause').map(each => [each.attributes.on, each.attributes.hide])
  assert.deepEqual(said, [['false', 'true'], ['false', undefined], ['true', undefined], ['false', 'true'], ['true', undefined]])
})

test('a picture that came back while the call was parted is said', () => {
  const at = up()
  at.call.pause('hidden')
  at.call.part(5)
  at.call.pause('moving')
  at.call.resume()
  at.call.receive(message('resumed', at.call.sid, { count: '1' }, { proof: proofOf(at, 'box', 1) }), 6)
  assert.deepEqual(at.sent.at(-1)?.attributes.on, 'false')
  assert.equal(at.sent.at(-1)?.name, 'pause')
  assert.equal(at.sent.at(-1)?.attributes.hide, undefined)
})

test('resuming with a proof on both sides', () => {
  const at = up()
  at.call.pause('still')
  at.call.part(5)
  at.call.sendCandidate('candidate:kept')
  at.call.pause('moving')
  at.call.pause('still')
  at.call.resume()
  assert.deepEqual(at.sent.map(each => each.name), ['pause', 'resume'])
  assert.equal(at.sent[1]?.children[0]?.text, proofOf(at, 'caller', 1))
  at.call.receive(message('resumed', at.call.sid, { count: '1' }, { proof: proofOf(at, 'box', 1) }), 6)
  assert.deepEqual(at.log, ['resumed'])
  assert.deepEqual(at.sent.slice(2).map(each => each.name), ['pause', 'candidate'])
  at.call.part(7)
  at.call.resume()
  assert.ok(!at.call.receive(message('resumed', at.call.sid, { count: '1' }, { proof: proofOf(at, 'box', 1) }), 8))
  assert.equal(at.log.at(-1), 'ended impostor 0')
})

test('a call that cannot be resumed is gone', () => {
  const at = up()
  at.call.part(5)
  at.call.tick(30004)
  assert.deepEqual(at.log, [])
  at.call.tick(30005)
  assert.deepEqual(at.log, ['ended gone 0'])
  const early = proved()
  early.call.part(0)
  assert.equal(early.log.at(-1), 'ended gone 0')
  const refused = STATES.parted!()
  refused.call.receive(message('refused', refused.call.sid, { reason: 'gone' }), 1)
  assert.equal(refused.log.at(-1), 'ended gone 0')
})
