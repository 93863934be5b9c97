/** CPace against draft-irtf-cfrg-cpace-21, appendix B.3 (ristretto255 with SHA-512), value by value. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../sender/web/src/bytes'
import * as cpace from '../../sender/web/src/cpace'
import { hex, unhex } from './hex'

const PRS = utf8('Password')
const CI = unhex('0b415f696e69746961746f720b425f726573706f6e646572')
const SID = unhex('7e4b4791d6a8ef019b936c79fb7f2c57')
const GENERATOR_STRING = `11435061636552697374726574746f3235350850617373776f726464${'00'.repeat(100)}` +
  '180b415f696e69746961746f720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57'
const GENERATOR = '222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56'
const SCALAR_A = 'da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08'
const POINT_A = 'd6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157'
const SCALAR_B = 'd2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d'
const POINT_B = '3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258'
const K = '80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f'
const ISK = 'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd' +
  '2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447'
const VALID_SCALAR = '7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05'
const VALID_POINT = '2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c'
const VALID_PRODUCT = '7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e'

function product(scalar: string, point: string): string | null {
  const made = cpace.multiply(unhex(scalar), unhex(point))
  return made && hex(made)
}

test('lengths', () => {
  assert.equal(hex(cpace.lvCat(utf8('1234'), utf8('5'), utf8(''), utf8('678'))), '043132333401350003363738')
  assert.equal(cpace.lvCat(new Uint8Array(127)).length, 128)
  assert.equal(hex(cpace.lvCat(new Uint8Array(128)).slice(0, 3)), '800100')
})

test('generator', () => {
  assert.equal(hex(cpace.generatorString(PRS, CI, SID)), GENERATOR_STRING)
  assert.equal(hex(cpace.makeGenerator(PRS, CI, SID)), GENERATOR)
})

test('points', () => {
  assert.equal(product(SCALAR_A, GENERATOR), POINT_A)
  assert.equal(product(SCALAR_B, GENERATOR), POINT_B)
  assert.equal(product(SCALAR_A, POINT_B), K)
  assert.equal(product(SCALAR_B, POINT_A), K)
  assert.equal(product(VALID_SCALAR, VALID_POINT), VALID_PRODUCT)
})

test('the intermediate session key', () => {
  const transcript = cpace.makeTranscript(unhex(POINT_A), utf8('ADa'), unhex(POINT_B), utf8('ADb'))
  assert.equal(hex(transcript), `20${POINT_A}0341446120${POINT_B}03414462`)
  assert.equal(hex(cpace.makeIsk(SID, unhex(K), transcript)), ISK)
})

test('points that are refused', () => {
  const refused = [
    '2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c', '00'.repeat(32),
    // RFC 9496 appendix A.2: not canonical field elements, and negative ones.
    `00${'ff'.repeat(31)}`, `f3${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}7f`, `01${'00'.repeat(31)}`, `01${'ff'.repeat(30)}7f`,
    // The highest bit, and another length.
    `${VALID_POINT.slice(0, -2)}9c`, VALID_POINT.slice(2), `${VALID_POINT}00`, '',
  ]
  for (const point of refused) assert.equal(product(VALID_SCALAR, point), null, point)
})

test('every flipped bit is refused or gives another product', () => {
  for (let bit = 0; bit < 256; bit++) {
    const point = unhex(VALID_POINT)
    point[bit >> 3] = (point[bit >> 3] ?? 0) ^ 1 << (bit & 7)
    const made = cpace.multiply(unhex(VALID_SCALAR), point)
    assert.ok(made === null || hex(made) !== VALID_PRODUCT)
  }
})

test('a password longer than the block leaves no padding', () => {
  const made = cpace.generatorString(new Uint8Array(200), utf8('c'), utf8('s'))
  assert.equal(made.length, 18 + 2 + 200 + 1 + 2 + 2)
})

test('scalars are drawn below the order, and fresh', () => {
  const drawn = Array.from({ length: 64 }, () => cpace.drawScalar())
  assert.ok(drawn.every(scalar => scalar.length === 32 && (scalar[31] ?? 255) <= 0x10))
  assert.equal(new Set(drawn.map(hex)).size, 64)
})
