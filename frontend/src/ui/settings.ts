/** The reader's own text size, on top of the browser's. */
import { signal } from '@preact/signals'

export const TEXT_SIZES = ['normal', 'large', 'huge'] as const
export type TextSize = (typeof TEXT_SIZES)[number]
const STORED = 'text-size'

export const textSize = signal<TextSize>('normal')

export function setTextSize(size: TextSize): void {
  textSize.value = size
  document.documentElement.dataset['text'] = size
  try {
    localStorage.setItem(STORED, size)
  } catch {
    return // storage is blocked: it stays until the page closes
  }
}

export function startTextSize(): void {
  try {
    const stored = localStorage.getItem(STORED)
    setTextSize(TEXT_SIZES.find((size) => size === stored) ?? 'normal')
  } catch {
    setTextSize('normal')
  }
}
