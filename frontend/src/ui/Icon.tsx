/** Icons are decoration beside a word; they are hidden from screen readers. 24x24, stroke in the text's colour; `size` in pixels at normal letters, growing with them. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  check: 'M4 12.5l5.5 5.5L20 7',
  cross: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 3.5L22 20.5H2zM12 10v5M12 17.6v.4',
  info: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 11v6M12 7.2v.4',
  offline: 'M3 3l18 18M9.5 15.5a4 4 0 015 0M6 12a9 9 0 014-2.2M18 12a9 9 0 00-2.5-1.6M3 8.5a13 13 0 014-2.3M21 8.5A13 13 0 0011 5M12 19h.01',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h3v3h-3zM20 14v.01M20 17v3h-3M14 20v.01',
  shirt: 'M8 4l-5 3 2 4 2-1v10h10V10l2 1 2-4-5-3a4 4 0 01-8 0z',
  ticket: 'M3 7h18v3.5a1.5 1.5 0 000 3V17H3v-3.5a1.5 1.5 0 000-3zM14 7v10',
  purse: 'M4 7h14a2 2 0 012 2v9a2 2 0 01-2 2H6a2 2 0 01-2-2zM4 7l9-3.5 2 3.5M16 13.5h.01',
  shop: 'M4 10v10h16V10M3 10l2-6h14l2 6a3 3 0 01-6 0 3 3 0 01-6 0 3 3 0 01-6 0zM10 20v-5h4v5',
  clock: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3.5 2',
  book: 'M5 4h11a3 3 0 013 3v13H8a3 3 0 01-3-3zM5 17a3 3 0 013-3h11M9 8h6',
  phone: 'M8 2.5h8a1.5 1.5 0 011.5 1.5v16a1.5 1.5 0 01-1.5 1.5H8A1.5 1.5 0 016.5 20V4A1.5 1.5 0 018 2.5zM11 18.5h2',
  call: 'M5 4h4l1.5 5-2.5 1.5a12 12 0 005.5 5.5L15 13.5l5 1.5v4a2 2 0 01-2 2A15 15 0 013 6a2 2 0 012-2z',
  more: 'M4 7h16M4 12h16M4 17h16',
  language: 'M12 3a9 9 0 100 18 9 9 0 000-18zM3 12h18M12 3c2.5 2.6 3.6 5.6 3.6 9s-1.1 6.4-3.6 9c-2.5-2.6-3.6-5.6-3.6-9s1.1-6.4 3.6-9z',
  text: 'M3 18l5-12 5 12M4.7 14h6.6M14.5 18l3-7.5 3 7.5M15.5 15.5h4',
  speaker: 'M4 9.5v5h4l5 4v-13l-5 4zM16 9a4 4 0 010 6M18.5 6.5a8 8 0 010 11',
  refresh: 'M20 11a8 8 0 00-14.5-3.5L3 10M3 5v5h5M4 13a8 8 0 0014.5 3.5L21 14M21 19v-5h-5',
  keypad: 'M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01',
  camera: 'M4 7.5h3.5L9 5h6l1.5 2.5H20a1 1 0 011 1V18a1 1 0 01-1 1H4a1 1 0 01-1-1V8.5a1 1 0 011-1zM12 10a3.5 3.5 0 100 7 3.5 3.5 0 000-7z',
  torch: 'M8 3h8v4l-2 3v10a1 1 0 01-1 1h-2a1 1 0 01-1-1V10L8 7zM8 7h8M12 13v2',
  undo: 'M8 5L3.5 9.5 8 14M4 9.5h10a5.5 5.5 0 010 11h-4',
  shield: 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6zM8.5 12l2.5 2.5 4.5-4.5',
  heart: 'M12 20.5C6 16.3 3 13 3 9.3A4.8 4.8 0 017.8 4.5c1.7 0 3.2.9 4.2 2.3 1-1.4 2.5-2.3 4.2-2.3A4.8 4.8 0 0121 9.3c0 3.7-3 7-9 11.2z',
  gift: 'M4 11h16v9H4zM3 7h18v4H3zM12 7v13M12 7c-1-3-5.5-4-5.5-1.5S10 7 12 7zm0 0c1-3 5.5-4 5.5-1.5S14 7 12 7z',
} as const

export type IconName = keyof typeof PATHS

/** For names that come from the server. */
export const isIcon = (name: string): name is IconName => name in PATHS

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg
      class={`icon icon-${name}`} width={`${size / 16}rem`} height={`${size / 16}rem`} viewBox="0 0 24 24" aria-hidden="true" focusable="false"
      fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
