// The page's sources and its tests have the types that they say. node types.mjs MODULES-STAMP CONFIG FOLDER OUT-CONFIG
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [stamp, config, tests, out] = process.argv.slice(2)
const modules = join(readFileSync(stamp, 'utf8').trim(), 'node_modules')
writeFileSync(out, JSON.stringify({
  extends: config,
  compilerOptions: { paths: { '*': [`${modules}/*`] }, typeRoots: [`${modules}/@types`], types: ['node'] },
  include: [join(config, '../src'), tests],
}))
const tsc = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '--project', out], { encoding: 'utf8' })
const complaints = tsc.stdout.trim()
process.stdout.write(`1..1\n${tsc.status === 0 ? 'ok' : 'not ok'} 1 types\n${complaints.replace(/^(?=.)/gm, '# ')}\n${tsc.stderr}`)
process.exit(tsc.status ?? 1)
