/* Objects with virtual methods: shapes and expression trees evaluated through tables of function pointers. */
#include <stdlib.h>
#include "../bench.h"

#ifndef ROUNDS
#define ROUNDS 20
#endif

struct expr;
struct methods {
  int64_t (*evaluate)(const struct expr *, int64_t x);
  int (*depth)(const struct expr *);
  struct expr *(*derive)(const struct expr *);
};
struct expr {
  const struct methods *methods;
  const struct expr *a, *b;
  int64_t value;
};

static char *arena, *arena_at;
static const struct methods constant, variable, sum, product;

static struct expr *make(const struct methods *methods, const struct expr *a, const struct expr *b, int64_t value) {
  struct expr *e = (struct expr *)arena_at;
  arena_at += sizeof *e;
  e->methods = methods, e->a = a, e->b = b, e->value = value;
  return e;
}

static int64_t constant_evaluate(const struct expr *e, int64_t x) { return (void)x, e->value; }
static int64_t variable_evaluate(const struct expr *e, int64_t x) { return (void)e, x; }
static int64_t sum_evaluate(const struct expr *e, int64_t x) {
  return (int64_t)((uint64_t)e->a->methods->evaluate(e->a, x) + (uint64_t)e->b->methods->evaluate(e->b, x));
}
static int64_t product_evaluate(const struct expr *e, int64_t x) {
  return (int64_t)((uint64_t)e->a->methods->evaluate(e->a, x) * (uint64_t)e->b->methods->evaluate(e->b, x));
}
static int leaf_depth(const struct expr *e) { return (void)e, 1; }
static int pair_depth(const struct expr *e) {
  int a = e->a->methods->depth(e->a), b = e->b->methods->depth(e->b);
  return 1 + (a > b ? a : b);
}
static struct expr *constant_derive(const struct expr *e) { return (void)e, make(&constant, NULL, NULL, 0); }
static struct expr *variable_derive(const struct expr *e) { return (void)e, make(&constant, NULL, NULL, 1); }
static struct expr *sum_derive(const struct expr *e) {
  return make(&sum, e->a->methods->derive(e->a), e->b->methods->derive(e->b), 0);
}
static struct expr *product_derive(const struct expr *e) {
  struct expr *left = make(&product, e->a->methods->derive(e->a), e->b, 0);
  return make(&sum, left, make(&product, e->a, e->b->methods->derive(e->b), 0), 0);
}

static const struct methods constant = {constant_evaluate, leaf_depth, constant_derive};
static const struct methods variable = {variable_evaluate, leaf_depth, variable_derive};
static const struct methods sum = {sum_evaluate, pair_depth, sum_derive};
static const struct methods product = {product_evaluate, pair_depth, product_derive};

static struct expr *random_expr(int depth) {
  uint32_t choice = random_u32() % 8;
  if (depth == 0) return choice < 4 ? make(&variable, NULL, NULL, 0) : make(&constant, NULL, NULL, choice);
  const struct expr *a = random_expr(depth - 1), *b = random_expr(choice == 7 ? 0 : depth - 1);
  return make(choice < 4 ? &sum : &product, a, b, 0);
}

int main(void) {
  title("virtual methods of expression trees");
  arena = malloc(24 << 20);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    arena_at = arena;
    const struct expr *e = random_expr(11);
    for (int order = 0; order < 2; order++) {
      mix((uint64_t)e->methods->depth(e));
      for (int64_t x = -20; x < 20; x++) mix((uint64_t)e->methods->evaluate(e, x));
      e = e->methods->derive(e);
    }
    mix((uint64_t)(arena_at - arena) / sizeof *e);
  }
  stop_clock();
  return report();
}
