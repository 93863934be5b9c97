/** Shows the step that the core is at, moves the focus along, and hands on what people do. */
import type { NewShare, Profile, Share, View } from '../contract'
import { focusOn, h } from './dom'
import { frame } from './frame'
import type { Frame } from './frame'
import { chooseLanguage, startLanguage } from './i18n'
import { watchKeys } from './keys'
import { recall, remember } from './memory'
import { isInCloud, numberInAddress, putNumberInAddress } from './mode'
import { endedPanel } from './panel-ended'
import { choosePanel } from './panel-choose'
import { hopelessPanel } from './panel-hopeless'
import { numberPanel } from './panel-number'
import { pinPanel } from './panel-pin'
import { sharingPanel } from './panel-sharing'
import { connectingPanel, waitingPanel } from './panel-waiting'
import type { Actions, Context, Panel } from './panel'
import { defaultDeviceName, thisPlatform } from './platform'
import { kindOfFile } from './sources'
import { announcement, documentTitle } from './titles'
import { isHopeless, sentenceOfTrouble } from './troubles'

type PanelKind = 'number' | 'connecting' | 'pin' | 'waiting' | 'choose' | 'sharing' | 'ended' | 'hopeless'

/** What has to be true before there can be a core at all. */
function obstacle(): 'insecure' | 'no-webrtc' | null {
  if (!window.isSecureContext) return 'insecure'
  return typeof RTCPeerConnection === 'undefined' ? 'no-webrtc' : null
}

export async function start(newShare: NewShare): Promise<void> {
  await startLanguage()
  new App(newShare).begin()
}

class App {
  private share: Share | null = null
  private view: View | null = null
  private kind: PanelKind | null = null
  private panel: Panel | null = null
  private frame: Frame
  private readonly inCloud = isInCloud()
  /** Of the meeting, in the cloud. */
  private number = this.inCloud ? numberInAddress() : null
  private name = recall('name') ?? defaultDeviceName(thisPlatform())
  /** Outside of the frame, so that a change of language does not silence it. */
  private readonly announcer = h('div', { class: 'unseen', role: 'status' })

  constructor(private readonly newShare: NewShare) {
    this.frame = this.newFrame()
  }

  begin(): void {
    document.body.replaceChildren(this.frame.root, this.announcer)
    watchKeys({ escape: () => { this.escape() }, turnPage: by => this.turnPage(by) })
    window.addEventListener('beforeunload', event => {
      if (this.view?.step === 'sharing') event.preventDefault()
    })
    this.acceptDroppedFiles()
    if (this.inCloud) window.addEventListener('hashchange', () => { this.followAddress() })
    if (obstacle()) this.replacePanel('hopeless')
    else if (this.inCloud && this.number === null) this.replacePanel('number')
    else this.connect()
  }

  private followAddress(): void {
    const number = numberInAddress()
    if (number !== null && (this.kind === 'number' || this.kind === 'ended')) this.join(number)
  }

  private join(number: string): void {
    this.number = number
    putNumberInAddress(number)
    this.connect()
  }

  /** In the cloud another display may be meant: it is asked for first. */
  private again(): void {
    if (!this.inCloud) return this.share?.again()
    this.share = this.view = null
    this.replacePanel('number')
  }

  private newFrame(): Frame {
    return frame(tag => { void this.speak(tag) }, () => { this.share?.dismissTrouble() }, this.inCloud)
  }

  private connect(): void {
    const share: Share = this.newShare(this.name, view => {
      if (this.share === share) this.render(view)
    }, this.number)
    this.share = share
    share.setProfile(rememberedProfile())
    if (recall('sound') === 'off') share.mute(true)
    this.render(share.view)
    share.connect()
  }

  private render(view: View): void {
    const before = this.view
    this.view = view
    const kind = this.kindOf(view)
    if (kind !== this.kind) this.replacePanel(kind)
    this.panel?.update(view)
    this.frame.update(view)
    const trouble = kind === 'hopeless' ? null : view.trouble
    this.frame.warn(trouble ? sentenceOfTrouble(trouble, thisPlatform()) : null)
    this.nameWindow()
    const words = announcement(before, view)
    if (words !== null) this.announce(words)
  }

  /** A proof on its way belongs to the step that began it. */
  private kindOf(view: View): PanelKind {
    if (isHopeless(view.trouble)) return 'hopeless'
    if (view.step === 'checking') return this.kind === 'pin' ? 'pin' : 'connecting'
    return view.step
  }

  private replacePanel(kind: PanelKind): void {
    this.panel?.remove?.()
    this.kind = kind
    this.panel = this.newPanel(kind)
    this.frame.put(this.panel)
    if (this.view) this.panel.update(this.view)
    this.frame.update(this.view)
    this.nameWindow()
    this.announce('') // what was said of the step before is not to be read in this one
    focusOn(this.panel.focus)
  }

  private newPanel(kind: PanelKind): Panel {
    const context = this.context()
    switch (kind) {
      case 'number': return numberPanel(this.number, number => { this.join(number) })
      case 'connecting': return connectingPanel()
      case 'pin': return pinPanel(context)
      case 'waiting': return waitingPanel(context)
      case 'choose': return choosePanel(context)
      case 'sharing': return sharingPanel(context)
      case 'ended': return endedPanel(context, text => { this.announce(text) }, this.inCloud)
      case 'hopeless': return hopelessPanel(this.view?.trouble ?? obstacle() ?? 'no-webrtc')
    }
  }

  private context(): Context {
    const ability = this.share?.ability
    return {
      actions: this.actions(), name: this.name, canScreen: ability?.screen ?? false,
      canCamera: ability?.camera ?? false, canSound: ability?.sound ?? false,
    }
  }

  private actions(): Actions {
    return {
      submitPin: pin => { this.share?.submitPin(pin) },
      share: (kind, file) => { void this.share?.share(kind, file) },
      pause: on => { this.share?.pause(on) },
      mute: on => { this.share?.mute(on) },
      setProfile: profile => { this.share?.setProfile(profile) },
      turnPage: by => { this.share?.turnPage(by) },
      stop: () => { this.share?.stop() },
      again: () => { this.again() },
      rename: name => { this.rename(name) },
    }
  }

  /** The name travels with the first message of a call: another name is another call. */
  private rename(name: string): void {
    remember('name', name || null)
    this.name = name || defaultDeviceName(thisPlatform())
    const old = this.share
    this.share = null
    old?.stop()
    this.kind = null
    this.connect()
  }

  /** The name stays: the display has it already. */
  private async speak(tag: string): Promise<void> {
    await chooseLanguage(tag)
    this.frame = this.newFrame()
    document.body.replaceChildren(this.frame.root, this.announcer)
    if (this.kind) this.replacePanel(this.kind)
    if (this.view) this.render(this.view)
    document.getElementById('language')?.focus()
  }

  private announce(text: string): void {
    this.announcer.textContent = text
  }

  private nameWindow(): void {
    const title = documentTitle(this.view, this.panel?.heading.textContent ?? '')
    if (document.title !== title) document.title = title
  }

  private escape(): void {
    if (this.panel?.escape?.()) return
    if (this.frame.isWarning()) this.share?.dismissTrouble()
  }

  private turnPage(by: number): boolean {
    const isPdf = this.view?.step === 'sharing' && this.view.source?.kind === 'pdf'
    if (isPdf) this.share?.turnPage(by)
    return isPdf
  }

  /** Without this, a file dropped beside a button would replace the page. */
  private acceptDroppedFiles(): void {
    document.addEventListener('dragover', event => { event.preventDefault() })
    document.addEventListener('drop', event => {
      event.preventDefault()
      const file = event.dataTransfer?.files[0]
      const kind = file ? kindOfFile(file) : null
      const isTaken = this.kind === 'choose' || this.kind === 'sharing'
      if (file && isTaken) void this.share?.share(kind ?? 'picture', file)
    })
  }
}

function rememberedProfile(): Profile {
  const profile = recall('profile')
  return profile === 'text' || profile === 'video' ? profile : 'auto'
}
