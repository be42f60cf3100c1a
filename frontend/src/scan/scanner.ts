/** The page's half of the scanner: takes a picture of the video, hands it to the worker, tells what was read. */
import workerUrl from './scan-worker.ts?worker&url'
import { scriptUrl } from '../ui/trusted.ts'
import type { Answer } from './messages.ts'

/** Wide enough for 57 modules at arm's length, small enough for an old tablet. */
const MOST = 1280

export type Scanner = { stop(): void }
export type Handlers = { onText(text: string): void; onFailed(): void }

let worker: Worker | null = null
let asked = 0

function theWorker(): Worker {
  worker ??= new Worker(scriptUrl(workerUrl), { type: 'module' })
  return worker
}

/** Starts loading the reader before it is needed, so that the first scan is as quick as the next. */
export function warmUp(): void {
  theWorker()
}

/** Reads from a playing video until `stop`. Each new text is told once; the same text again only after it left. */
export function startScanner(video: HTMLVideoElement, { onText, onFailed }: Handlers): Scanner {
  const take = photographer(video)
  const reader = theWorker()
  let live = true
  let before: string | null = null
  const next = (): void => {
    if (!live) return
    const image = take()
    if (image) reader.postMessage({ id: ++asked, pixels: image.data, width: image.width, height: image.height }, [image.data.buffer])
    else setTimeout(next, 100)
  }
  const hear = ({ data }: MessageEvent<Answer>): void => {
    if (!live || data.kind === 'ready') return
    if (data.kind === 'failed') return onFailed()
    if (data.id !== asked) return
    if (data.text !== null && data.text !== before) onText(data.text)
    before = data.text
    setTimeout(next, 40)
  }
  const broken = (): void => {
    worker = null
    onFailed()
  }
  reader.addEventListener('message', hear)
  reader.addEventListener('error', broken)
  next()
  return {
    stop: () => {
      live = false
      reader.removeEventListener('message', hear)
      reader.removeEventListener('error', broken)
    },
  }
}

/** Draws the video on a canvas that stays in main memory: reading it back is cheap, and it works on every browser. */
function photographer(video: HTMLVideoElement): () => ImageData | null {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })!
  return () => {
    if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null
    const scale = Math.min(1, MOST / Math.max(video.videoWidth, video.videoHeight))
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    context.drawImage(video, 0, 0, canvas.width, canvas.height)
    return context.getImageData(0, 0, canvas.width, canvas.height)
  }
}
