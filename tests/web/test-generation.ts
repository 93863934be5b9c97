/** Candidates of a restart go before all that were there before, and keep their order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rankCandidates } from '../../sender/web/src/generation'

const UDP = 'candidate:1 1 udp 2015363327 10.78.1.2 47559 typ host'
const TCP = 'candidate:3 1 tcp 1010827519 10.78.1.2 45111 typ host tcptype passive'

const priorityOf = (candidate: string, generation: number): number =>
  Number(rankCandidates(candidate, generation).split(' ')[3])

test('UDP first, and a later TCP before an earlier UDP', () => {
  for (const generation of [0, 1, 2, 30, 299]) {
    assert.ok(priorityOf(UDP, generation) > priorityOf(TCP, generation))
    assert.ok(priorityOf(TCP, generation + 1) > priorityOf(UDP, generation))
  }
})

test('a priority stays below those that browsers give', () => {
  const highest = UDP.replace('2015363327', '4294967295')
  assert.ok(priorityOf(highest, 30) < 80 * 2 ** 24 && priorityOf(highest, 1e9) < 2 ** 31)
})

test('all else stays as it is, in a line and in a description', () => {
  assert.equal(rankCandidates(UDP, 0).replace(/ 1\d{9} /, ' 2015363327 '), UDP)
  const sdp = `v=0\r\na=ice-ufrag:abcd\r\na=${UDP}\r\na=${TCP}\r\na=end-of-candidates\r\n`
  const ranked = rankCandidates(sdp, 1)
  assert.equal(ranked.split('\r\n').length, 6)
  assert.ok(ranked.includes(`a=${rankCandidates(UDP, 1)}\r\n`) && ranked.includes(`a=${rankCandidates(TCP, 1)}\r\n`))
  for (const odd of ['', 'candidate:', 'candidate:1 1 udp x 10.0.0.1 1 typ host']) assert.equal(rankCandidates(odd, 1), odd)
})
