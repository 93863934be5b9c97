/** What each step of the page is to the one that shows it. */
import type { Profile, SourceKind, View } from '../contract'

export interface Panel {
  readonly root: HTMLElement
  /** What the step is called; also takes the focus where nothing better does. */
  readonly heading: HTMLElement
  /** The focus when the step begins. */
  readonly focus: HTMLElement
  update(view: View): void
  /** True where the Escape key was used up. */
  escape?(): boolean
  /** Timers end; secrets go. */
  remove?(): void
}

/** What a person can do on a step. */
export interface Actions {
  submitPin(pin: string): void
  share(kind: SourceKind, file?: File): void
  pause(on: boolean): void
  mute(on: boolean): void
  setProfile(profile: Profile): void
  turnPage(by: number): void
  stop(): void
  again(): void
  rename(name: string): void
}

export interface Context {
  readonly actions: Actions
  readonly name: string
  readonly canScreen: boolean
  readonly canCamera: boolean
  readonly canSound: boolean
}
