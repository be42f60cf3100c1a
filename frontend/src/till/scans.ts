/** Key presses come from a person or from a scanner on USB; each goes to who asked for it. */
import { useLayoutEffect } from 'preact/hooks'
import { makeWedge } from '../scan/wedge.ts'

type OnKey = (event: KeyboardEvent) => void

let person: OnKey | null = null

/** Hands a person's keys to the screen in view, from the moment that it is in view: the first key counts. */
export function usePersonKeys(listener: OnKey): void {
  useLayoutEffect(() => {
    person = listener
    return () => { if (person === listener) person = null }
  })
}

const inField = (target: EventTarget | null): boolean => target instanceof HTMLInputElement && target.type !== 'radio'

/** Listens for the life of the page. A field keeps its own keys: a scanner may type into it as well. */
export function listenToKeys(onScan: (text: string) => void): void {
  const wedge = makeWedge()
  let scanning = false
  window.addEventListener('keydown', (event) => {
    if (inField(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    const stroke = wedge(event.key, event.timeStamp)
    scanning = stroke.by === 'scanner'
    if (!scanning) return person?.(event)
    event.preventDefault()
    if ('text' in stroke) onScan(stroke.text)
  }, true)
  // A space in the code must not press the button that has the focus.
  window.addEventListener('keyup', (event) => { if (scanning) event.preventDefault() }, true)
}
