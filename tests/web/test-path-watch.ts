/** When a path counts as dead: what is sent, what comes back, and time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PathWatch } from '../../sender/web/src/path-watch'

/** Moments at which it is said to be dead. */
function deaths(samples: readonly (readonly [atMs: number, received: number | null, sent: number])[]): number[] {
  const watch = new PathWatch()
  return samples.filter(([atMs, bytesReceived, packetsSent]) => watch.see({ atMs, bytesReceived, packetsSent })).map(([at]) => at)
}

/** Every quarter of a second, ten packets, and answers until a moment. */
function stream(until: number, end: number, back = Infinity): [number, number, number][] {
  const samples: [number, number, number][] = []
  for (let at = 0; at <= end; at += 250) samples.push([at, at < until ? at : at < back ? until : at, at / 25])
  return samples
}

test('a path that goes on is alive', () => assert.deepEqual(deaths(stream(9000, 8000)), []))

test('a path without answers is dead within a second, and again two seconds later', () =>
  assert.deepEqual(deaths(stream(1000, 6000)), [1750, 3750, 5750]))

test('an answer makes it alive, and it can die again', () => {
  const watch = new PathWatch()
  let dead = 0
  for (const [atMs, bytesReceived, packetsSent] of stream(1000, 6000, 2000)) {
    if (watch.see({ atMs, bytesReceived, packetsSent })) dead++
    if (atMs === 1750) assert.ok(watch.dead)
    if (atMs === 2000) assert.ok(!watch.dead)
  }
  assert.equal(dead, 1)
})

test('who sends next to nothing hears nothing', () => {
  assert.deepEqual(deaths([[0, 500, 10], [1000, 500, 11], [2000, 500, 12], [3000, 500, 13], [9000, 500, 13]]), [])
  // The first pictures after a still time are not answered before they are sent.
  assert.deepEqual(deaths([[0, 500, 10], [9000, 500, 60], [9250, 600, 70]]), [])
})

test('another pair begins to count at zero, and is dead until something comes over it', () =>
  assert.deepEqual(deaths([[0, 500, 10], [250, 500, 20], [750, 500, 30], [1000, 0, 31], [2000, 0, 31], [2750, 0, 31], [3000, 40, 31]]),
    [750, 2750]))

test('a browser that does not tell is believed', () =>
  assert.deepEqual(deaths([[0, null, 10], [1000, null, 100], [2000, null, 200]]), []))
