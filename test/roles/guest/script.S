/*
 * A guest that does what a script tells it, which comes as a multiboot module: operations of 4 bytes each, the operation in the first, operands behind it. All that
 * memory accesses and page faults show goes into a hash. The window, 8 pages at 800000h, is mapped by entries that the script writes; the
 * rest is mapped one to one for the kernel only, in tables of 4-byte and of 8-byte entries, two address spaces each.
 *
 *   0 bits            paging off, if it is on
 *   1 f m             paging on: m 0 two levels, 1 PAE; +2 the other address space; f: CR0.WP 1, CR4.PSE 2, PGE 4, SMEP 8, SMAP 16, EFER.NX 32
 *   2 f               change these bits of CR0, CR4 and EFER as they are
 *   3 page flags      write the window's entry of the tables in use, then INVLPG; flags: P W U A D of the entry, bit 15 for XD
 *   4 page            read           5 page  write           6 page  call
 *   7 ac              set EFLAGS.AC  8       work            9  the other address space (MOV CR3)
 *  10 f               INIT, SIPI, SIPI to the second processor, which sets EFER.NX (f 32) and CR4.PSE (f 2) and works in real mode
 */
        .set    ROUNDS, 0
        .set    WORDS, 8
        .include "kernel.inc"
        .set    WINDOW, 0x800000
        .set    FRAMES, 0xa00000                /* what the window's pages are in memory */
        .set    PD, 0x200000                    /* of each address space: directory, tables for 16 MiB */
        .set    PDPT, 0x220000                  /* of each: PDPT, directory, tables for 16 MiB */
        .set    SPACE, 0x10000
        .set    PAE_SPACE, 0x10000
        .set    REAL, 0x8000
        .set    COUNT, 0x9000
        .set    AP_HASH, 0x9004
        .set    AP_FLAGS, 0x9008
        .set    TABLE, 0x9010
        .set    ICR, 0xfee00300

main:   mov     esi, [module]
        mov     edi, offset script
        mov     ecx, [module_length]
        mov     [script_length], ecx
        rep     movsb
        mov     edi, PD
        call    tables_32
        mov     edi, PD + SPACE
        call    tables_32
        mov     edi, PDPT
        call    tables_64
        mov     edi, PDPT + PAE_SPACE
        call    tables_64
        mov     edi, FRAMES                     /* in each frame: a word of its own, and code that returns it */
        mov     ecx, 8
1:      mov     [edi + 16], edi
        mov     byte ptr [edi], 0xb8            /* mov eax, imm32 */
        mov     [edi + 1], edi
        mov     byte ptr [edi + 5], 0xc3
        add     edi, 4096
        loop    1b
        mov     esi, offset real
        mov     edi, REAL
        mov     ecx, real_end - real
        rep     movsb
        mov     edi, COUNT
        xor     eax, eax
        mov     ecx, 40
        rep     stosd
        inc     dword ptr [AP_HASH]
        or      dword ptr [0xfee000f0], 0x100
        mov     eax, offset page_fault
        mov     [idt + 14 * 8], ax
        mov     word ptr [idt + 14 * 8 + 2], CODE
        shr     eax, 16
        mov     word ptr [idt + 14 * 8 + 4], 0x8e00
        mov     [idt + 14 * 8 + 6], ax
        lidt    [idtr]

        mov     dword ptr [hash], 1
        mov     dword ptr [next], offset script
step:   mov     ebp, [next]
        mov     eax, ebp
        sub     eax, offset script
        cmp     eax, [script_length]
        jae     end
        add     dword ptr [next], 4
        movzx   eax, byte ptr [ebp]
        cmp     eax, 10
        ja      step
        call    [operations + eax * 4]
        jmp     step
end:    call    off
        mov     eax, [AP_HASH]
        mov     [ap_hash], eax
        mov     eax, [COUNT]
        mov     [rounds], eax
        pushfd
        and     dword ptr [esp], ~0x40000
        popfd
        ret
        result  hash, "hash        "
        result  faults, "faults      "
        result  ap_hash, "ap hash     "
        result  rounds, "ap rounds   "

/* EAX into the hash. */
note:   xor     eax, [hash]
        rol     eax, 7
        imul    eax, eax, 0x01000193
        inc     eax
        mov     [hash], eax
        ret

off:    mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        ret

on:     call    off
        movzx   ebx, byte ptr [ebp + 1]
        movzx   edx, byte ptr [ebp + 2]
        and     edx, 3
        mov     [using], edx
        xor     eax, eax
        call    cr4_bits
        test    edx, 1
        jz      1f
        or      eax, CR4_PAE
1:      mov     cr4, eax
        call    nx_bit
        mov     edx, [using]
        mov     eax, [spaces + edx * 4]
        mov     cr3, eax
        mov     eax, cr0
        and     eax, ~CR0_WP
        test    ebx, 1
        jz      1f
        or      eax, CR0_WP
1:      or      eax, CR0_PG
        mov     cr0, eax
        ret

/* CR4's bits for the flags EBX, into EAX. */
cr4_bits:
        test    ebx, 2
        jz      1f
        or      eax, CR4_PSE
1:      test    ebx, 4
        jz      1f
        or      eax, CR4_PGE
1:      test    ebx, 8
        jz      1f
        or      eax, CR4_SMEP
1:      test    ebx, 16
        jz      1f
        or      eax, CR4_SMAP
1:      ret

nx_bit: mov     ecx, MSR_EFER
        rdmsr
        and     eax, ~EFER_NX
        test    ebx, 32
        jz      1f
        or      eax, EFER_NX
1:      wrmsr
        ret

toggle: movzx   ebx, byte ptr [ebp + 1]
        xor     eax, eax
        call    cr4_bits
        mov     edx, cr4
        xor     edx, eax
        mov     cr4, edx
        mov     ecx, MSR_EFER
        rdmsr
        test    ebx, 32
        jz      1f
        xor     eax, EFER_NX
        wrmsr
1:      test    ebx, 1
        jz      1f
        mov     eax, cr0
        xor     eax, CR0_WP
        mov     cr0, eax
1:      ret

/* EBX: the window's page, EDI its address. */
page:   movzx   ebx, byte ptr [ebp + 1]
        and     ebx, 7
        mov     edi, ebx
        shl     edi, 12
        add     edi, WINDOW
        ret

/* With paging on the tables can be written through the mapping one to one. */
entry:  call    page
        movzx   edx, word ptr [ebp + 2]
        mov     eax, ebx
        shl     eax, 12
        mov     ecx, edx
        and     ecx, 0x67                       /* P W U A D; with G, entries might outlive MOV CR3 or not */
        lea     eax, [eax + ecx + FRAMES]
        mov     ecx, [using]
        test    ecx, 1
        jnz     1f
        mov     esi, [spaces + ecx * 4]         /* directory; its tables follow */
        mov     [esi + 4096 + (WINDOW >> 12) * 4 + ebx * 4], eax
        jmp     2f
1:      mov     esi, [spaces + ecx * 4]
        and     edx, 0x8000
        shl     edx, 16
        mov     [esi + 8192 + (WINDOW >> 12) * 8 + ebx * 8], eax
        mov     [esi + 8192 + (WINDOW >> 12) * 8 + ebx * 8 + 4], edx
2:      invlpg  [edi]
        ret

load:   call    guard
        mov     eax, [edi + 16]
        jmp     note
put:    call    guard
        mov     eax, [hash]
        mov     [edi + 16], eax
        mov     eax, edi
        jmp     note
execute:
        call    guard
        call    edi
        jmp     note

/* Before an access to the window's page: a fault returns to whoever called the operation. Without paging the window is itself. */
guard:  call    page
        mov     eax, cr0
        test    eax, eax
        js      1f
        lea     edi, [edi + FRAMES - WINDOW]
1:      lea     eax, [esp + 4]
        mov     [recover], eax
        ret

page_fault:
        inc     dword ptr [faults]
        mov     eax, [esp]                      /* error code; with RSVD there is P (SDM vol. 3, 4.7), which QEMU 7.2 leaves out */
        test    al, 8
        jz      1f
        or      al, 1
1:
        call    note
        mov     eax, cr2
        call    note
        mov     esp, [recover]
        ret

access: pushfd
        and     dword ptr [esp], ~0x40000
        test    byte ptr [ebp + 1], 1
        jz      1f
        or      dword ptr [esp], 0x40000
1:      popfd
        ret

job:    mov     eax, [hash]
        call    work
        jmp     note

other:  mov     edx, [using]
        xor     edx, 2
        mov     [using], edx
        mov     eax, cr0
        test    eax, eax
        jns     1f
        mov     eax, [spaces + edx * 4]
        mov     cr3, eax
1:      ret

/* The local APIC is not mapped one to one, so without paging; then as it was. */
restart:
        mov     eax, cr0
        push    eax
        call    off
        movzx   eax, byte ptr [ebp + 1]
        mov     [AP_FLAGS], eax
        mov     ebx, [COUNT]
        mov     dword ptr [ICR], 0x000c4500
        mov     dword ptr [ICR], 0x000c4600 + (REAL >> 12)
        mov     dword ptr [ICR], 0x000c4600 + (REAL >> 12)
1:      pause
        cmp     [COUNT], ebx
        je      1b
        pop     eax
        mov     cr0, eax
        ret

/* Tables at EDI: 4-byte entries, for the supervisor; the window not present. */
tables_32:
        lea     eax, [edi + 4096 + 3]
        mov     ecx, 4
1:      stosd
        add     eax, 4096
        loop    1b
        add     edi, 4096 - 16
        mov     eax, 3
        mov     ecx, 4096
1:      stosd
        add     eax, 4096
        loop    1b
        mov     eax, edi
        sub     eax, (4096 - (WINDOW >> 12)) * 4
        mov     ecx, 8
1:      mov     dword ptr [eax], 0
        add     eax, 4
        loop    1b
        ret

/* The same with 8-byte entries. */
tables_64:
        lea     eax, [edi + 4096 + 1]
        mov     [edi], eax
        add     edi, 4096
        lea     eax, [edi + 4096 + 3]
        mov     ecx, 8
1:      mov     [edi], eax
        mov     dword ptr [edi + 4], 0
        add     edi, 8
        add     eax, 4096
        loop    1b
        add     edi, 4096 - 64
        mov     eax, 3
        mov     ecx, 4096
1:      mov     [edi], eax
        mov     dword ptr [edi + 4], 0
        add     edi, 8
        add     eax, 4096
        loop    1b
        mov     eax, edi
        sub     eax, (4096 - (WINDOW >> 12)) * 8
        mov     ecx, 8
1:      mov     dword ptr [eax], 0
        add     eax, 8
        loop    1b
        ret

        .section .rodata
        .balign 4
operations:
        .long   off, on, toggle, entry, load, put, execute, access, job, other, restart
spaces: .long   PD, PDPT, PD + SPACE, PDPT + PAE_SPACE

        .code16
real:   cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     eax, [AP_HASH]
        call    work16
        push    eax
        test    byte ptr [AP_FLAGS], 32
        jz      1f
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_NX
        wrmsr
1:      test    byte ptr [AP_FLAGS], 2
        jz      1f
        mov     edx, cr4
        or      edx, CR4_PSE
        mov     cr4, edx
1:      pop     eax
        call    work16
        mov     [AP_HASH], eax
        lock    inc dword ptr [COUNT]
1:      hlt
        jmp     1b
work16: mov     si, TABLE
        mov     cx, 16
1:      mov     edx, [si]
        xor     eax, edx
        rol     eax, 5
        imul    eax, eax, 0x01000193
        xor     [si], eax
        add     si, 4
        loop    1b
        ret
real_end:
        .code32

        .data
idtr:   .word   15 * 8 - 1
        .long   idt
        .bss
        .balign 8
idt:    .skip   15 * 8
using:  .skip   4
next:   .skip   4
recover:
        .skip   4
script_length:
        .skip   4
        .balign 16
script: .skip   16384
        .text
