import { useEffect, useMemo } from 'preact/hooks'

/** A text as a file to keep and to show to others. */
export function SaveFile({ text, name, label, type = 'application/json' }: { text: string; name: string; label: string; type?: string }) {
  const url = useMemo(() => URL.createObjectURL(new Blob([text], { type })), [text, type])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return <a class="button button-secondary" href={url} download={name}>{label}</a>
}
