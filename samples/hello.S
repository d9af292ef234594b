/* hello in assembly: write(1, ...), exit(0) through int 0x80. */
        .intel_syntax noprefix
        .globl  _start
        .text
_start: mov     eax, 4                  /* write */
        mov     ebx, 1
        lea     ecx, text
        mov     edx, offset size
        int     0x80
        cmp     eax, edx
        setne   bl                      /* status 1 if not all of it was written */
        movzx   ebx, bl
        mov     eax, 1                  /* exit */
        int     0x80

        .section .rodata
text:   .ascii  "Hello from i386!\n"
size    = . - text
        .section .note.GNU-stack, "", @progbits
