/*
 * A 32-bit kernel with paging on calls services in real mode 100,000 times, as boot loaders and DOS extenders do: paging off, protection off, INT 60h,
 * and all the way back. Two changes of role a call, between the same two roles.
 */
        .set    WORDS, 4                        /* little work: it is about the changes */
        .set    ROUNDS, 100000
        .include "kernel.inc"
        .set    REAL, 0x8000
        .set    IDLE_STACK, 0x7c00
        .set    SERVICE, 0x60
        .include "toggle.inc"
        .set    CODE16, 0x18
        .set    DATA16, 0x20

/* EAX through the service and back. */
change: cmp     dword ptr [round], 0
        je      setup
1:      mov     [stack], esp
        jmp     CODE16, REAL
back:   mov     edx, DATA
        mov     ds, edx
        mov     es, edx
        mov     ss, edx
        mov     esp, [stack]
        mov     edx, cr0
        or      edx, CR0_PG
        mov     cr0, edx
        mov     edx, [REAL + count - real]
        mov     [services], edx
        ret

setup:  push    eax
        mov     esi, offset real
        mov     edi, REAL
        mov     ecx, real_end - real
        rep     movsb
        mov     dword ptr [SERVICE * 4], REAL + service - real
        call    identity
        mov     eax, cr0
        or      eax, CR0_PG
        mov     cr0, eax
        pop     eax
        jmp     1b
        result  services, "services    "
        .bss
stack:  .skip   4

/* Copied to REAL, where it runs at the same offsets of a segment with base 0. */
        .section .rodata
        .code16
real:   mov     dx, DATA16                      /* limits of 64 KiB for real mode */
        mov     ds, dx
        mov     es, dx
        mov     ss, dx
        mov     edx, cr0
        and     edx, ~(CR0_PG | CR0_PE)
        mov     cr0, edx
        jmp     0, REAL + 1f - real
1:      xor     dx, dx
        mov     ds, dx
        mov     es, dx
        mov     ss, dx
        mov     sp, IDLE_STACK
        lidt    [REAL + vectors - real]
        int     SERVICE
        mov     edx, cr0
        or      edx, CR0_PE
        mov     cr0, edx
        .byte   0x66, 0xea                      /* jmp CODE:back, of 32 bits */
        .long   back
        .word   CODE

/* INT 60h: EAX is hashed with how often it was called. */
service:
        inc     dword ptr cs:[REAL + count - real]
        xor     eax, cs:[REAL + count - real]
        ror     eax, 7
        iret
count:  .long   0
vectors:
        .word   0x3ff
        .long   0
real_end:
        .code32
        .text
