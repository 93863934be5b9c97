/** Moves cards by dragging; the keyboard has buttons for the same. */

/** drop: the id of the card that was dragged, and the place of the one that it was dropped on. */
export function makeSortable(list: HTMLElement, drop: (id: number, place: number) => void): void {
  let dragged: HTMLElement | null = null
  const cardAt = (event: Event): HTMLElement | null =>
    event.target instanceof Element ? event.target.closest<HTMLElement>('.card') : null
  const clear = (): void => {
    for (const card of list.children) card.classList.remove('dragged', 'over')
  }
  list.addEventListener('dragstart', event => {
    dragged = cardAt(event)
    dragged?.classList.add('dragged')
    event.dataTransfer?.setData('text/plain', '') // Firefox drags nothing that has no data
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
  })
  list.addEventListener('dragover', event => {
    if (!dragged) return
    event.preventDefault()
    const over = cardAt(event)
    for (const card of list.children) card.classList.toggle('over', card === over && card !== dragged)
  })
  list.addEventListener('drop', event => {
    event.preventDefault()
    const over = cardAt(event)
    const place = over ? [...list.children].indexOf(over) : -1
    if (dragged && over !== dragged && place >= 0) drop(Number(dragged.dataset.id), place)
  })
  list.addEventListener('dragend', () => {
    clear()
    dragged = null
  })
}
