// Serves the page's interface on a core that tests drive, under the same policy as the box's own server.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalogues } from '../../sender/web/po.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const top = join(here, '../..')
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
  + "connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// modules: a node_modules folder. Returns { origin, close }.
export async function servePage(modules) {
  const esbuild = createRequire(join(modules, 'index.js'))('esbuild')
  const languages = await catalogues(join(top, 'assets/translations'))
  const addresses = Object.fromEntries(Object.keys(languages).map(language => [language, `/${language}.json`]))
  const built = await esbuild.build({
    entryPoints: [join(here, 'fake-core.ts')], nodePaths: [modules], bundle: true, format: 'esm', write: false,
    target: 'chrome110', charset: 'utf8', define: { LANGUAGES: JSON.stringify(addresses) }, logLevel: 'warning',
  })
  const web = name => readFileSync(join(top, 'sender/web', name))
  const files = {
    '/': ['text/html; charset=utf-8', web('index.html')],
    '/cloud': ['text/html; charset=utf-8', String(web('index.html')).replace('</title>', '</title>\n<meta name="lectern-door" content="cloud">')], '/style.css': ['text/css', web('style.css')],
    '/icon.svg': ['image/svg+xml', web('icon.svg')], '/main.js': ['text/javascript', built.outputFiles[0].contents],
    ...Object.fromEntries(Object.entries(languages).map(([language, texts]) =>
      [addresses[language], ['application/json', JSON.stringify(texts)]])),
  }
  const server = createServer((request, answer) => {
    const file = files[new URL(request.url, 'http://localhost').pathname]
    if (!file) return answer.writeHead(404).end()
    answer.writeHead(200, { 'Content-Type': file[0], 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' }).end(file[1])
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
