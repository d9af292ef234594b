/*
 * Brings up all other processors with INIT and SIPI; each takes a lock in turn, says who it is, and adds to a sum. The number of processors comes from
 * the firmware configuration device.
 */
#include "machine.h"

#define APIC(r) (*(volatile u32 *)(0xfee00000 + (r)))
#define ID 0x20
#define SPURIOUS 0xf0
#define ICR 0x300
#define TRAMPOLINE 0x8000
#define ROUNDS 1000

extern char trampoline[], trampoline_end[];
static volatile u32 lock, online, arrived, sum;
/* The trampoline takes a stack for each processor from here. */
volatile u32 next_stack;
static char stacks[8][4096] __attribute__((aligned(16)));

static void acquire(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static void release(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

static void work(void)
{
    u32 id = APIC(ID) >> 24;
    for (u32 i = 0; i < ROUNDS; i++) {
        acquire();
        sum += id + 1;
        release();
    }
    acquire();
    print("processor ");
    number(id);
    print(" is here\n");
    arrived++;
    release();
}

/* Entered by the others from the trampoline. */
__attribute__((noreturn, used)) void other(void)
{
    /* One after another, so that the output is always the same. */
    u32 id = APIC(ID) >> 24;
    online++;
    while (*(volatile u32 *)&arrived != id)
        __builtin_ia32_pause();
    work();
    for (;;)
        __asm__ volatile("cli; hlt");
}

void start(struct information *info)
{
    (void)info;
    __asm__ volatile("out %1, %0" : : "a"((u16)5), "Nd"((u16)0x510));
    u32 count = inb(0x511);
    count |= inb(0x511) << 8;
    next_stack = (u32)stacks[0] + sizeof stacks[0];
    for (char *from = trampoline, *to = (char *)TRAMPOLINE; from < trampoline_end; from++, to++)
        *to = *from;
    APIC(SPURIOUS) |= 0x100;
    APIC(ICR) = 0x000c4500;
    APIC(ICR) = 0x000c4600 | TRAMPOLINE >> 12;
    work();
    while (arrived != count)
        __builtin_ia32_pause();
    print("sum ");
    number(sum);
    put('\n');
    quit(sum == ROUNDS * count * (count + 1) / 2 ? 0 : 1);
}

__asm__(".pushsection .rodata\n"
        ".code16\n"
        "trampoline:\n"
        "    cli\n"
        "    xor ax, ax\n"
        "    mov ds, ax\n"
        "    lgdt [gdt_pointer_low - trampoline + 0x8000]\n"
        "    mov eax, cr0\n"
        "    or al, 1\n"
        "    mov cr0, eax\n"
        "    jmp 8:protected - trampoline + 0x8000\n"
        ".code32\n"
        "protected:\n"
        "    mov eax, 16\n"
        "    mov ds, eax\n"
        "    mov es, eax\n"
        "    mov ss, eax\n"
        "    mov esp, 4096\n"
        "    lock xadd next_stack, esp\n"
        "    mov eax, offset other\n"
        "    jmp eax\n"
        "gdt_pointer_low:\n"
        "    .word 23\n"
        "    .long gdt_low - trampoline + 0x8000\n"
        "gdt_low: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff\n"
        "trampoline_end:\n"
        ".popsection\n");
