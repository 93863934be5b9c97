// Bundles the page: sources into chunks with hashed names, a GResource manifest and the table of what is served.
// node build.mjs MODULES-STAMP OUT-FOLDER MANIFEST DEPFILE
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

const [stamp, out, manifest, depfile] = process.argv.slice(2).map(path => resolve(path))
const here = dirname(fileURLToPath(import.meta.url))
const modules = join(readFileSync(stamp, 'utf8').trim(), 'node_modules')
const require = createRequire(join(modules, 'index.js'))
const esbuild = require('esbuild')

const PREFIX = '/lectern/web'
const TARGET = ['chrome110', 'firefox115', 'safari16']
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.txt': 'text/plain; charset=utf-8',
  '.bcmap': 'application/octet-stream', '.pfb': 'application/octet-stream',
}
// Page -> the file at its root and the program behind it. A page whose template is not there is left out.
const PAGES = {
  '/': { template: 'index.html', entry: 'src/ui/main.ts', name: 'main' },
  '/host': { template: 'host.html', entry: 'src/host/main.ts', name: 'host' },
}

const pages = [] // the table
// Folders too: a page or a language may be added.
const inputs = new Set([fileURLToPath(import.meta.url), stamp, here])
const hashOf = bytes => createHash('sha256').update(bytes).digest('hex')

function input(path) {
  inputs.add(path)
  return readFileSync(path)
}

// One file of the bundle: path is where it is served.
function put(path, bytes, { immutable, file = path.slice(1) }) {
  const type = TYPES[extname(file)]
  if (!type) throw new Error(`${file}: no content type is known for it`)
  mkdirSync(dirname(join(out, file)), { recursive: true })
  writeFileSync(join(out, file), bytes)
  const small = gzipSync(bytes, { level: 9 })
  const gzip = small.length < bytes.length
  if (gzip) writeFileSync(join(out, `${file}.gz`), small)
  pages.push({ path, file, type, immutable, gzip, etag: hashOf(bytes).slice(0, 32) })
}

function putHashed(name, bytes) {
  const extension = extname(name)
  const path = `/app/${basename(name, extension)}-${hashOf(bytes).slice(0, 10)}${extension}`
  put(path, bytes, { immutable: true })
  return path
}

// What pdf.js reads at run time: its worker, tables for CJK texts, two fonts, decoders without WebAssembly (the page's
// policy allows none).
function putPdfFiles() {
  const folder = join(modules, 'pdfjs-dist')
  const files = {}
  for (const name of readdirSync(join(folder, 'cmaps'))) {
    if (name.endsWith('.bcmap')) files[name] = join(folder, 'cmaps', name)
  }
  for (const name of ['FoxitSymbol.pfb', 'FoxitDingbats.pfb']) files[name] = join(folder, 'standard_fonts', name)
  for (const name of ['openjpeg_nowasm_fallback.js', 'jbig2_nowasm_fallback.js']) files[name] = join(folder, 'wasm', name)
  const version = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  for (const [name, path] of Object.entries(files)) put(`/app/pdf-${version}/${name}`, readFileSync(path), { immutable: true })
  return {
    worker: putHashed('pdf-worker.js', readFileSync(join(folder, 'legacy/build/pdf.worker.min.mjs'))),
    folder: `/app/pdf-${version}/`,
  }
}

// Language -> where its catalogue is served; po.mjs makes { language: { text: translation } } from the .po files.
async function putCatalogues() {
  const tool = join(here, 'po.mjs')
  const folder = join(here, '../../assets/translations')
  if (!existsSync(tool) || !existsSync(folder)) return {}
  inputs.add(tool).add(folder)
  for (const name of readdirSync(folder)) inputs.add(join(folder, name))
  const { catalogues } = await import(pathToFileURL(tool))
  const made = Object.entries(await catalogues(folder))
  return Object.fromEntries(made.map(([language, texts]) =>
    [language, putHashed(`${language}.json`, Buffer.from(JSON.stringify(texts)))]))
}

function bundle(entries, constants) {
  return esbuild.build({
    entryPoints: entries.map(({ entry, name }) => ({ in: join(here, entry), out: name })),
    absWorkingDir: here, nodePaths: [modules], outdir: join(out, 'app'), write: false, metafile: true,
    bundle: true, splitting: true, format: 'esm', target: TARGET, minify: true, sourcemap: false, charset: 'utf8',
    legalComments: 'none', entryNames: '[name]-[hash]', chunkNames: 'chunk-[hash]', logLevel: 'warning',
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
  })
}

function packageOf(path) {
  const match = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)
  return match ? match[1] : null
}

// What the licences of the bundled packages ask for.
function putLicences(names) {
  const texts = [...names].sort().map(name => {
    const folder = join(modules, name)
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each))
    if (!file) throw new Error(`${name} comes without its licence`)
    return `${name} ${about.version} (${about.license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  put('/licences.txt', Buffer.from(texts.join(`\n${'-'.repeat(78)}\n\n`)), { immutable: false })
}

// A local file named in a template gets its hashed name: style.css, an icon, or the program NAME.js.
function fillTemplate(template, programs) {
  const text = input(join(here, template)).toString()
  return text.replace(/\b(href|src)="([\w.-]+\.(?:js|css|svg|png))"/g, (whole, attribute, name) => {
    const served = programs[name] ?? (programs[name] = putStatic(name))
    return `${attribute}="${served}"`
  })
}

// The page as a cloud serves it, from the same folder: it learns from this element that there is no box behind it. The box
// itself does not have it.
function forCloud(page) {
  const head = '<meta name="robots" content="noindex">'
  if (!page.includes(head)) throw new Error(`index.html has no ${head}`)
  return page.replace(head, `${head}\n<meta name="lectern-door" content="cloud">`)
}

function putStatic(name) {
  if (extname(name) !== '.css') return putHashed(name, input(join(here, name)))
  const css = esbuild.transformSync(input(join(here, name)).toString(), { loader: 'css', minify: true, target: TARGET })
  return putHashed(name, Buffer.from(css.code))
}

const quoteMake = path => path.replace(/([ #$\\])/g, '\\$1')

function writeManifest() {
  put('/pages.json', Buffer.from(JSON.stringify({ pages })), { immutable: false })
  pages.pop() // the table itself is not served
  const files = [...pages.flatMap(page => page.gzip ? [page.file, `${page.file}.gz`] : [page.file]), 'pages.json']
  const lines = files.map(file => `    <file>${file}</file>`)
  writeFileSync(manifest, `<?xml version="1.0" encoding="UTF-8"?>\n<gresources>\n  <gresource prefix="${PREFIX}">\n` +
    `${lines.join('\n')}\n  </gresource>\n</gresources>\n`)
  writeFileSync(depfile, `${quoteMake(manifest)}: ${[...inputs].map(quoteMake).join(' ')}\n`)
}

rmSync(out, { recursive: true, force: true })
inputs.add(join(here, 'src'))
for (const folder of ['src/ui', 'src/host']) if (existsSync(join(here, folder))) inputs.add(join(here, folder))
const isThere = path => existsSync(join(here, path))
const present = Object.entries(PAGES).filter(([, { template, entry }]) => isThere(template) && isThere(entry))
const languages = await putCatalogues()
const pdf = putPdfFiles()
const built = await bundle(present.map(([, page]) => page), { LANGUAGES: languages, PDF_FILES: pdf })
for (const path of Object.keys(built.metafile.inputs)) inputs.add(resolve(here, path))
for (const file of built.outputFiles) put(`/${relative(out, file.path)}`, Buffer.from(file.contents), { immutable: true })
const programs = {}
for (const [path, { entryPoint }] of Object.entries(built.metafile.outputs)) {
  const page = present.find(([, { entry }]) => entry === entryPoint)
  if (page) programs[`${page[1].name}.js`] = `/app/${basename(path)}`
}
for (const [path, { template }] of present) put(path, Buffer.from(fillTemplate(template, programs)), { immutable: false, file: template })
writeFileSync(join(out, 'cloud.html'), forCloud(fillTemplate('index.html', programs)))
const used = new Set(Object.keys(built.metafile.inputs).map(packageOf).filter(Boolean))
putLicences(used.add('pdfjs-dist'))
writeManifest()
