// Bundles one test with esbuild and runs it under node's own runner, as TAP. node run.mjs MODULES-STAMP TEST OUT-FOLDER
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'

const [stamp, test, folder] = process.argv.slice(2)
const modules = join(readFileSync(stamp, 'utf8').trim(), 'node_modules')
const esbuild = createRequire(join(modules, 'index.js'))('esbuild')
const outfile = join(folder, `${basename(test, '.ts')}.mjs`)
mkdirSync(folder, { recursive: true })
esbuild.buildSync({
  entryPoints: [test], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node18', nodePaths: [modules],
  sourcemap: 'inline', define: { PDF_FILES: '{"worker":"","folder":""}', LANGUAGES: '{}' }, logLevel: 'warning',
  // Node 18 has it under another name.
  banner: { js: 'import { webcrypto as nodeCrypto } from "node:crypto"; globalThis.crypto ??= nodeCrypto;' },
})
process.exit(spawnSync(process.execPath, ['--test-reporter=tap', outfile], { stdio: 'inherit' }).status ?? 1)
