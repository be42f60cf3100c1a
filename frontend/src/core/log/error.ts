/** Every refusal of the log's rules; the text is one plain English sentence for the folded details. */
export class LogError extends Error {
  override name = 'LogError'
}

/** Stops with `why` unless the condition holds. */
export function must(condition: unknown, why: string): asserts condition {
  if (!condition) throw new LogError(why)
}
