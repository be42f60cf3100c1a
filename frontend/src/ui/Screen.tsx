import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './Icon.tsx'

type Props = {
  title: string
  /** Hide the heading from the eyes when the screen speaks for itself. */
  quietTitle?: boolean
  back?: { label: string; go: () => void }
  side?: ComponentChildren
  foot?: ComponentChildren
  class?: string
  children: ComponentChildren
}

/** One screen: head with the way back, main with the one h1 (focused on arrival), foot with the main action at the thumb. */
export function Screen({ title, quietTitle, back, side, foot, class: extra, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    document.title = title
    heading.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [title])
  return (
    <div class={extra ? `screen ${extra}` : 'screen'}>
      {(back || side) && (
        <header class="screen-head">
          {back && (
            <button type="button" class="button button-quiet" onClick={back.go}>
              <Icon name="back" /><span>{back.label}</span>
            </button>
          )}
          {side && <div class="screen-side">{side}</div>}
        </header>
      )}
      <main>
        <h1 ref={heading} tabIndex={-1} class={quietTitle ? 'hidden' : undefined}>{title}</h1>
        {children}
      </main>
      {foot && <div class="screen-foot">{foot}</div>}
    </div>
  )
}
