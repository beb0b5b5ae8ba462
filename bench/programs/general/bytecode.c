/* A stack machine whose instructions are functions in a table: one indirect call an instruction. */
#include "../bench.h"

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, SHIFT, LESS, JUMP, JUMP_IF, MODULO, HALT, OPS };
struct machine {
  const int32_t *code;
  int32_t *top;
  uint64_t steps;
  int running;
  int32_t locals[8];
  int32_t stack[64];
};
typedef void handler(struct machine *);

static void op_push(struct machine *m) { *++m->top = *m->code++; }
static void op_load(struct machine *m) { *++m->top = m->locals[*m->code++]; }
static void op_store(struct machine *m) { m->locals[*m->code++] = *m->top--; }
static void op_add(struct machine *m) { m->top--, m->top[0] = (int32_t)((uint32_t)m->top[0] + (uint32_t)m->top[1]); }
static void op_sub(struct machine *m) { m->top--, m->top[0] = (int32_t)((uint32_t)m->top[0] - (uint32_t)m->top[1]); }
static void op_mul(struct machine *m) { m->top--, m->top[0] = (int32_t)((uint32_t)m->top[0] * (uint32_t)m->top[1]); }
static void op_xor(struct machine *m) { m->top--, m->top[0] ^= m->top[1]; }
static void op_shift(struct machine *m) { m->top--, m->top[0] = (int32_t)((uint32_t)m->top[0] >> (m->top[1] & 31)); }
static void op_less(struct machine *m) { m->top--, m->top[0] = m->top[0] < m->top[1]; }
static void op_jump(struct machine *m) { m->code += *m->code; }
static void op_jump_if(struct machine *m) { m->code += *m->top-- ? *m->code : 1; }
static void op_modulo(struct machine *m) { m->top--, m->top[0] = m->top[1] ? m->top[0] % m->top[1] : 0; }
static void op_halt(struct machine *m) { m->running = 0; }

static handler *const handlers[OPS] = {op_push, op_load,  op_store, op_add,     op_sub,    op_mul, op_xor,
                                       op_shift, op_less, op_jump,  op_jump_if, op_modulo, op_halt};

int main(void) {
  title("bytecode 1000000 iterations");
  static const int32_t program[] = {
      PUSH, 12345, STORE, 0, PUSH, 0, STORE, 1,                    /* x = 12345, i = 0 */
      LOAD, 1, PUSH, 1000000, LESS, JUMP_IF, 3, JUMP, 31,          /* 8: while (i < 1000000) */
      LOAD, 0, PUSH, 1664525, MUL, PUSH, 1013904223, ADD, STORE, 0, /* 17: x = x * 1664525 + 1013904223 */
      LOAD, 0, PUSH, 15, SHIFT, LOAD, 2, XOR, STORE, 2,            /* 27: y ^= x >> 15 */
      LOAD, 1, PUSH, 1, ADD, STORE, 1, JUMP, -37,                  /* 37: i++ */
      0, LOAD, 2, PUSH, 65521, MODULO, STORE, 3, HALT,
  };
  struct machine m = {.code = program, .running = 1};
  m.top = m.stack;
  start_clock();
  while (m.running) {
    m.steps++;
    handlers[*m.code++](&m);
  }
  stop_clock();
  mix(m.steps);
  for (int i = 0; i < 8; i++) mix((uint32_t)m.locals[i]);
  return report();
}
