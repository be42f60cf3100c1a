/** SHA-256 of zxing-wasm 3.1.4's `zxing_reader.wasm`. It changes only together with the version in package.json. */
export const WASM_SHA256 = 'e8af31edb56d0522f4de74495839385ef019ba8bc90d38e5ecb2f18795d86fb2'
