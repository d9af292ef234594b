/* With paging on, CR4.PGE is changed 512 times, as kernels do to flush the TLB of global pages too. PGE is no part of the role. */
        .set    ROUNDS, 512
        .include "kernel.inc"
        .include "toggle.inc"
change: cmp     dword ptr [round], 0
        jne     1f
        push    eax
        call    identity
        mov     eax, cr0
        or      eax, CR0_PG
        mov     cr0, eax
        pop     eax
1:      mov     edx, cr4
        xor     edx, CR4_PGE
        mov     cr4, edx
        ret
