/* A program to debug: calls, a variable to watch, a signal, floats, a system call that waits, an exit status. Kept with its debug information. */
#include "../linux/sys.h"

int total;
double half = 0.5;
static long double product = 1;
static volatile int handled;

static void on_signal(int n) { handled += n; }

__attribute__((noinline)) int square(int x) { return x * x; }

__attribute__((noinline)) void add(int x) {
  total += square(x);
  product *= x + half;
}

int main_(void) {
  struct { void (*handler)(int); unsigned flags; void (*restorer)(void); unsigned mask[2]; } action = {on_signal, 0, 0, {0, 0}};
  struct { int s, ns; } moment = {0, 1000000};
  SYS(NR_rt_sigaction, 10, &action, 0, 8, 0);
  for (int i = 1; i <= 5; i++) add(i);
  show("total", total);
  SYS(NR_kill, SYS(NR_getpid, 0, 0, 0, 0, 0), 10, 0, 0, 0);
  SYS(NR_nanosleep, &moment, 0, 0, 0, 0);
  show("handled", handled);
  return total - 48;
}
