/* Walk a linked list of 4,096 nodes in mixed order, n times. */
#include "common.h"
#define SIZE 4096
struct node {
  struct node *next;
  u32 value;
};
static struct node nodes[SIZE];
u32 kernel(u32 n) {
  u32 h = 0, i, round;
  /* 1,365 is odd: i * 1365 + 1 reaches every node once */
  for (i = 0; i < SIZE; i++) {
    nodes[i].next = &nodes[(i * 1365 + 1) & (SIZE - 1)];
    nodes[i].value = i * 2654435761u;
  }
  for (round = 0; round < n; round++) {
    struct node *p = nodes;
    for (i = 0; i < SIZE; i++) {
      h = (h << 1 | h >> 31) ^ p->value;
      p->value += h & 1;
      p = p->next;
    }
  }
  return h;
}
