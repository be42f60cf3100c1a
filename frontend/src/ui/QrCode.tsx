import encodeQR from 'qr'
import { useEffect, useMemo, useState } from 'preact/hooks'

const QUIET = 4

/** One path for all dark modules: each run in a row is a rectangle. */
function pathOf(modules: readonly boolean[][]): string {
  let path = ''
  for (const [y, row] of modules.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const start = x
      while (row[x + 1]) x++
      path += `M${start} ${y}h${x - start + 1}v1h-${x - start + 1}z`
    }
  }
  return path
}

/** The largest size (CSS pixels) that fits and gives each module a whole number of the screen's own pixels. */
function fittingSize(modules: number): number {
  const room = Math.min(innerWidth, innerHeight * 0.62, 480)
  const perModule = Math.max(1, Math.floor((room * devicePixelRatio) / modules))
  return (perModule * modules) / devicePixelRatio
}

/** Black on white with four modules of quiet around it, also in dark mode. Error correction M; alphanumeric unless the text needs bytes. */
export function QrCode({ text, label, encoding = 'alphanumeric' }: { text: string; label: string; encoding?: 'alphanumeric' | 'byte' }) {
  const { path, size } = useMemo(() => {
    const modules = encodeQR(text, 'raw', { ecc: 'medium', encoding, border: QUIET })
    return { path: pathOf(modules), size: modules.length }
  }, [text, encoding])
  const [pixels, setPixels] = useState(() => fittingSize(size))
  useEffect(() => {
    const fit = (): void => setPixels(fittingSize(size))
    fit()
    addEventListener('resize', fit)
    return () => removeEventListener('resize', fit)
  }, [size])
  return (
    <svg class="qr" role="img" aria-label={label} width={pixels} height={pixels} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path fill="#000" d={path} />
    </svg>
  )
}
