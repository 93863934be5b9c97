/** What each part of the host's page is to the whole. */
import type { Answer } from './room'
import type { Action, HostView } from './session'

export interface Part {
  readonly root: HTMLElement
  update(view: HostView): void
}

export interface Screen extends Part {
  readonly heading: HTMLElement
  /** The focus when it appears. */
  readonly focus: HTMLElement
}

export interface Hands {
  submit(code: string): void
  leave(): void
  /** What failed has been said already. */
  act(action: Action): Promise<Answer>
  announce(text: string): void
}
