/*
 * A bytecode machine whose instructions are functions that call the next one in their place, by a table: its
 * state is in their arguments, and never in memory.
 */
#include "../bench.h"

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, SHIFT, LESS, JUMP, JUMP_IF, CALL, RETURN, MODULO, HALT, OPS };

/*
 * The topmost value is in `top`; `stack` points to the one below it. Locals are those of the innermost call.
 */
typedef uint32_t handler(const int32_t *code, uint32_t *stack, uint32_t top, uint32_t *locals, uint32_t calls);
extern handler *const handlers[OPS];

#define STATE const int32_t *code, uint32_t *stack, uint32_t top, uint32_t *locals, uint32_t calls
#define NEXT __attribute__((musttail)) return handlers[*code](code + 1, stack, top, locals, calls)
#define HANDLER(name) static uint32_t name(STATE)

HANDLER(op_push) { *++stack = top; top = (uint32_t)*code++; NEXT; }
HANDLER(op_load) { *++stack = top; top = locals[*code++]; NEXT; }
HANDLER(op_store) { locals[*code++] = top; top = *stack--; NEXT; }
HANDLER(op_add) { top = *stack-- + top; NEXT; }
HANDLER(op_sub) { top = *stack-- - top; NEXT; }
HANDLER(op_mul) { top = *stack-- * top; NEXT; }
HANDLER(op_xor) { top = *stack-- ^ top; NEXT; }
HANDLER(op_shift) { top = *stack-- >> (top & 31); NEXT; }
HANDLER(op_less) { top = (int32_t)*stack-- < (int32_t)top; NEXT; }
HANDLER(op_jump) { code += *code; NEXT; }
HANDLER(op_jump_if) { code += top ? *code : 1; top = *stack--; NEXT; }
HANDLER(op_modulo) { top = top ? *stack % top : 0; stack--; NEXT; }
/* CALL distance: a frame of 4 locals, the first of which is the argument. */
HANDLER(op_call) {
  *++stack = (uint32_t)(uintptr_t)(code + 1);
  code += *code;
  locals += 4;
  locals[0] = top;
  calls++;
  top = 0;
  NEXT;
}
HANDLER(op_return) {
  stack--;
  code = (const int32_t *)(uintptr_t)*stack--;
  locals -= 4;
  NEXT;
}
HANDLER(op_halt) {
  (void)code, (void)stack, (void)locals;
  return top ^ calls;
}

handler *const handlers[OPS] = {op_push, op_load, op_store, op_add,     op_sub,  op_mul,    op_xor,  op_shift,
                                op_less, op_jump, op_jump_if, op_call, op_return, op_modulo, op_halt};

int main(void) {
  title("tail-interpreter 3000000 iterations");
  static const int32_t program[] = {
      PUSH, 12345, STORE, 0, PUSH, 0, STORE, 1,                   /* x = 12345, i = 0 */
      LOAD, 1, PUSH, 3000000, LESS, JUMP_IF, 3, JUMP, 26,         /* 8: while (i < 3000000) */
      LOAD, 0, CALL, 28, STORE, 0,                                /* 17: x = f(x) */
      LOAD, 0, PUSH, 15, SHIFT, LOAD, 2, XOR, STORE, 2,           /* 23: y ^= x >> 15 */
      LOAD, 1, PUSH, 1, ADD, STORE, 1, JUMP, -33,                 /* 33: i++ */
      LOAD, 2, PUSH, 65521, MODULO, HALT,                         /* 42: y mod 65521 */
      LOAD, 0, PUSH, 1664525, MUL, PUSH, 1013904223, ADD, RETURN, /* 48: f(x) = x * 1664525 + 1013904223 */
  };
  static uint32_t stack[64], locals[64];
  start_clock();
  uint32_t result = handlers[program[0]](program + 1, stack, 0, locals, 0);
  stop_clock();
  mix(result);
  for (int i = 0; i < 4; i++) mix(locals[i]);
  return report();
}
