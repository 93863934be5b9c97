// Puts what package-lock.json names into a folder that every build shares, and writes that folder's name.
// node fetch.mjs PACKAGE-FOLDER FALLBACK-FOLDER STAMP
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

const [packageFolder, fallback, stamp] = process.argv.slice(2).map(path => resolve(path))
const FILES = ['package.json', 'package-lock.json']

function fail(sentence) {
  process.stderr.write(`lectern: ${sentence}\n`)
  process.exit(1)
}

// What the lock file does not say: some packages have a program for each kind of machine.
function lockHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const name of FILES) hash.update(readFileSync(join(packageFolder, name)))
  return hash.digest('hex').slice(0, 16)
}

function usableFolder(path) {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function shelf() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const shared = join(cache, 'lectern')
  if (usableFolder(shared)) return shared
  if (usableFolder(fallback)) return fallback
  return fail(`Neither ${shared} nor ${fallback} can be written to.`)
}

// No package's own scripts are run: what is fetched is data until the build itself calls it.
function install(folder) {
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error',
    // Who has no network shall hear of it soon: npm's own pauses alone come to more than a minute.
    '--fetch-retries=2', '--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=8000'],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (npm.error?.code === 'ENOENT') fail('npm is not installed; the page for browsers cannot be built without it.')
  if (npm.status === 0) return
  process.stderr.write(npm.stderr || String(npm.error ?? ''))
  fail('npm could not fetch the packages of sender/web/package-lock.json; the reason is above. Building it for the first time needs the npm registry.')
}

function fetchInto(target) {
  const folder = mkdtempSync(`${target}.new-`)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const name of FILES) copyFileSync(join(packageFolder, name), join(folder, name))
  install(folder)
  // What stands there without its packages has been cleared out in part.
  if (!existsSync(join(target, 'node_modules'))) rmSync(target, { recursive: true, force: true })
  try {
    renameSync(folder, target)
  } catch (error) {
    // Another build was faster.
    if (!existsSync(join(target, 'node_modules'))) throw error
  }
}

const target = join(shelf(), `npm-${lockHash()}`)
if (!existsSync(join(target, 'node_modules'))) fetchInto(target)
writeFileSync(stamp, `${target}\n`)
