/* Linked structures: a treap with insertions, deletions and rank queries, and a skip list. */
#include <stdlib.h>
#include "../bench.h"

struct node {
  struct node *left, *right;
  uint32_t key, priority, size;
};
enum { LEVELS = 16 };
struct tower {
  uint32_t key;
  struct tower *next[LEVELS];
};

static struct node *free_nodes;

static inline uint32_t size_of(const struct node *n) { return n ? n->size : 0; }
static inline void update(struct node *n) { n->size = 1 + size_of(n->left) + size_of(n->right); }

static NOINLINE void split(struct node *n, uint32_t key, struct node **left, struct node **right) {
  if (!n) {
    *left = *right = NULL;
    return;
  }
  if (n->key < key) {
    split(n->right, key, &n->right, right);
    *left = n;
  } else {
    split(n->left, key, left, &n->left);
    *right = n;
  }
  update(n);
}

static NOINLINE struct node *join(struct node *left, struct node *right) {
  if (!left) return right;
  if (!right) return left;
  if (left->priority > right->priority) {
    left->right = join(left->right, right);
    update(left);
    return left;
  }
  right->left = join(left, right->left);
  update(right);
  return right;
}

static NOINLINE struct node *insert(struct node *root, uint32_t key) {
  struct node *less, *more, *n = free_nodes;
  if (n) free_nodes = n->left;
  else n = malloc(sizeof *n);
  n->left = n->right = NULL;
  n->key = key, n->priority = random_u32(), n->size = 1;
  split(root, key, &less, &more);
  return join(join(less, n), more);
}

static NOINLINE struct node *erase(struct node *root, uint32_t key) {
  struct node *less, *same, *more;
  split(root, key, &less, &more);
  split(more, key + 1, &same, &more);
  while (same) {
    struct node *rest = join(same->left, same->right);
    same->left = free_nodes, free_nodes = same;
    same = rest;
  }
  return join(less, more);
}

static NOINLINE uint32_t rank(const struct node *n, uint32_t key) {
  uint32_t below = 0;
  while (n) {
    if (n->key < key) below += size_of(n->left) + 1, n = n->right;
    else n = n->left;
  }
  return below;
}

static NOINLINE uint32_t skip_list(int operations) {
  static struct tower head;
  uint32_t hits = 0;
  for (int i = 0; i < operations; i++) {
    uint32_t key = random_u32() % 60000 + 1;
    struct tower *before[LEVELS], *at = &head;
    for (int level = LEVELS - 1; level >= 0; level--) {
      while (at->next[level] && at->next[level]->key < key) at = at->next[level];
      before[level] = at;
    }
    struct tower *found = at->next[0];
    if (found && found->key == key) {
      hits++;
      if (i & 1) {
        for (int level = 0; level < LEVELS; level++)
          if (before[level]->next[level] == found) before[level]->next[level] = found->next[level];
        free(found);
      }
      continue;
    }
    struct tower *made = calloc(1, sizeof *made);
    made->key = key;
    uint32_t coins = random_u32();
    for (int level = 0; level < LEVELS && (level == 0 || (coins >> level & 1)); level++) {
      made->next[level] = before[level]->next[level];
      before[level]->next[level] = made;
      if (!(coins >> (level + 1) & 1)) break;
    }
  }
  return hits;
}

int main(void) {
  title("treap 300000 operations, skip list 300000");
  struct node *root = NULL;
  start_clock();
  for (int i = 0; i < 300000; i++) {
    uint32_t key = random_u32() % 100000;
    if (i % 4 < 2) root = insert(root, key);
    else if (i % 4 == 2) root = erase(root, key);
    else mix(rank(root, key));
  }
  mix(size_of(root));
  mix(skip_list(300000));
  stop_clock();
  return report();
}
