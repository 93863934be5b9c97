// What axe-core finds in a page of the browser's, once nothing in it moves any more.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// In the page. Colours on their way from one to another have a contrast of their own.
async function look(options) {
  const isMoving = one => one.playState === 'running' && Number.isFinite(one.effect?.getComputedTiming().endTime)
  for (;;) {
    const moving = document.getAnimations().filter(isMoving)
    if (moving.length === 0) break
    await Promise.allSettled(moving.map(one => one.finished))
  }
  const { violations } = await window.axe.run(document, options)
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => `${node.html.slice(0, 120)} ${node.any.concat(node.all)
    .map(one => one.message).join('; ').slice(0, 200)}`).slice(0, 3).join(' | ')}`)
}

/** A line for each rule that is broken. modules: the folder of the packages. */
export async function breaches(page, modules, options = {}) {
  if (!await page.evaluate('typeof axe !== "undefined"'))
    await page.evaluate(readFileSync(join(modules, 'axe-core/axe.min.js'), 'utf8'))
  return page.evaluate(look, options)
}
