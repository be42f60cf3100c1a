/**
 * Ed25519 verification (RFC 8032): WebCrypto where the browser has it. Safari before 17 has not;
 * there a small audited library is downloaded, once, when a payment is first checked.
 */
import type { Bytes } from '../bytes.ts'

export type Ed25519Verify = (publicKey: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>

export const webCryptoVerify: Ed25519Verify = async (publicKey, message, signature) => {
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', key, signature, message)
}

export const libraryVerify: Ed25519Verify = async (publicKey, message, signature) => {
  const { verifyAsync } = await import('@noble/ed25519')
  // The strict rules of RFC 8032, as WebCrypto and the server apply them.
  return verifyAsync(signature, message, publicKey, { zip215: false })
}

/** The browser's own verifier, else the library's. */
export const verifyEd25519: Ed25519Verify = async (publicKey, message, signature) => {
  try {
    return await webCryptoVerify(publicKey, message, signature)
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'NotSupportedError' || error.name === 'SyntaxError')) return libraryVerify(publicKey, message, signature)
    return false // the key or the signature has an impossible form
  }
}
