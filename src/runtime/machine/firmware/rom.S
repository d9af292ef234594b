# The machine's own ROM: the last 4 KiB below 1 MiB and below 4 GiB. It does what a PC's firmware must have done before an image runs (interrupt vectors,
# 8259s, 8254, local APIC in virtual wire mode) and enters the image, which the host loads. BIOS services are the host's, too (services.ts).
# Built by build.sh into rom-image.ts.

        .code16
        .include "boot.inc"

.set CMOS_SHUTDOWN, 0x0f
.set SEGMENT, 0xf000
.set APIC, 0xfee00000

        .section .text
        .org    0
        .globl  _start
_start:
reset:
        cli
        cld
        # The shutdown byte: someone wants to come back through 40:67 (5 with an EOI before, 0Ah without).
        mov     $CMOS_SHUTDOWN, %al
        out     %al, $0x70
        in      $0x71, %al
        mov     %al, %bl
        mov     $CMOS_SHUTDOWN, %al
        out     %al, $0x70
        xor     %al, %al
        out     %al, $0x71
        cmp     $5, %bl
        je      1f
        cmp     $0x0a, %bl
        je      2f
        jmp     boot
1:      mov     $0x20, %al
        out     %al, $0xa0
        out     %al, $0x20
2:      xor     %ax, %ax
        mov     %ax, %ds
        ljmp    *0x467

boot:
        # Waking from suspend to RAM: no memory but the reserved KiB below 640 KiB may change.
        mov     $FW_COMMAND, %dx
        mov     $1, %al
        out     %al, %dx
        in      %dx, %al
        cmp     $KIND_REAL, %al
        jne     1f
        mov     $0x9fc0, %ax
        mov     %ax, %ss
        mov     $0x400, %sp
        mov     $FW_ENTRY, %dx
        in      %dx, %eax
        push    %eax
        lret
1:
        # A stack out of the way of images, and flat data segments for the local APIC.
        xor     %ax, %ax
        mov     %ax, %ss
        mov     $0x7c00, %sp
        lgdtl   %cs:gdt_pointer
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        mov     $16, %bx
        mov     %bx, %ds
        mov     $APIC, %edi
        movl    $0x1ff, 0xf0(%edi)
        movl    $0x700, 0x350(%edi)
        movl    $0x400, 0x360(%edi)
        # Back, with the limits of real mode.
        mov     $24, %bx
        mov     %bx, %ds
        mov     %bx, %es
        and     $0xfe, %al
        mov     %eax, %cr0
        ljmp    $SEGMENT, $real
real:
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        # Vectors: a bare IRET, then the services.
        xor     %di, %di
        mov     $256, %cx
1:      mov     $ignore, %ax
        stosw
        mov     $SEGMENT, %ax
        stosw
        loop    1b
        # Interrupts of the 8259s that nobody handles must end.
        mov     $0x08 * 4, %di
        mov     $8, %cx
1:      mov     $end_master, %ax
        stosw
        add     $2, %di
        loop    1b
        mov     $0x70 * 4, %di
        mov     $8, %cx
1:      mov     $end_slave, %ax
        stosw
        add     $2, %di
        loop    1b
        movw    $tick, 0x08 * 4
        movw    $int10, 0x10 * 4
        movw    $int11, 0x11 * 4
        movw    $int12, 0x12 * 4
        movw    $int13, 0x13 * 4
        movw    $int15, 0x15 * 4
        movw    $int16, 0x16 * 4
        movw    $int18, 0x18 * 4
        movw    $int19, 0x19 * 4
        movw    $int1a, 0x1a * 4
        # BIOS data area.
        mov     $0x400, %di
        mov     $128, %cx
        xor     %ax, %ax
        rep stosw
        movw    $0x3f8, 0x400
        movw    $0x9fc0, 0x40e
        movw    $0x0202, 0x410
        movw    $639, 0x413
        movb    $3, 0x449
        movw    $80, 0x44a
        movw    $0x3d4, 0x463
        movb    $24, 0x484
        # 8259s: vectors 08h and 70h, timer and cascade let through.
        mov     $0x11, %al
        out     %al, $0x20
        out     %al, $0xa0
        mov     $0x08, %al
        out     %al, $0x21
        mov     $0x70, %al
        out     %al, $0xa1
        mov     $4, %al
        out     %al, $0x21
        mov     $2, %al
        out     %al, $0xa1
        mov     $1, %al
        out     %al, $0x21
        out     %al, $0xa1
        mov     $0xfa, %al
        out     %al, $0x21
        mov     $0xff, %al
        out     %al, $0xa1
        # 8254: 18.2 ticks a second.
        mov     $0x34, %al
        out     %al, $0x43
        xor     %al, %al
        out     %al, $0x40
        out     %al, $0x40
        enter_image

        multiboot_entry
        real_entry

ignore: iret

end_slave:
        push    %ax
        mov     $0x20, %al
        out     %al, $0xa0
        out     %al, $0x20
        pop     %ax
        iret
end_master:
        push    %ax
        mov     $0x20, %al
        out     %al, $0x20
        pop     %ax
        iret

# Timer: ticks since midnight, and the user's hook.
tick:
        push    %ax
        push    %ds
        xor     %ax, %ax
        mov     %ax, %ds
        incl    0x46c
        cmpl    $0x1800b0, 0x46c
        jb      1f
        movl    $0, 0x46c
        incb    0x470
1:      int     $0x1c
        mov     $0x20, %al
        out     %al, $0x20
        pop     %ds
        pop     %ax
        iret

        .irp    n, 10, 11, 12, 13, 15, 16, 18, 19, 1a
int\n:  pushw   $0x\n
        jmp     service
        .endr
        service_common

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 08 code, 4 GiB
        .quad   0x00cf93000000ffff      # 10 data, 4 GiB
        .quad   0x000093000000ffff      # 18 data, 64 KiB
gdt_pointer:
        .word   31
        .long   0xf0000 + gdt

        .org    0xff0
        ljmp    $SEGMENT, $reset
        .ascii  "11/25/26"
        .byte   0, 0xfc, 0
