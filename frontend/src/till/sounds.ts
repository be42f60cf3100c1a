/** Each outcome has its own sound and its own buzz. The screen is enough alone: a silent tablet loses nothing. */
import type { Face } from './outcome.ts'

type Tone = { hertz: number; at: number; seconds: number; wave: OscillatorType }
type Signal = { tones: Tone[]; buzz: number[] }

const SIGNALS: Record<Face, Signal> = {
  paid: { tones: [{ hertz: 660, at: 0, seconds: 0.12, wave: 'sine' }, { hertz: 990, at: 0.13, seconds: 0.22, wave: 'sine' }], buzz: [80] },
  kept: { tones: [{ hertz: 440, at: 0, seconds: 0.12, wave: 'sine' }, { hertz: 660, at: 0.13, seconds: 0.22, wave: 'sine' }], buzz: [80] },
  check: { tones: [{ hertz: 520, at: 0, seconds: 0.12, wave: 'triangle' }, { hertz: 520, at: 0.2, seconds: 0.12, wave: 'triangle' }], buzz: [120, 80, 120] },
  refused: { tones: [{ hertz: 240, at: 0, seconds: 0.18, wave: 'sawtooth' }, { hertz: 150, at: 0.2, seconds: 0.4, wave: 'sawtooth' }], buzz: [150, 80, 150, 80, 150] },
}
const LOUD = 0.25

let context: AudioContext | null = null

/** Browsers keep quiet until a tap: call this from one. Also lets an iPhone sound with its silent switch on. */
export function unlockSound(): void {
  const session = (navigator as { audioSession?: { type: string } }).audioSession
  if (session) session.type = 'playback'
  if (!('AudioContext' in globalThis)) return
  context ??= new AudioContext()
  void context.resume().catch(() => undefined)
}

/** Sounds and buzzes an outcome. */
export function signalOutcome(face: Face): void {
  const { tones, buzz } = SIGNALS[face]
  navigator.vibrate?.(buzz)
  if (context) for (const tone of tones) play(context, tone)
}

function play(audio: AudioContext, { hertz, at, seconds, wave }: Tone): void {
  const start = audio.currentTime + at
  const voice = audio.createOscillator()
  const volume = audio.createGain()
  voice.type = wave
  voice.frequency.value = hertz
  volume.gain.setValueAtTime(LOUD, start)
  volume.gain.exponentialRampToValueAtTime(0.001, start + seconds)
  voice.connect(volume).connect(audio.destination)
  voice.start(start)
  voice.stop(start + seconds)
}
