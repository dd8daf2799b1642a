import { jsonClientCodec } from '@posthouse/protocol'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents } from './dialog.ts'
import { V1Dialog } from './v1-dialog.ts'

/** The dialog of the wanted dialect, whose code may have to be loaded first. */
export class DialogSource {
  readonly #settings: Settings
  readonly #events: DialogEvents
  #loading: Promise<Dialog> | undefined
  #dialog: Dialog | undefined

  constructor(settings: Settings, events: DialogEvents) {
    this.#settings = settings
    this.#events = events
    if (settings.dialect === 'json') this.#dialog = new V1Dialog(jsonClientCodec, settings, events)
  }

  /** The dialog, once it was loaded. */
  get loaded(): Dialog | undefined {
    return this.#dialog
  }

  /** Loads what is needed; may be called again when that has failed. */
  load(): Promise<Dialog> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<Dialog> {
    try {
      this.#dialog ??= await this.#make()
      return this.#dialog
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }

  // Imports that nothing loads before they are needed keep the bundle of a JSON client small.
  async #make(): Promise<Dialog> {
    if (this.#settings.dialect === 'cross_comm') {
      const { CrossCommDialog } = await import('./cross-comm-dialog.ts')
      return new CrossCommDialog(this.#settings, this.#events)
    }
    const { msgpackClientCodec } = await import('@posthouse/protocol/msgpack')
    return new V1Dialog(msgpackClientCodec, this.#settings, this.#events)
  }
}
