/* Binary trees made, counted and freed node by node: the allocator and pointer chasing. */
#include <stdlib.h>
#include "../bench.h"

struct tree {
  struct tree *left, *right;
};

static NOINLINE struct tree *make(int depth) {
  struct tree *tree = malloc(sizeof *tree);
  tree->left = depth > 0 ? make(depth - 1) : NULL;
  tree->right = depth > 0 ? make(depth - 1) : NULL;
  return tree;
}

static NOINLINE uint32_t count(const struct tree *tree) {
  return tree->left ? 1 + count(tree->left) + count(tree->right) : 1;
}

static NOINLINE void release(struct tree *tree) {
  if (tree->left) {
    release(tree->left);
    release(tree->right);
  }
  free(tree);
}

int main(void) {
  title("bintrees depth 16");
  enum { DEEPEST = 16 };
  start_clock();
  struct tree *kept = make(DEEPEST);
  for (int depth = 4; depth <= DEEPEST; depth += 2) {
    uint32_t nodes = 0;
    for (int i = 0; i < 1 << (DEEPEST - depth + 4); i++) {
      struct tree *tree = make(depth);
      nodes += count(tree);
      release(tree);
    }
    mix(nodes);
  }
  mix(count(kept));
  release(kept);
  stop_clock();
  return report();
}
