/* How the multiboot samples of this folder begin: a stack, then start(information). */
        .intel_syntax noprefix
        .section .multiboot, "a"
        .long   0x1badb002, 3, -(0x1badb002 + 3)

        .text
        .globl  _start
_start: cld
        mov     esp, offset stack_top
        lgdt    [gdt_pointer]
        jmp     8, offset 1f
1:      mov     ecx, 16
        mov     ds, ecx
        mov     es, ecx
        mov     ss, ecx
        push    ebx
        call    start
        push    0
        call    quit

        .data
        .balign 8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        .globl  gdt_pointer
gdt_pointer:
        .word   23
        .long   gdt

        .bss
        .balign 16
        .skip   16384
stack_top:
