/* CR4's paging bits go through all sixteen combinations of PSE, PAE, SMEP and SMAP, 32 times, while paging is off, where they mean nothing. */
        .set    ROUNDS, 512
        .include "kernel.inc"
        .include "toggle.inc"
change: mov     ecx, [round]
        mov     edx, ecx
        and     edx, 3                          /* PSE and PAE are bits 4 and 5, */
        shl     edx, 4
        and     ecx, 12                         /* SMEP and SMAP 20 and 21 */
        shl     ecx, 18
        or      edx, ecx
        mov     cr4, edx
        ret
