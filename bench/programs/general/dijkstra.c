/*
 * Shortest paths through a sparse graph with a binary heap, and a breadth-first search over the same edges.
 */
#include <stdlib.h>
#include "../bench.h"

struct edge {
  uint32_t to, weight, next;
};
struct item {
  uint64_t distance;
  uint32_t vertex;
};
enum { VERTICES = 60000, EDGES = 300000, ROUNDS = 10 };
static struct edge edges[EDGES + 1];
static uint32_t first[VERTICES], queue[VERTICES];
static uint64_t distance[VERTICES];
static int32_t depth[VERTICES];
static struct item *heap;
static uint32_t heap_size;

static NOINLINE void push(uint64_t key, uint32_t vertex) {
  uint32_t at = ++heap_size;
  for (; at > 1 && heap[at / 2].distance > key; at /= 2) heap[at] = heap[at / 2];
  heap[at].distance = key;
  heap[at].vertex = vertex;
}

static NOINLINE struct item pop(void) {
  struct item top = heap[1], last = heap[heap_size--];
  uint32_t at = 1;
  for (uint32_t child; (child = at * 2) <= heap_size; at = child) {
    if (child < heap_size && heap[child + 1].distance < heap[child].distance) child++;
    if (last.distance <= heap[child].distance) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
  return top;
}

int main(void) {
  title("dijkstra 60000 vertices, 300000 edges, 10 rounds");
  heap = malloc((EDGES + VERTICES) * sizeof *heap);
  for (uint32_t i = 1; i <= EDGES; i++) {
    uint32_t from = random_u32() % VERTICES;
    edges[i].to = random_u32() % VERTICES;
    edges[i].weight = 1 + random_u32() % 1000;
    edges[i].next = first[from];
    first[from] = i;
  }
  start_clock();
  for (uint32_t round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < VERTICES; i++) distance[i] = UINT64_MAX;
    distance[round] = 0;
    heap_size = 0;
    push(0, round);
    uint64_t sum = 0;
    while (heap_size > 0) {
      struct item item = pop();
      if (item.distance != distance[item.vertex]) continue;
      sum += item.distance;
      for (uint32_t e = first[item.vertex]; e; e = edges[e].next) {
        uint64_t longer = item.distance + edges[e].weight;
        if (longer < distance[edges[e].to]) {
          distance[edges[e].to] = longer;
          push(longer, edges[e].to);
        }
      }
    }
    mix(sum);
    memset(depth, -1, sizeof depth);
    uint32_t head = 0, tail = 0, deepest = 0;
    queue[tail++] = round;
    depth[round] = 0;
    while (head < tail) {
      uint32_t v = queue[head++];
      if ((uint32_t)depth[v] > deepest) deepest = (uint32_t)depth[v];
      for (uint32_t e = first[v]; e; e = edges[e].next)
        if (depth[edges[e].to] < 0) depth[edges[e].to] = depth[v] + 1, queue[tail++] = edges[e].to;
    }
    mix(tail), mix(deepest);
  }
  stop_clock();
  return report();
}
