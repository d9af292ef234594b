/*
 * A small preemptive kernel: two tasks in user mode on one address space, taking turns by the timer; memory that is there only once a page fault has
 * mapped it; code that changes itself; writes of the kernel to a read-only page with CR0.WP off, in each of those faults. What the tasks compute
 * does not depend on when they are interrupted.
 */
        .set    ROUNDS, 40
        .include "kernel.inc"
        .set    USER_CODE, 0x28 | 3
        .set    USER_DATA, 0x30 | 3
        .set    TSS, 0x38
        .set    TASK_STACKS, 0x500000           /* a page a task, at its top */
        .set    LAZY, 0x800000                  /* 64 pages a task, mapped on demand to themselves */
        .set    FAULT_LOG, 0x400000             /* read-only: the kernel counts faults here */
        .set    DONE, 0x30                      /* INT 30h: a task has EAX as its result */
        .set    TIMER, 0x20

main:   call    identity
        mov     edi, LAZY >> 12                 /* not present */
        mov     ecx, 128
1:      and     dword ptr [PAGE_TABLES + edi * 4], ~1
        inc     edi
        loop    1b
        and     dword ptr [PAGE_TABLES + (FAULT_LOG >> 12) * 4], ~6
        mov     dword ptr [FAULT_LOG], 0

        mov     eax, offset tss                 /* segments of the tasks, and the TSS that says where the kernel's stack is */
        mov     edi, offset gdt_more
        mov     dword ptr [edi], 0x0000ffff
        mov     dword ptr [edi + 4], 0x00cffb00
        mov     dword ptr [edi + 8], 0x0000ffff
        mov     dword ptr [edi + 12], 0x00cff300
        mov     word ptr [edi + 16], 103
        mov     [edi + 18], ax
        shr     eax, 16
        mov     [edi + 20], al
        mov     word ptr [edi + 21], 0x0089
        mov     [edi + 23], ah
        mov     dword ptr [tss + 8], DATA
        mov     word ptr [tss + 102], 104
        mov     ax, TSS
        ltr     ax

        mov     eax, offset page_fault
        mov     ebx, 14
        mov     ecx, 0x8e00
        call    gate
        mov     eax, offset timer
        mov     ebx, TIMER
        call    gate
        mov     eax, offset spurious
        mov     ebx, TIMER + 7
        call    gate
        mov     eax, offset done
        mov     ebx, DONE
        mov     ecx, 0xee00
        call    gate
        lidt    [idtr]

        mov     esi, offset ports               /* 8259: vectors 20h and up, all but the timer masked; 8254: 10 kHz */
        mov     ecx, (ports_end - ports) / 2
1:      movzx   edx, byte ptr [esi]
        mov     al, [esi + 1]
        out     dx, al
        add     esi, 2
        loop    1b

        mov     eax, cr0
        or      eax, CR0_PG | CR0_WP
        mov     cr0, eax

        mov     edi, offset stack_of_0 - 13 * 4 /* both tasks look as if they had been interrupted */
        mov     eax, 0
        call    task
        mov     [saved], edi
        mov     edi, offset stack_of_1 - 13 * 4
        mov     eax, 1
        call    task
        mov     [saved + 4], edi
        mov     [kernel_stack], esp
        mov     dword ptr [current], 0
        jmp     resume

/* An interrupt frame at EDI for task EAX: 8 registers, then EIP CS EFLAGS ESP SS. */
task:   mov     dword ptr [edi + 28], eax       /* EAX: its number */
        mov     dword ptr [edi + 32], offset user
        mov     dword ptr [edi + 36], USER_CODE
        mov     dword ptr [edi + 40], 0x202
        inc     eax
        shl     eax, 12
        add     eax, TASK_STACKS
        mov     [edi + 44], eax
        mov     dword ptr [edi + 48], USER_DATA
        ret

/* IDT entry EBX: EAX with type and privilege CX. */
gate:   mov     [idt + ebx * 8], ax
        mov     word ptr [idt + ebx * 8 + 2], CODE
        mov     [idt + ebx * 8 + 4], cx
        shr     eax, 16
        mov     [idt + ebx * 8 + 6], ax
        ret

/* Go on with the task `current`. */
resume: mov     ebx, [current]
        mov     eax, [stacks + ebx * 4]
        mov     [tss + 4], eax
        mov     esp, [saved + ebx * 4]
        mov     eax, USER_DATA
        mov     ds, eax
        mov     es, eax
        popa
        iret

timer:  pusha
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     al, 0x20
        out     0x20, al
        inc     dword ptr [ticks]
        mov     ebx, [current]
        mov     [saved + ebx * 4], esp
        xor     ebx, 1
        cmp     byte ptr [finished + ebx], 0
        jne     resume
        mov     [current], ebx
        jmp     resume

spurious:
        iret

/* Map the page; count the fault on a page that may only be written with WP off. */
page_fault:
        pusha
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     ebx, cr2
        shr     ebx, 12
        mov     eax, [esp + 32]                 /* error code: user, not present, read or write */
        and     eax, ~2
        cmp     eax, 4
        jne     bad
        lea     eax, [ebx - (LAZY >> 12)]
        cmp     eax, 128
        jae     bad
        or      dword ptr [PAGE_TABLES + ebx * 4], 1
        mov     eax, cr0
        and     eax, ~CR0_WP
        mov     cr0, eax
        inc     dword ptr [FAULT_LOG]
        or      eax, CR0_WP
        mov     cr0, eax
        mov     eax, USER_DATA
        mov     ds, eax
        mov     es, eax
        popa
        add     esp, 4
        iret
bad:    inc     dword ptr [unexpected]
        jmp     stop

/* A task is done: the other one, or the end. */
done:   pusha
        mov     ecx, DATA
        mov     ds, ecx
        mov     es, ecx
        mov     ebx, [current]
        mov     byte ptr [finished + ebx], 1
        mov     ecx, offset result_0
        test    ebx, ebx
        jz      1f
        mov     ecx, offset result_1
1:      mov     [ecx], eax
        xor     ebx, 1
        mov     [current], ebx
        cmp     byte ptr [finished + ebx], 0
        je      resume
stop:   mov     esp, [kernel_stack]
        mov     al, 0xff                        /* no more ticks */
        out     0x21, al
        mov     eax, [FAULT_LOG]
        mov     [faults], eax
        cmp     dword ptr [ticks], 3
        setae   al
        movzx   eax, al
        mov     [preempted], eax
        ret

/* The tasks, in user mode: number EAX. The hash goes on over lazily mapped pages, through code that the task changes before each round. */
user:   mov     ebp, eax
        mov     edi, eax
        shl     edi, 18
        add     edi, LAZY
        imul    ebx, eax, patched_1 - patched_0
        mov     esi, [limit]
1:      mov     edx, esi
        imul    edx, edx, 0x01000193
        mov     [patched_0 + ebx + 1], edx      /* the immediate of `xor eax, …` below */
        mov     ecx, 64 * 8                     /* eight words of each page */
        mov     edx, edi
2:      test    ebp, ebp
        jnz     3f
        call    patched_0
        jmp     4f
3:      call    patched_1
4:      add     eax, [edx]
        rol     eax, 3
        mov     [edx], eax
        add     edx, 512
        loop    2b
        dec     esi
        jnz     1b
        int     DONE
5:      jmp     5b
patched_0:
        .byte   0x35                            /* xor eax, imm32 */
        .long   0
        ret
patched_1:
        .byte   0x35
        .long   0
        ret

        result  result_0, "task 0      "
        result  result_1, "task 1      "
        result  faults, "faults      "
        result  unexpected, "unexpected  "
        result  preempted, "preempted   "

        .section .rodata
ports:  .byte   0x20, 0x11, 0x21, TIMER, 0x21, 4, 0x21, 1, 0x21, 0xfe, 0xa1, 0xff
        .byte   0x43, 0x34, 0x40, 119, 0x40, 0
ports_end:
        .balign 4
stacks: .long   stack_of_0, stack_of_1

        .data
idtr:   .word   idt_end - idt - 1
        .long   idt
        .bss
        .balign 16
idt:    .skip   8 * (DONE + 1)
idt_end:
        .balign 16
tss:    .skip   104
saved:  .skip   8
current:
        .skip   4
ticks:  .skip   4
kernel_stack:
        .skip   4
finished:
        .skip   4
        .balign 4096
        .skip   4096
stack_of_0:
        .skip   4096
stack_of_1:
        .text
