/** The proof against what signalling/pake.c and sas.c make with the same scalars, and against itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pake, type PakeInput, type Role } from '../../sender/web/src/pake'
import { commitTo, formatSas } from '../../sender/web/src/sas'
import { hex, unhex } from './hex'

const VECTORS = [
  {
    channel: 'lectern call 1', code: '271828',
    session: '0123456789abcdef0123456789abcdef',
    caller: '11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3ea',
    box: 'c9d0d7dee5ecf3fa01080f161d242b323940474e555c636a71787f868d949ba2',
    scalarA: '080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da01',
    scalarB: '686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e252c333a01',
    pointA: 'aa6d85a13fd7ea4b209c2173ca97187a4d73edb6823e9422d283f006d8047e64',
    pointB: '5ce0f8f5d96a222393210a1105ca4a7274f9142f902316ab50b51c710bc88677',
    confirmA: '3afa2b7305f742085b88e53421f84113a056b53eaf5e638b123b47a7087ea971',
    confirmB: 'da03e6354fe03f3e2a5a2b652db183f37829a28b0a60c2d176c0016da884778d',
    label: 'lectern call 1 resume',
    key: '34247b388f2c9def6b2a7e450cd06df9d9ca207036dd7352511363e27abfd0b5',
    nonce: '373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910',
    commit: 'c8cf70feeb5abb0e13ed097338119d23482bae47430343a418adab313a4fa6fe',
    sas: '542489',
  },
  {
    channel: 'lectern call 1', code: '',
    session: 'fedcba98765432100123456789abcdef',
    caller: 'c9d0d7dee5ecf3fa01080f161d242b323940474e555c636a71787f868d949ba2',
    box: '11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3ea',
    scalarA: '080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da01',
    scalarB: '686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e252c333a01',
    pointA: '7298c56b9ba5bb238555cbb8fd547c88960c777d8687bcf56d04c29af42b1553',
    pointB: 'b0850fddea6e1853be47f605bde2dfd051beeab4072832f7edc84ad72a48b931',
    confirmA: '4d825d4ed4143595dc6c621a6e13ab67c197e722c4e34fa52977bc540f0d725c',
    confirmB: '0d3ab316d85a020ac79ca571b80f7ce582fa6c8a047d04225791132ac34d800a',
    label: 'lectern call 1 resume',
    key: '6e73bc7c0d99e09863e32ed82d813e8a74d2e386088145c6d5e53eb9ccd1a80f',
    nonce: '373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910',
    commit: 'c8cf70feeb5abb0e13ed097338119d23482bae47430343a418adab313a4fa6fe',
    sas: '206674',
  },
  {
    channel: 'lectern host 1', code: '31415926',
    session: '00112233445566778899aabbccddeeff',
    scalarA: '080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da01',
    scalarB: '686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e252c333a01',
    pointA: 'ba6abe2453c9c0e803cb63ba413eafba2a433d4e816463c323cfcb2091120556',
    pointB: '70d2d3e2ed0bd256a412e9cb355595d305e607319469555d25db52b659c64a28',
    confirmA: 'f3307a0694ab7c18f2f13aa18749d4b3ba108571897ddce0b78bda4021c262cd',
    confirmB: '88e23ede8119e8649adf6e3cf1bc0dd5dd439c76b49eb856b8b0ee2c2f04e5b0',
    label: 'lectern host 1 to box',
    key: '7322b0d63b1cf7f18b524fb12b4ec49452417b8d631efe243294235983af3045',
  },
]

function side(role: Role, of: { channel?: string, code?: string, session?: string, caller?: string, box?: string }, scalar?: string) {
  const { channel = 'lectern call 1', code = '', session = 's', caller = '', box = '' } = of
  const input: PakeInput = { role, channel, code, session, caller: unhex(caller), box: unhex(box) }
  return scalar ? new Pake(input, unhex(scalar)) : new Pake(input)
}

test('both sides make what the box\'s own code makes', () => {
  for (const vector of VECTORS) {
    const caller = side('caller', vector, vector.scalarA)
    const box = side('box', vector, vector.scalarB)
    assert.equal(hex(caller.point), vector.pointA)
    assert.equal(hex(box.point), vector.pointB)
    assert.ok(caller.finish(box.point) && box.finish(caller.point))
    assert.equal(hex(caller.confirm()), vector.confirmA)
    assert.equal(hex(box.confirm()), vector.confirmB)
    assert.ok(caller.verify(box.confirm()) && box.verify(caller.confirm()))
    assert.equal(hex(caller.derive(vector.label)), vector.key)
    assert.equal(hex(box.derive(vector.label)), vector.key)
  }
})

test('the short string and its commitment', () => {
  for (const { session, caller, box, pointB, nonce, commit, sas } of VECTORS) {
    if (!nonce || !caller || !box) continue
    assert.equal(hex(commitTo(unhex(nonce))), commit)
    const parts = { session, caller: unhex(caller), box: unhex(box), boxPoint: unhex(pointB), nonce: unhex(nonce) }
    assert.equal(formatSas(parts), sas)
  }
})

const SAME = { code: '123456', session: 'a', caller: '01', box: '02' }

function agree(a: Parameters<typeof side>[1], b: Parameters<typeof side>[1]): boolean {
  const caller = side('caller', a)
  const box = side('box', b)
  assert.ok(caller.finish(box.point) && box.finish(caller.point))
  // A tag sent back to its maker proves nothing.
  assert.ok(!caller.verify(caller.confirm()) && !box.verify(box.confirm()))
  assert.equal(caller.verify(box.confirm()), box.verify(caller.confirm()))
  return caller.verify(box.confirm())
}

test('agreement only where all is the same', () => {
  assert.ok(agree(SAME, SAME))
  for (const other of [{ code: '' }, { code: '123457' }, { session: 'b' }, { caller: '03' }, { box: '03' }, { channel: 'lectern host 1' },
    { caller: '02', box: '01' }]) assert.ok(!agree(SAME, { ...SAME, ...other }), JSON.stringify(other))
})

test('a bad point proves nothing, and a wiped proof neither', () => {
  const caller = side('caller', SAME)
  assert.ok(!caller.finish(new Uint8Array(32)))
  assert.throws(() => caller.confirm())
  const other = side('caller', SAME)
  assert.ok(other.finish(side('box', SAME).point))
  other.wipe()
  assert.throws(() => other.derive('label'))
})
