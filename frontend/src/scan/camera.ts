/**
 * The camera: one stream for as long as the till is in use, because each new one may ask for permission again.
 * 1. off → asking → live, or denied, busy, missing, unsupported with what to do about it.
 * 2. A track that ended or went mute while the page slept (a black picture) is started again.
 */
import { signal } from '@preact/signals'

export type CameraState = 'off' | 'asking' | 'live' | 'denied' | 'busy' | 'missing' | 'unsupported'
export type Facing = 'environment' | 'user'

export const camera = signal<CameraState>('off')
export const stream = signal<MediaStream | null>(null)
export const facing = signal<Facing>('environment')
/** null: this camera has no lamp. */
export const torch = signal<boolean | null>(null)

const REASONS: Record<string, CameraState> = {
  NotAllowedError: 'denied', SecurityError: 'denied', NotReadableError: 'busy', AbortError: 'busy',
  NotFoundError: 'missing', OverconstrainedError: 'missing',
}

/** The state that a getUserMedia error stands for. */
export function stateFor(error: unknown): CameraState {
  return REASONS[(error as { name?: string } | null)?.name ?? ''] ?? 'busy'
}

const track = (): MediaStreamTrack | undefined => stream.value?.getVideoTracks()[0]
const alive = (): boolean => track()?.readyState === 'live' && !track()!.muted

/** Opens the camera unless it already gives pictures. Never throws: the outcome is in `camera`. */
export async function openCamera(): Promise<void> {
  if (camera.value === 'asking' || alive()) return
  if (!navigator.mediaDevices?.getUserMedia) {
    camera.value = 'unsupported'
    return
  }
  closeCamera()
  camera.value = 'asking'
  try {
    const video = { facingMode: { ideal: facing.value }, width: { ideal: 1280 }, height: { ideal: 960 } }
    stream.value = await navigator.mediaDevices.getUserMedia({ audio: false, video })
    torch.value = hasTorch() ? false : null
    camera.value = 'live'
  } catch (error) {
    camera.value = stateFor(error)
  }
}

export function closeCamera(): void {
  for (const each of stream.value?.getTracks() ?? []) each.stop()
  stream.value = null
  torch.value = null
  camera.value = 'off'
}

export async function switchCamera(): Promise<void> {
  facing.value = facing.value === 'user' ? 'environment' : 'user'
  closeCamera()
  await openCamera()
}

type WithTorch = MediaTrackCapabilities & { torch?: boolean }

function hasTorch(): boolean {
  const able = track()?.getCapabilities?.() as WithTorch | undefined
  return able?.torch === true
}

export async function toggleTorch(): Promise<void> {
  const on = !torch.value
  const lamp = { torch: on } as MediaTrackConstraintSet
  await track()?.applyConstraints({ advanced: [lamp] }).then(() => { torch.value = on }, () => { torch.value = null })
}

/** Looks after the camera while a screen shows it; answers a function that stops looking. */
export function keepAlive(): () => void {
  const check = (): void => {
    if (document.visibilityState === 'visible' && camera.value === 'live' && !alive()) void openCamera()
  }
  const events = ['focus', 'pageshow'] as const
  for (const event of events) window.addEventListener(event, check)
  document.addEventListener('visibilitychange', check)
  return () => {
    for (const event of events) window.removeEventListener(event, check)
    document.removeEventListener('visibilitychange', check)
  }
}
