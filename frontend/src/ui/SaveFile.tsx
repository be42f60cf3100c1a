import { useEffect, useMemo } from 'preact/hooks'

/** A JSON text as a file to keep and to show to others. */
export function SaveFile({ text, name, label }: { text: string; name: string; label: string }) {
  const url = useMemo(() => URL.createObjectURL(new Blob([text], { type: 'application/json' })), [text])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return <a class="button button-secondary" href={url} download={name}>{label}</a>
}
