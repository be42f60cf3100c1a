/** The marks, each with its own outline: circle (with a clock when it is not sent yet), octagon, triangle. Drawn large, hidden from screen readers. */
import type { Face } from '../outcome.ts'

const OUTLINES: Record<Face, string> = {
  paid: 'M50 4a46 46 0 100 92 46 46 0 000-92z',
  kept: 'M44 6a40 40 0 100 80 40 40 0 000-80z',
  refused: 'M31 4h38l27 27v38L69 96H31L4 69V31z',
  check: 'M50 7L97 91H3z',
}
const STROKES: Record<Face, string> = {
  paid: 'M28 51l16 16 29-33',
  kept: 'M25 47l14 14 25-29',
  refused: 'M33 33l34 34M67 33L33 67',
  check: 'M50 36v28M50 77v1',
}

export function Mark({ face }: { face: Face }) {
  return (
    <svg class={`mark mark-${face}`} viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      <path class="mark-outline" d={OUTLINES[face]} />
      <path class="mark-stroke" d={STROKES[face]} />
      {face === 'kept' && <><path class="mark-clock" d="M77 54a21 21 0 100 42 21 21 0 000-42z" /><path class="mark-hands" d="M77 63v12l8 5" /></>}
    </svg>
  )
}
