/*
 * With paging on, CR3 goes back and forth between two address spaces 512 times: the same code and data at the same addresses in both, but the page at
 * 800000h is another one in each. No role changes: TLB entries go, translations stay.
 */
        .set    ROUNDS, 512
        .include "kernel.inc"
        .set    OTHER_DIRECTORY, 0x210000
        .set    OTHER_TABLE, 0x211000
        .set    WINDOW, 0x800000
        .include "toggle.inc"
change: cmp     dword ptr [round], 0
        je      setup
1:      mov     edx, cr3
        xor     edx, PAGE_DIRECTORY ^ OTHER_DIRECTORY
        mov     cr3, edx
        inc     dword ptr [WINDOW]              /* each space counts its own switches */
        mov     edx, [round]
        inc     edx
        cmp     edx, [limit]
        jne     2f
        mov     edx, [WINDOW]
        mov     [here], edx
        mov     edx, [0x900000]
        mov     [there], edx
2:      ret

setup:  push    eax
        call    identity
        mov     esi, PAGE_DIRECTORY             /* the other directory: the same but for the table of 8 to 12 MiB */
        mov     edi, OTHER_DIRECTORY
        mov     ecx, 1024
        rep     movsd
        mov     esi, PAGE_TABLES + 2 * 4096
        mov     edi, OTHER_TABLE
        mov     ecx, 1024
        rep     movsd
        mov     dword ptr [OTHER_TABLE], 0x900000 + 7
        mov     dword ptr [OTHER_DIRECTORY + 2 * 4], OTHER_TABLE + 7
        mov     dword ptr [WINDOW], 0
        mov     dword ptr [0x900000], 0
        mov     eax, cr0
        or      eax, CR0_PG
        mov     cr0, eax
        pop     eax
        jmp     1b
        result  here, "here        "
        result  there, "there       "
