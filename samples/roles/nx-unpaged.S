/* EFER.NX is changed 512 times while paging is off, where it means nothing. */
        .set    ROUNDS, 512
        .include "kernel.inc"
        .include "toggle.inc"
change: push    eax
        mov     ecx, MSR_EFER
        rdmsr
        xor     eax, EFER_NX
        wrmsr
        pop     eax
        ret
