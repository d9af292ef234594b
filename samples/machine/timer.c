/*
 * Paging (the first 4 MiB one to one, and the same page twice at C0000000h), the 8259s and the 8254 at 1 kHz: waits for ticks with HLT, page faults on
 * the way are mended by their handler.
 */
#include "machine.h"

#define PRESENT 1
#define WRITABLE 2
#define TICKS 20

static u32 directory[1024] __attribute__((aligned(4096)));
static u32 low[1024] __attribute__((aligned(4096)));
static u32 high[1024] __attribute__((aligned(4096)));
static u32 page[1024] __attribute__((aligned(4096)));
static struct { u16 low, selector, type, high; } idt[48];
static volatile u32 ticks, reads, writes;

__attribute__((used)) void tick(void)
{
    ticks++;
    outb(0x20, 0x20);
}

/* Maps the page that was missing. */
__attribute__((used)) void fault(u32 code)
{
    u32 address;
    __asm__ volatile("mov %0, cr2" : "=r"(address));
    if (code == 0)
        reads++;
    else if (code == 2)
        writes++;
    high[address >> 12 & 1023] = (u32)page | PRESENT | WRITABLE;
}

void tick_entry(void), fault_entry(void);
__asm__("tick_entry: pusha\n call tick\n popa\n iretd\n"
        "fault_entry: pusha\n push dword ptr [esp + 32]\n call fault\n add esp, 4\n popa\n add esp, 4\n iretd\n");

static void gate(u32 vector, void (*handler)(void))
{
    idt[vector].low = (u32)handler;
    idt[vector].selector = 8;
    idt[vector].type = 0x8e00;
    idt[vector].high = (u32)handler >> 16;
}

void start(struct information *info)
{
    (void)info;
    for (u32 i = 0; i < 1024; i++)
        low[i] = i << 12 | PRESENT | WRITABLE;
    directory[0] = (u32)low | PRESENT | WRITABLE;
    directory[0xc00 >> 2] = (u32)high | PRESENT | WRITABLE;
    struct { u16 limit; u32 base; } __attribute__((packed)) pointer = { sizeof idt - 1, (u32)idt };
    gate(14, fault_entry);
    gate(32, tick_entry);
    __asm__ volatile("lidt %0" : : "m"(pointer));
    __asm__ volatile("mov cr3, %0\n mov eax, cr0\n or eax, 0x80010000\n mov cr0, eax" : : "r"(directory) : "eax");

    /* 8259s: vectors 32 and 40, only the timer. 8254: channel 0, mode 2, 1193 clocks. */
    static const u8 setup[][2] = { { 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 32 }, { 0xa1, 40 }, { 0x21, 4 }, { 0xa1, 2 }, { 0x21, 1 }, { 0xa1, 1 },
                                   { 0x21, 0xfe }, { 0xa1, 0xff }, { 0x43, 0x34 }, { 0x40, 1193 & 0xff }, { 0x40, 1193 >> 8 } };
    for (u32 i = 0; i < sizeof setup / 2; i++)
        outb(setup[i][0], setup[i][1]);

    volatile u32 *a = (volatile u32 *)0xc0000000, *b = (volatile u32 *)0xc0005000;
    while (ticks < TICKS)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    *a = 0x12345678;
    *b += 1;
    print("ticks ");
    number(ticks);
    print("\nfaults of writes ");
    number(writes);
    print(", of reads ");
    number(reads);
    print("\nthe same page ");
    print(*a == 0x12345679 && page[0] == *b ? "twice\n" : "not twice\n");
    quit(0);
}
