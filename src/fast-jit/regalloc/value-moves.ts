import type { MachineRegister } from './register-set.js';

/**
 * Moves of values between registers and their places in memory, as machine code. Each processor's folder
 * supplies them. None of them writes the flags, so moves may stand between a comparison and its branch. After
 * each of them a register that holds an i32 has zeros in its upper half, as everywhere. `vtype` is a `VType`;
 * a displacement is in bytes from the frame pointer.
 */
export interface ValueMoves {
  copy(vtype: number, to: MachineRegister, from: MachineRegister): void;
  /** Exchanges two registers of one class. May use a scratch register. */
  swap(a: MachineRegister, b: MachineRegister): void;
  load(vtype: number, to: MachineRegister, displacement: number): void;
  store(vtype: number, displacement: number, from: MachineRegister): void;
  /** Sets a machine register to the constant that a virtual register stands for. */
  constant(register: number, to: MachineRegister): void;
  /** Loads the base of memory 0, given a register that holds the instance. */
  memoryBase(to: MachineRegister, instance: MachineRegister): void;
}
