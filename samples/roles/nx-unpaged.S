/* EFER.NX is changed 2,000 times while paging is off, where it means nothing. */
        .include "kernel.inc"
        .set    ROUNDS, 2000
        .include "toggle.inc"
change: push    eax
        mov     ecx, MSR_EFER
        rdmsr
        xor     eax, EFER_NX
        wrmsr
        pop     eax
        ret
