/**
 * FNV-1a over 32-bit words, then over the remaining bytes: any changed bit changes the sum. It finds damage,
 * and not purpose.
 */
export function checksum(data: Uint8Array): number {
  const aligned = (data.byteOffset & 3) === 0 ? data : Uint8Array.from(data);
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let sum = 0x811c9dc5;
  for (let k = 0; k < words.length; k++) sum = Math.imul(sum ^ words[k], 0x01000193);
  for (let at = 4 * words.length; at < aligned.length; at++) sum = Math.imul(sum ^ aligned[at], 0x01000193);
  return sum >>> 0;
}
