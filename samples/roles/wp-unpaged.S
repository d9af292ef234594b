/* CR0.WP is changed 512 times while paging is off, where it means nothing. */
        .set    ROUNDS, 512
        .include "kernel.inc"
        .include "toggle.inc"
change: mov     edx, cr0
        xor     edx, CR0_WP
        mov     cr0, edx
        ret
