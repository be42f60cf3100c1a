/** Where we are: a screen and, for some, what it is about. The browser's back button goes back. */
import { signal } from '@preact/signals'

export type Route =
  | { screen: 'home' }
  | { screen: 'code' }
  | { screen: 'pay'; voucher: string }
  | { screen: 'ask'; voucher: string }
  | { screen: 'payment'; id: string }
  | { screen: 'history' }
  | { screen: 'more' }
  | { screen: 'helpers' }
  | { screen: 'lost' }
  | { screen: 'block' }
  | { screen: 'move' }
  | { screen: 'card' }
  | { screen: 'about' }

export const route = signal<Route>({ screen: 'home' })

export function go(to: Route): void {
  history.pushState(to, '')
  route.value = to
}

/** Replaces the present screen: back must not return to it. */
export function replace(to: Route): void {
  history.replaceState(to, '')
  route.value = to
}

export function back(): void {
  if (history.state) history.back()
  else replace({ screen: 'home' })
}

export function startRoutes(): void {
  history.replaceState(null, '', location.pathname)
  addEventListener('popstate', (event) => {
    route.value = (event.state as Route | null) ?? { screen: 'home' }
  })
}
