/* CR0.WP is changed 2,000 times while paging is off, where it means nothing. */
        .include "kernel.inc"
        .set    ROUNDS, 2000
        .include "toggle.inc"
change: mov     edx, cr0
        xor     edx, CR0_WP
        mov     cr0, edx
        ret
