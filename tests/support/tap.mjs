// Test Anything Protocol for tests in node: runs functions, each a point, and says why one failed.
export class Failed extends Error {}

export function check(condition, ...what) {
  if (!condition) throw new Failed(what.map(part => typeof part === 'string' ? part : JSON.stringify(part)).join(' '))
}

export function skipAll(why) {
  console.log(`1..0 # SKIP ${why}`)
  process.exit(0)
}

// tests: name to function. Ends the process.
export async function run(tests, atEnd) {
  const entries = Object.entries(tests)
  console.log(`1..${entries.length}`)
  let failures = 0
  for (const [n, [name, test]] of entries.entries()) {
    const start = Date.now()
    try {
      await test()
      console.log(`ok ${n + 1} ${name}`)
    } catch (error) {
      failures++
      console.log(`not ok ${n + 1} ${name}`)
      const text = error instanceof Failed ? error.message : String(error.stack)
      for (const line of text.split('\n')) console.log(`# ${line}`)
    }
    console.log(`# ${((Date.now() - start) / 1000).toFixed(1)} s`)
  }
  await atEnd()
  process.exit(failures ? 1 : 0)
}
