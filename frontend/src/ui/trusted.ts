/** The one Trusted Types policy: only our own workers may become a script URL, anything else throws. */
const ALLOWED = /^\/(?:(?:wallet|till)\/sw\.js|static\/assets\/scan-worker-[\w-]{8}\.js)$/

type ScriptUrlPolicy = { createScriptURL(url: string): string }
type TrustedTypesFactory = { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy }

function checked(url: string): string {
  const { origin, pathname } = new URL(url, location.href)
  if (origin !== location.origin || !ALLOWED.test(pathname)) throw new TypeError(`not a script of this app: ${url}`)
  return url
}

const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes
const policy: ScriptUrlPolicy = factory?.createPolicy('app', { createScriptURL: checked }) ?? { createScriptURL: checked }

/** A script URL that `register()` and `new Worker()` accept under Trusted Types. */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url)
}
