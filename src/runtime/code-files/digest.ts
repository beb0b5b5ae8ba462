import { type ForeignFunction, func, nativeUnavailable } from '../../native/ffi/ffi.js';
import { builtinModule } from '../../native/ffi/late-modules.js';
import { lazy } from '../../native/ffi/lazy.js';

/** Bytes of a digest. */
const digestSize = 32;
/** More than a `SHA256_CTX` of OpenSSL takes, which is 112 bytes. */
const contextSize = 256;

/** OpenSSL's functions, which Node exports to add-ons (SHA256_Init(3)). */
interface Openssl {
  readonly init: ForeignFunction;
  readonly update: ForeignFunction;
  readonly final: ForeignFunction;
}

/**
 * To load `node:crypto` takes longer than all else that finding a small program's code takes. So the
 * functions behind it are called straight, if they are there, and give what is known of no bytes at all.
 */
const openssl = lazy((): Openssl | undefined => {
  if (nativeUnavailable() !== undefined) return undefined;
  const found = {
    init: func('SHA256_Init', 'int', ['buffer']),
    update: func('SHA256_Update', 'int', ['buffer', 'buffer', 'size']),
    final: func('SHA256_Final', 'int', ['buffer', 'buffer']),
  };
  try {
    const known = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    return Buffer.from(digestBy(found, [])).toString('hex') === known ? found : undefined;
  } catch {
    return undefined;
  }
});

function digestBy({ init, update, final }: Openssl, parts: readonly Uint8Array[]): Uint8Array {
  const context = new Uint8Array(contextSize);
  const digest = new Uint8Array(digestSize);
  init(context);
  for (const part of parts) if (part.length > 0) update(context, part, part.length);
  final(digest, context);
  return digest;
}

/** SHA-256 of the parts, as if they were joined: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const native = openssl();
  if (native !== undefined) return digestBy(native, parts);
  const hash = builtinModule('node:crypto').createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
