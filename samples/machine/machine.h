/* What the C samples of this folder share: ports, the serial line, the end of the run. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

static inline void outb(u16 port, u8 value) { __asm__ volatile("out %1, %0" : : "a"(value), "Nd"(port)); }
static inline void outl(u16 port, u32 value) { __asm__ volatile("out %1, %0" : : "a"(value), "Nd"(port)); }
static inline u8 inb(u16 port)
{
    u8 value;
    __asm__ volatile("in %0, %1" : "=a"(value) : "Nd"(port));
    return value;
}

static void put(char c)
{
    while (!(inb(0x3fd) & 0x20))
        ;
    outb(0x3f8, c);
}

static void print(const char *s)
{
    for (; *s; s++)
        put(*s);
}

static void number(u32 n)
{
    if (n >= 10)
        number(n / 10);
    put('0' + n % 10);
}

/* The debug-exit port: exit status (n << 1) | 1. */
__attribute__((noreturn, used)) void quit(u32 n)
{
    outl(0xf4, n);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* What a multiboot loader tells (Multiboot Specification 0.6.96, 3.3). */
struct module { u32 start, end; const char *text; u32 reserved; };
struct information {
    u32 flags, lower, upper, boot_device;
    const char *command_line;
    u32 modules;
    struct module *module;
};
