/** The mark of Meedoen, the same drawing as the desk's house.svg. Decoration beside the name; `size` in pixels at normal letters, growing with them. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg class="logo" width={`${size / 16}rem`} height={`${size / 16}rem`} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <rect width="48" height="48" rx="13" fill="#0b4f5e" />
      <circle cx="15.5" cy="17" r="5" fill="#fff" />
      <circle cx="32.5" cy="17" r="5" fill="#ffcf87" />
      <path d="M10 29a14 9.5 0 0 0 28 0" fill="none" stroke="#fff" stroke-width="4.5" stroke-linecap="round" />
    </svg>
  )
}
