/* A bare-metal program to debug: a multiboot kernel that turns paging on, sees its variables at a second address too, and leaves through debug-exit. */

__attribute__((section(".multiboot"), used)) static const unsigned header[] = {0x1badb002, 0, 0u - 0x1badb002};

unsigned ticks;
static unsigned directory[1024] __attribute__((aligned(4096)));

__attribute__((noinline)) unsigned twice(unsigned x) { return x + x; }

static void paging(void) {
  directory[0] = directory[768] = 0x83; /* 4 MiB pages: 0 and C0000000h are physical 0 */
  __asm__ volatile("mov %%cr4, %%eax\n\tor $0x10, %%eax\n\tmov %%eax, %%cr4\n\tmov %0, %%cr3\n\tmov %%cr0, %%eax\n\tor $0x80000000, %%eax\n\tmov %%eax, %%cr0"
                   : : "r"(directory) : "eax", "memory");
}

__attribute__((noinline)) void work(void) {
  for (unsigned i = 1; i <= 4; i++) *(unsigned *)((char *)&ticks + 0xc0000000) += twice(i);
}

void kernel(void) {
  paging();
  work();
  __asm__ volatile("outl %0, $0xf4" : : "a"(ticks));
  for (;;) __asm__ volatile("cli\n\thlt");
}

__asm__(".globl _start\n_start: mov $0x90000, %esp\n\txor %ebp, %ebp\n\tcall kernel");
