/**
 * What `ExecEnv.enter` returns, beside the values of `Trap`, after a fault in machine code that is not a stack
 * overflow: which trap it is, the code site at `ExecEnv.trapPc` says.
 */
export const unknownTrap = 255;
