# For a BIOS of others' (SeaBIOS): an option ROM that registers as a boot device and enters the image as rom.S does, its disk served by the host.
# Built by build.sh into rom-image.ts. Plug and Play BIOS Specification 1.0A, section 3: expansion header with a bootstrap entry vector.

        .code16
        .include "boot.inc"

        .section .text
        .org    0
        .globl  _start
_start:
        .byte   0x55, 0xaa
        .byte   2                       # of 512 bytes
        lret                            # initialisation: nothing
        .org    0x1a
        .word   pnp

        .balign 16
pnp:    .ascii  "$PnP"
        .byte   1, 2
        .word   0
        .byte   0, 0                    # reserved; checksum, which nobody asks for
        .long   0
        .word   manufacturer, product
        .byte   0, 0, 0x80
        .byte   0x70
        .word   0, 0, boot, 0, 0
manufacturer:
        .asciz  "lift86"
product:
        .asciz  "lift86 image"

boot:
        cli
        cld
        # The disk is ours from now on.
        xor     %ax, %ax
        mov     %ax, %ds
        movw    $int13, 0x13 * 4
        mov     %cs, 0x13 * 4 + 2
        # This segment's place in the descriptor table's pointer: it is in RAM.
        mov     %cs, %ax
        mov     %ax, %ds
        movzwl  %ax, %eax
        shl     $4, %eax
        add     $gdt, %eax
        mov     %eax, gdt_pointer + 2
        enter_image

        multiboot_entry
        real_entry

int13:  pushw   $0x13
        jmp     service
        service_common

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
gdt_pointer:
        .word   23
        .long   0
        .org    1023
        .byte   0
