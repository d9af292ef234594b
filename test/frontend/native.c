/* Records what the host's processor does with single instructions: gcc -m32 -O1 -o native native.c && ./native > native.txt
 *
 * For each instruction: CASES pseudo-random register sets, a checksum over what comes out. integer.test.ts makes the same register sets,
 * runs the same bytes translated and compares. A line is: name, kind, bytes, mask of the defined flags, checksum. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CASES 400
#define ALL 0x8d5

typedef uint32_t u32;
struct regs { u32 eax, ecx, edx, ebx, efl, esi, edi; };

/* Kinds: n any values; d divisions (EDX often the sign or zero); m ECX within 256 bits of the buffer; s strings (ECX 0 to 7, the buffer). */
static const struct { const char *name; char kind; const char *bytes; u32 mask; } LIST[] = {
#define SHIFTS(name, digit) \
  {name " al,cl", 'n', "\xd2" digit, ALL}, {name " ax,cl", 'n', "\x66\xd3" digit, ALL}, {name " eax,cl", 'n', "\xd3" digit, ALL}, \
  {name " al,1", 'n', "\xd0" digit, ALL}, {name " ax,1", 'n', "\x66\xd1" digit, ALL}, {name " eax,1", 'n', "\xd1" digit, ALL}, \
  {name " al,9", 'n', "\xc0" digit "\x09", ALL}, {name " ax,17", 'n', "\x66\xc1" digit "\x11", ALL}, {name " eax,31", 'n', "\xc1" digit "\x1f", ALL}, \
  {name " ah,3", 'n', "\xc0" digit "\x03", ALL}
  SHIFTS("rol", "\xc0"), SHIFTS("ror", "\xc8"), SHIFTS("rcl", "\xd0"), SHIFTS("rcr", "\xd8"),
  SHIFTS("shl", "\xe0"), SHIFTS("shr", "\xe8"), SHIFTS("sal", "\xf0"), SHIFTS("sar", "\xf8"),
  {"shld eax,edx,cl", 'n', "\x0f\xa5\xd0", ALL}, {"shrd eax,edx,cl", 'n', "\x0f\xad\xd0", ALL},
  {"shld eax,edx,7", 'n', "\x0f\xa4\xd0\x07", ALL}, {"shrd eax,edx,7", 'n', "\x0f\xac\xd0\x07", ALL},
  {"shld ax,dx,cl", 'n', "\x66\x0f\xa5\xd0", ALL & ~0x800}, {"shrd ax,dx,cl", 'n', "\x66\x0f\xad\xd0", ALL & ~0x800},
  {"shld ax,dx,20", 'n', "\x66\x0f\xa4\xd0\x14", ALL & ~0x800}, {"shrd ax,dx,5", 'n', "\x66\x0f\xac\xd0\x05", ALL},
  {"mul cl", 'n', "\xf6\xe1", 0x801}, {"mul cx", 'n', "\x66\xf7\xe1", 0x801}, {"mul ecx", 'n', "\xf7\xe1", 0x801},
  {"imul cl", 'n', "\xf6\xe9", 0x801}, {"imul cx", 'n', "\x66\xf7\xe9", 0x801}, {"imul ecx", 'n', "\xf7\xe9", 0x801},
  {"imul eax,ecx", 'n', "\x0f\xaf\xc1", 0x801}, {"imul ax,cx", 'n', "\x66\x0f\xaf\xc1", 0x801},
  {"imul eax,ecx,-77", 'n', "\x6b\xc1\xb3", 0x801}, {"imul ax,cx,1234", 'n', "\x66\x69\xc1\xd2\x04", 0x801},
  {"div cl", 'd', "\xf6\xf1", 0}, {"div cx", 'd', "\x66\xf7\xf1", 0}, {"div ecx", 'd', "\xf7\xf1", 0},
  {"idiv cl", 'd', "\xf6\xf9", 0}, {"idiv cx", 'd', "\x66\xf7\xf9", 0}, {"idiv ecx", 'd', "\xf7\xf9", 0},
  {"bt eax,ecx", 'n', "\x0f\xa3\xc8", ALL}, {"bts ax,cx", 'n', "\x66\x0f\xab\xc8", ALL}, {"btr eax,17", 'n', "\x0f\xba\xf0\x11", ALL},
  {"bt [esi],ecx", 'm', "\x0f\xa3\x0e", ALL}, {"bts [esi],ecx", 'm', "\x0f\xab\x0e", ALL}, {"btr [esi],ecx", 'm', "\x0f\xb3\x0e", ALL},
  {"btc [esi],ecx", 'm', "\x0f\xbb\x0e", ALL}, {"btc [esi],cx", 'm', "\x66\x0f\xbb\x0e", ALL}, {"bts dword [esi],9", 'm', "\x0f\xba\x2e\x09", ALL},
  {"bsf eax,ecx", 'n', "\x0f\xbc\xc1", 0x40}, {"bsr eax,ecx", 'n', "\x0f\xbd\xc1", 0x40},
  {"bsf ax,cx", 'n', "\x66\x0f\xbc\xc1", 0x40}, {"bsr ax,cx", 'n', "\x66\x0f\xbd\xc1", 0x40},
  {"popcnt eax,ecx", 'n', "\xf3\x0f\xb8\xc1", ALL}, {"popcnt ax,cx", 'n', "\x66\xf3\x0f\xb8\xc1", ALL},
  {"aaa", 'n', "\x37", ALL}, {"aas", 'n', "\x3f", ALL}, {"daa", 'n', "\x27", ALL}, {"das", 'n', "\x2f", ALL},
  {"aam", 'n', "\xd4\x0a", ALL}, {"aam 7", 'n', "\xd4\x07", ALL}, {"aad", 'n', "\xd5\x0a", ALL}, {"aad 200", 'n', "\xd5\xc8", ALL},
  {"cmpxchg ecx,edx", 'n', "\x0f\xb1\xd1", ALL}, {"cmpxchg al,dl", 'n', "\x0f\xb0\xd0", ALL}, {"cmpxchg ah,dl", 'n', "\x0f\xb0\xd4", ALL},
  {"cmpxchg [esi],edx", 'm', "\x0f\xb1\x16", ALL}, {"lock cmpxchg8b [esi]", 'm', "\xf0\x0f\xc7\x0e", ALL},
  {"xadd eax,edx", 'n', "\x0f\xc1\xd0", ALL}, {"xadd eax,eax", 'n', "\x0f\xc1\xc0", ALL}, {"xadd al,ah", 'n', "\x0f\xc0\xe0", ALL},
  {"xadd [esi],cx", 'm', "\x66\x0f\xc1\x0e", ALL}, {"xchg ah,al", 'n', "\x86\xc4", ALL}, {"xchg [esi],edx", 'm', "\x87\x16", ALL},
  {"bswap edx", 'n', "\x0f\xca", ALL}, {"bswap ax", 'n', "\x66\x0f\xc8", ALL},
  {"cbw", 'n', "\x66\x98", ALL}, {"cwde", 'n', "\x98", ALL}, {"cwd", 'n', "\x66\x99", ALL}, {"cdq", 'n', "\x99", ALL},
  {"movsx eax,cl", 'n', "\x0f\xbe\xc1", ALL}, {"movsx ax,ch", 'n', "\x66\x0f\xbe\xc5", ALL}, {"movzx eax,cx", 'n', "\x0f\xb7\xc1", ALL},
  {"lahf", 'n', "\x9f", ALL}, {"sahf", 'n', "\x9e", ALL}, {"cmc", 'n', "\xf5", ALL}, {"salc", 'n', "\xd6", ALL},
  {"lea ax,[eax+ecx*4+77]", 'n', "\x66\x8d\x44\x88\x4d", ALL}, {"lea eax,[bx+5]", 'n', "\x67\x8d\x47\x05", ALL},
#define CONDITION(n, x) {"cmov" n " eax,ecx", 'n', "\x0f" x "\xc1", ALL},
  CONDITION("o", "\x40") CONDITION("ae", "\x43") CONDITION("be", "\x46") CONDITION("s", "\x48") CONDITION("p", "\x4a")
  CONDITION("l", "\x4c") CONDITION("le", "\x4e") CONDITION("g", "\x4f")
  {"seta ah", 'n', "\x0f\x97\xc4", ALL}, {"setl dl", 'n', "\x0f\x9c\xc2", ALL}, {"sets cl", 'n', "\x0f\x98\xc1", ALL},
  {"push/pop of both sizes", 'n', "\x50\x66\x52\x66\x58\x59", ALL},
  {"push esp; pop", 'n', "\x54\x58\x29\xe0", ALL}, {"pop [esp]", 'n', "\x50\x52\x8f\x04\x24\x58", ALL}, {"pop [esp+4]", 'n', "\x50\x52\x51\x8f\x44\x24\x04\x59\x58", ALL},
  {"pusha/popa", 'n', "\x60\x89\x44\x24\x10\x61", ALL}, {"enter 8,0; leave", 'n', "\x52\xc8\x08\x00\x00\x8b\x45\x04\xc9\x5a", ALL},
  {"enter 8,3; leave", 'n', "\x55\x89\xe5\x83\xec\x40\xc8\x08\x00\x03\x89\xe8\x29\xe0\xc9\x89\xec\x5d", 0},
  {"rep movsb", 's', "\xf3\xa4", ALL}, {"rep movsd overlapping", 's', "\x8d\x7e\x03\xf3\xa5", ALL}, {"rep movsw", 's', "\x66\xf3\xa5", ALL},
  {"rep movsb overlapping", 's', "\x8d\x7e\x01\xf3\xa4", ALL}, {"rep movsd overlapping 4", 's', "\x8d\x7e\x04\xf3\xa5", ALL},
  {"std; rep movsb", 's', "\xfd\xf3\xa4\xfc", ALL}, {"std; rep movsd", 's', "\xfd\xf3\xa5\xfc", ALL}, {"movsd", 's', "\xa5", ALL},
  {"rep stosb", 's', "\xf3\xaa", ALL}, {"rep stosw", 's', "\x66\xf3\xab", ALL}, {"rep stosd", 's', "\xf3\xab", ALL}, {"std; stosw", 's', "\xfd\x66\xab\xfc", ALL},
  {"rep lodsd", 's', "\xf3\xad", ALL}, {"lodsb", 's', "\xac", ALL}, {"std; rep lodsw", 's', "\xfd\x66\xf3\xad\xfc", ALL},
  {"repe cmpsb", 's', "\xf3\xa6", ALL}, {"repne cmpsb", 's', "\xf2\xa6", ALL}, {"repne cmpsd", 's', "\xf2\xa7", ALL}, {"repe cmpsw", 's', "\x66\xf3\xa7", ALL}, {"cmpsb", 's', "\xa6", ALL},
  {"repe scasb", 's', "\xf3\xae", ALL}, {"repne scasb", 's', "\xf2\xae", ALL}, {"repne scasw", 's', "\x66\xf2\xaf", ALL}, {"scasd", 's', "\xaf", ALL},
  {"std; repne scasb", 's', "\xfd\xf2\xae\xfc", ALL}, {"std; repe cmpsd", 's', "\xfd\xf3\xa7\xfc", ALL},
};

static u32 seed;
static u32 next(void) { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed; }
/* Any value, often one at an edge. */
static u32 value(void) {
  u32 r = next();
  switch (r & 7) {
    case 0: return 0;
    case 1: return -1u;
    case 2: return 0x80000000u >> ((r >> 8) & 31);
    case 3: return (r >> 8) & 0xff;
    case 4: return (int32_t)(r & 0xffffff00) >> 24;
    default: return next();
  }
}

static u32 sum;
static void add(u32 x) { sum = (sum ^ x) * 0x01000193; sum ^= sum >> 15; }

static unsigned char *code, *resume;
static int faulted;
static void onfault(int s, siginfo_t *i, void *c) { (void)s; (void)i; faulted = 1; ((ucontext_t *)c)->uc_mcontext.gregs[REG_EIP] = (int)resume; }

static const unsigned char PROLOGUE[] = "\x60\x8b\x6c\x24\x24\xff\x75\x10\x9d\x8b\x45\x00\x8b\x4d\x04\x8b\x55\x08\x8b\x5d\x0c\x8b\x75\x14\x8b\x7d\x18\x55";
static const unsigned char EPILOGUE[] = "\x5d\x89\x45\x00\x89\x4d\x04\x89\x55\x08\x89\x5d\x0c\x89\x75\x14\x89\x7d\x18\x9c\x8f\x45\x10\x61\xc3";

int main(void) {
  static unsigned char buffer[256];
  static unsigned char stack[65536];
  stack_t ss = {stack, 0, sizeof stack};
  struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigaltstack(&ss, 0);
  sa.sa_sigaction = onfault;
  sigaction(SIGFPE, &sa, 0);
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (unsigned k = 0; k < sizeof LIST / sizeof *LIST; k++) {
    /* no instruction of the list holds a zero byte but ENTER */
    size_t n = strlen(LIST[k].bytes);
    const char *enter = strstr(LIST[k].name, "enter 8");
    if (enter) n = enter[8] == '0' ? 10 : 18;
    memcpy(code, PROLOGUE, sizeof PROLOGUE - 1);
    memcpy(code + sizeof PROLOGUE - 1, LIST[k].bytes, n);
    resume = code + sizeof PROLOGUE - 1 + n;
    memcpy(resume, EPILOGUE, sizeof EPILOGUE - 1);
    seed = 0x12345678 + k;
    sum = 0x811c9dc5;
    for (int i = 0; i < 256; i++) buffer[i] = i & 3 ? i >> 4 : next();
    for (int i = 0; i < CASES; i++) {
      struct regs r = {value(), value(), value(), value(), 0x202, 0, 0};
      r.efl |= next() & ALL;
      r.esi = r.edi = 128;
      if (LIST[k].kind == 'd') {
        if (next() & 1) r.edx = (int32_t)r.eax >> 31;
        if (next() & 1) r.edx = 0;
        if (next() & 1) r.edx = r.ecx - 1;
      }
      if (LIST[k].kind == 'm') {
        r.ecx = (r.ecx & 511) - 256;
        r.esi = 128 + (i & 15);
        if (next() & 1) memcpy(&r.eax, buffer + r.esi, 4), memcpy(&r.edx, buffer + r.esi + 4, 4);
      }
      if (LIST[k].kind == 's') {
        r.ecx &= 7;
        r.esi = 64 + (i & 31);
        r.edi = 128 + (next() & 31);
      }
      r.esi += (u32)buffer;
      r.edi += (u32)buffer;
      faulted = 0;
      ((void (*)(struct regs *))code)(&r);
      if (faulted) { add(0xdead); continue; }
      add(r.eax); add(r.ecx); add(r.edx); add(r.ebx); add(r.efl & LIST[k].mask); add(r.esi - (u32)buffer); add(r.edi - (u32)buffer);
    }
    for (int i = 0; i < 256; i++) add(buffer[i]);
    printf("%s|%c|", LIST[k].name, LIST[k].kind);
    for (size_t i = 0; i < n; i++) printf("%02x", (unsigned char)LIST[k].bytes[i]);
    printf("|%x|%x\n", LIST[k].mask, sum);
  }
}
