/** What the page and the scan worker say to each other. One frame is under way at a time. */

export type Engine = 'native' | 'wasm'

/** A picture of the camera; its buffer moves to the worker. `id` ties the answer to the question. */
export type Frame = { id: number; pixels: Uint8ClampedArray<ArrayBuffer>; width: number; height: number }

export type Answer =
  | { kind: 'ready'; engine: Engine }
  | { kind: 'failed' }
  | { kind: 'seen'; id: number; text: string | null }
