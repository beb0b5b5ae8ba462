import type { Module } from '../modules/module.js';

/**
 * Code of LLVM has taken a function's place, or will not; or a running activation has gone on in it. Moments
 * are in milliseconds since 1970.
 */
export type TierUpEvent = {
  readonly module: Module;
  readonly functionIndex: number;
} & (
  | {
      readonly kind: 'compiled';
      /** Bytes of machine code of the function itself. */
      readonly codeBytes: number;
      /** How often it had been counted when it was taken. */
      readonly heat: number;
      /** When the runtime learned that it was hot; undefined where it was not. */
      readonly hotAt: number | undefined;
      /** When a thread took it, with others of its batch, … */
      readonly startedAt: number;
      /** … had compiled the batch, … */
      readonly compiledAt: number;
      /** … and made all calls go to the new code. */
      readonly switchedAt: number;
      /** Functions compiled together. */
      readonly batchSize: number;
      /**
       * Byte offset in the module of the loop at which the code is entered by a running function; undefined
       * where it is the function's code for all calls.
       */
      readonly loopOffset: number | undefined;
    }
  | {
      /** An activation that runs a loop is about to go on in the loop's code. What is thrown then ends it. */
      readonly kind: 'entered';
      /** Byte offset in the module of the loop. */
      readonly loopOffset: number;
      readonly enteredAt: number;
    }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** The loop at which the function is not entered; undefined where it is the function as a whole. */
      readonly loopOffset: number | undefined;
    }
);
