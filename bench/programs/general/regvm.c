/*
 * A register machine with 32-bit instruction words, decoded in one large switch; it counts primes and sorts.
 */
#include "../bench.h"

enum { CONST, MOVE, ADD, ADDI, SUB, MUL, DIV, REM, AND, SHL, LOAD, STORE, JEQ, JLT, JMP, OUT, HALT };
#define I(op, a, b, c) ((uint32_t)(op) | (uint32_t)(a) << 8 | (uint32_t)((b) & 255) << 16 | (uint32_t)((c) & 255) << 24)
static int32_t heap[4096];

static NOINLINE uint64_t run(const uint32_t *code) {
  int32_t r[16] = {0};
  uint64_t steps = 0;
  for (const uint32_t *pc = code;; steps++) {
    uint32_t word = *pc++;
    int a = word >> 8 & 15, b = word >> 16 & 15, c = word >> 24 & 15;
    int8_t imm = (int8_t)(word >> 24);
    switch (word & 255) {
      case CONST: r[a] = (int16_t)(word >> 16); break;
      case MOVE: r[a] = r[b]; break;
      case ADD: r[a] = r[b] + r[c]; break;
      case ADDI: r[a] = r[b] + imm; break;
      case SUB: r[a] = r[b] - r[c]; break;
      case MUL: r[a] = (int32_t)((uint32_t)r[b] * (uint32_t)r[c]); break;
      case DIV: r[a] = r[b] / r[c]; break;
      case REM: r[a] = r[b] % r[c]; break;
      case AND: r[a] = r[b] & r[c]; break;
      case SHL: r[a] = (int32_t)((uint32_t)r[b] << (r[c] & 31)); break;
      case LOAD: r[a] = heap[(r[b] + imm) & 4095]; break;
      case STORE: heap[(r[b] + imm) & 4095] = r[a]; break;
      case JEQ: if (r[a] == r[b]) pc += imm; break;
      case JLT: if (r[a] < r[b]) pc += imm; break;
      case JMP: pc += imm; break;
      case OUT: mix((uint32_t)r[a]); break;
      default: return steps;
    }
  }
}

int main(void) {
  title("regvm primes and sorting");
  static const uint32_t primes[] = {
      I(CONST, 0, 0x60, 0x6d), I(CONST, 1, 2, 0), I(CONST, 5, 0, 0), I(CONST, 6, 0, 0), /* n, i, count, zero */
      I(JLT, 1, 0, 1), I(JMP, 0, 0, 11),
      I(CONST, 2, 2, 0),                                                          /* d = 2 */
      I(MUL, 3, 2, 2), I(JLT, 1, 3, 5),                                           /* while (d * d <= i) */
      I(REM, 4, 1, 2), I(JEQ, 4, 6, 4), I(ADDI, 2, 2, 1), I(JMP, 0, 0, -6), I(HALT, 0, 0, 0),
      I(ADDI, 5, 5, 1), I(ADDI, 1, 1, 1), I(JMP, 0, 0, -13), I(OUT, 5, 0, 0), I(HALT, 0, 0, 0),
  };
  static const uint32_t bubble[] = {
      I(CONST, 0, 0x20, 0x03), I(CONST, 7, 1, 0), I(MOVE, 1, 0, 0),               /* n = 800, one, end = n */
      I(SUB, 1, 1, 7), I(JLT, 1, 7, 11), I(CONST, 2, 0, 0),                       /* while (--end >= 1) */
      I(LOAD, 3, 2, 0), I(LOAD, 4, 2, 1), I(JLT, 3, 4, 2),                        /* swap neighbours in wrong order */
      I(STORE, 4, 2, 0), I(STORE, 3, 2, 1),
      I(ADDI, 2, 2, 1), I(JLT, 2, 1, -7), I(JMP, 0, 0, -11),
      I(HALT, 0, 0, 0), I(HALT, 0, 0, 0), I(HALT, 0, 0, 0),
  };
  start_clock();
  mix(run(primes));
  for (int round = 0; round < 70; round++) {
    for (int i = 0; i < 4096; i++) heap[i] = (int32_t)(random_u32() >> 2);
    mix(run(bubble));
    mix((uint32_t)heap[0]), mix((uint32_t)heap[400]), mix((uint32_t)heap[799]);
  }
  stop_clock();
  return report();
}
