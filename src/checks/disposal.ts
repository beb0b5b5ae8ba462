declare global {
  // What TypeScript's library `esnext.disposable` has, for those who compile without it.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * The method that `using` calls at the end of a block. Where JavaScript has no `Symbol.dispose` (Node 20.3
 * and older) it is the symbol that esbuild takes in its place.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
