/*
 * A paged kernel with CR0.WP set writes to a read-only page as Linux does: WP off, write, WP on. 100,000 times, two changes of role each; now and then it
 * tries with WP on, which faults.
 */
        .set    WORDS, 4                        /* little work: it is about the changes */
        .set    ROUNDS, 100000
        .include "kernel.inc"
        .set    TARGET, 0x400000
        .include "toggle.inc"
change: cmp     dword ptr [round], 0
        je      setup
1:      mov     edx, cr0
        and     edx, ~CR0_WP
        mov     cr0, edx
        add     [TARGET], eax
        or      edx, CR0_WP
        mov     cr0, edx
        test    dword ptr [round], 255
        jnz     2f
        mov     edx, [TARGET]
        mov     dword ptr [TARGET], 0           /* refused: #PF, which goes on at the next instruction */
        cmp     [TARGET], edx
        je      2f
        inc     dword ptr [lost]
2:      mov     edx, [TARGET]
        mov     [sum], edx
        ret

setup:  push    eax
        mov     dword ptr [TARGET], 0
        call    identity
        and     dword ptr [PAGE_TABLES + (TARGET >> 12) * 4], ~2
        mov     eax, offset page_fault
        mov     word ptr [idt + 14 * 8], ax
        mov     word ptr [idt + 14 * 8 + 2], CODE
        shr     eax, 16
        mov     word ptr [idt + 14 * 8 + 4], 0x8e00
        mov     word ptr [idt + 14 * 8 + 6], ax
        lidt    [idtr]
        mov     eax, cr0
        or      eax, CR0_PG | CR0_WP
        mov     cr0, eax
        pop     eax
        jmp     1b

page_fault:
        inc     dword ptr [faults]
        xchg    eax, [esp]                      /* the error code */
        mov     [code], eax
        mov     eax, cr2
        mov     [address], eax
        pop     eax
        add     dword ptr [esp], 10             /* mov dword ptr [TARGET], 0 */
        iret
        result  sum, "sum         "
        result  faults, "faults      "
        result  code, "code        "
        result  address, "address     "
        result  lost, "lost        "
        .data
idtr:   .word   15 * 8 - 1
        .long   idt
        .bss
        .balign 8
idt:    .skip   15 * 8
        .text
