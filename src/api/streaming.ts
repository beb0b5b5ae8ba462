const whitespace = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/**
 * The bytes of a response (Web API, section 2, "compile a potential WebAssembly response"). Functions are
 * compiled at their first call: there is nothing to be done with the first bytes before the last one has
 * come.
 *
 * @param source a Response, or a promise of one
 * @returns rejects with a TypeError where it is anything else, not of type `application/wasm`, or not
 *   successful
 */
export async function readResponse(source: unknown): Promise<Uint8Array> {
  const response = await source;
  if (!(response instanceof Response))
    throw new TypeError('the source must be a Response or a promise of one');
  const type = response.headers.get('Content-Type');
  if (type === null || type.replace(whitespace, '').toLowerCase() !== 'application/wasm') {
    throw new TypeError(`the response has type ${type ?? 'unknown'}, not application/wasm`);
  }
  if (!response.ok) throw new TypeError(`the response has status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
