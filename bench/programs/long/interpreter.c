/*
 * An interpreter of a small functional language, compiled to bytecode of one switch: its calls are calls of
 * the interpreter. The programs search, sort lists, and recur.
 */
#define REPEAT 20
#define SLICES 20
#include "../bench.h"

enum op { CONST, ARG, ADD, SUB, MUL, REM, LESS, EQUAL, CONS, HEAD, TAIL, IS_NIL, UNLESS, GOTO, CALL, TAIL_CALL, RETURN };

/* Values are integers with a 1 below, or twice the index of a cell; NIL is cell 0. */
typedef int32_t value;
struct cell { value head, tail; };
enum { CELLS = 1 << 16, FUNCTIONS = 8, NIL = 0 };
static struct cell cells[CELLS];
static uint32_t cells_used;
static uint64_t instructions;

static inline value number(int32_t n) { return (value)((uint32_t)n << 1 | 1); }
static inline int32_t integer(value v) { return v >> 1; }

static NOINLINE value cons(value head, value tail) {
  cells_used = (cells_used + 1) & (CELLS - 1);
  if (cells_used == 0) cells_used = 1;
  cells[cells_used] = (struct cell){head, tail};
  return (value)(cells_used << 1);
}

static const int16_t *code[FUNCTIONS];

static NOINLINE value run(int function, const value *given) {
  value stack[24], arguments[4];
  memcpy(arguments, given, sizeof arguments);
  value *top = stack; /* the first one is not used */
  const int16_t *pc = code[function];
  for (;;) {
    instructions++;
    switch (*pc++) {
      case CONST: *++top = number(*pc++); break;
      case ARG: *++top = arguments[*pc++]; break;
      case ADD: top--, top[0] = number(integer(top[0]) + integer(top[1])); break;
      case SUB: top--, top[0] = number(integer(top[0]) - integer(top[1])); break;
      case MUL: top--, top[0] = number((int32_t)((uint32_t)integer(top[0]) * (uint32_t)integer(top[1])) & 0xffffff); break;
      case REM: top--, top[0] = number(integer(top[0]) % integer(top[1])); break;
      case LESS: top--, top[0] = number(top[0] < top[1]); break;
      case EQUAL: top--, top[0] = number(top[0] == top[1]); break;
      case CONS: top--, top[0] = cons(top[0], top[1]); break;
      case HEAD: *top = cells[*top >> 1].head; break;
      case TAIL: *top = cells[*top >> 1].tail; break;
      case IS_NIL: *top = number(*top == NIL); break;
      case UNLESS: pc += integer(*top--) ? 1 : *pc; break;
      case GOTO: pc += *pc; break;
      case CALL: {
        int callee = *pc++, count = *pc++;
        top -= count;
        value passed[4] = {0};
        for (int i = 0; i < count; i++) passed[i] = top[i + 1];
        *++top = run(callee, passed);
        break;
      }
      case TAIL_CALL: {
        int callee = *pc++, count = *pc++;
        top -= count;
        for (int i = 0; i < count; i++) arguments[i] = top[i + 1];
        top = stack;
        pc = code[callee];
        break;
      }
      default: return *top;
    }
  }
}

enum { FIB, MAKE, INSERT, SORT, SUM, GCD, COPRIMES };

/* fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2) */
static const int16_t fib[] = {ARG, 0, CONST, 2, LESS, UNLESS, 4, ARG, 0, RETURN, ARG, 0, CONST, 1, SUB, CALL, FIB, 1,
                              ARG, 0, CONST, 2, SUB, CALL, FIB, 1, ADD, RETURN};
/* make(n, seed) = n == 0 ? nil : seed % 1000 :: make(n - 1, seed * 421 + 17) */
static const int16_t make[] = {ARG, 0, CONST, 0, EQUAL, UNLESS, 4, ARG, 2, RETURN, ARG, 1, CONST, 1000, REM,
                               ARG, 0, CONST, 1, SUB, ARG, 1, CONST, 421, MUL, CONST, 17, ADD, CALL, MAKE, 2, CONS, RETURN};
/* insert(x, list) = nil?(list) or x < head(list) ? x :: list : head(list) :: insert(x, tail(list)) */
static const int16_t insert[] = {ARG, 1, IS_NIL, UNLESS, 7, ARG, 0, ARG, 1, CONS, RETURN,
                                 ARG, 0, ARG, 1, HEAD, LESS, UNLESS, 7, ARG, 0, ARG, 1, CONS, RETURN,
                                 ARG, 1, HEAD, ARG, 0, ARG, 1, TAIL, CALL, INSERT, 2, CONS, RETURN};
/* sort(list) = nil?(list) ? list : insert(head(list), sort(tail(list))) */
static const int16_t sort[] = {ARG, 0, IS_NIL, UNLESS, 4, ARG, 0, RETURN,
                               ARG, 0, HEAD, ARG, 0, TAIL, CALL, SORT, 1, TAIL_CALL, INSERT, 2};
/* sum(list, so far) = nil?(list) ? so far : sum(tail(list), head(list) + so far * 3 % 10007) */
static const int16_t sum[] = {ARG, 0, IS_NIL, UNLESS, 4, ARG, 1, RETURN, ARG, 0, TAIL, ARG, 0, HEAD,
                              ARG, 1, CONST, 3, MUL, ADD, CONST, 10007, REM, TAIL_CALL, SUM, 2};
/* gcd(a, b) = b == 0 ? a : gcd(b, a % b) */
static const int16_t gcd[] = {ARG, 1, CONST, 0, EQUAL, UNLESS, 4, ARG, 0, RETURN, ARG, 1, ARG, 0, ARG, 1, REM, TAIL_CALL, GCD, 2};
/* coprimes(n, i, count) = i == 0 ? count : coprimes(n, i - 1, count + (gcd(n, i) == 1)) */
static const int16_t coprimes[] = {ARG, 1, CONST, 0, EQUAL, UNLESS, 4, ARG, 2, RETURN, ARG, 0, ARG, 1, CONST, 1, SUB,
                                   ARG, 2, ARG, 0, ARG, 1, CALL, GCD, 2, CONST, 1, EQUAL, ADD, TAIL_CALL, COPRIMES, 3};

static NOINLINE value work(int32_t seed) {
  value list = run(MAKE, (value[4]){number(120), number(seed)});
  value sorted = run(SORT, (value[4]){list});
  value checked = run(SUM, (value[4]){sorted, number(0)});
  value counted = run(COPRIMES, (value[4]){number(2 + seed % 700), number(300), number(0)});
  return number(integer(checked) + integer(counted) + integer(run(FIB, (value[4]){number(14 + seed % 4)})));
}

int main(void) {
  title("interpreter with calls");
  code[FIB] = fib, code[MAKE] = make, code[INSERT] = insert, code[SORT] = sort;
  code[SUM] = sum, code[GCD] = gcd, code[COPRIMES] = coprimes;
  start_clock();
  for (int i = 0; i < 2800; i++) mix((uint32_t)work(1 + (int32_t)(random_u32() % 9000)));
  stop_clock();
  mix(instructions);
  return report();
}
