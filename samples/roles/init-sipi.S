/*
 * The scenario that lift86 was made for. The second processor runs in real mode: it works, sets EFER.NX, works again by the same code, sets CR4.PSE, works once
 * more and halts; the first sends it INIT, SIPI, SIPI, 1,000 times. INIT clears EFER and CR4 while paging is off, so nothing that the MMU looks at
 * has changed, and all translations of the second processor's code serve again. Needs two processors.
 */
        .set    ROUNDS, 1000
        .include "kernel.inc"
        .set    VECTOR, 8                       /* starts at 8000h */
        .set    REAL, VECTOR << 12
        .set    COUNT, 0x9000                   /* what both processors know: rounds done, */
        .set    HASH, 0x9004                    /* and the second one's hash */
        .set    TABLE, 0x9010
        .set    ICR, 0xfee00300
        .set    SVR, 0xfee000f0

main:   mov     esi, offset real
        mov     edi, REAL
        mov     ecx, real_end - real
        rep     movsb
        mov     edi, COUNT
        mov     eax, 0
        mov     ecx, 4
        rep     stosd
        mov     edi, TABLE
        mov     eax, 0x2545f491
        mov     ecx, 16
        rep     stosd
        or      dword ptr [SVR], 0x100          /* local APIC on */
        xor     ebx, ebx
1:      mov     dword ptr [ICR], 0x000c4500     /* INIT to all but self */
        call    sent
        mov     dword ptr [ICR], 0x000c4600 + VECTOR
        call    sent
        mov     dword ptr [ICR], 0x000c4600 + VECTOR
        call    sent
        inc     ebx
2:      pause
        cmp     [COUNT], ebx
        jb      2b
        cmp     ebx, [limit]
        jb      1b
        mov     eax, [COUNT]
        mov     [rounds], eax
        mov     eax, [HASH]
        mov     [hash], eax
        ret
sent:   test    dword ptr [ICR], 0x1000         /* delivery status */
        jnz     sent
        ret
        result  rounds, "rounds      "
        result  hash, "hash        "

/* The second processor, from real mode's CS = 800h, IP = 0. */
        .section .rodata
        .code16
real:   cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     eax, [HASH]
        call    work16
        push    eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_NX
        wrmsr
        pop     eax
        call    work16
        mov     edx, cr4
        or      edx, CR4_PSE
        mov     cr4, edx
        call    work16
        mov     [HASH], eax
        lock    inc dword ptr [COUNT]
1:      hlt
        jmp     1b

/* As `work` of kernel.inc, over the words at TABLE. Changes CX, EDX, SI. */
work16: mov     si, TABLE
        mov     cx, 16
1:      mov     edx, [si]
        xor     eax, edx
        rol     eax, 5
        imul    eax, eax, 0x01000193
        test    al, 1
        jz      2f
        add     edx, 0x9e3779b9
2:      xor     [si], edx
        add     si, 4
        loop    1b
        ret
real_end:
        .code32
        .text
