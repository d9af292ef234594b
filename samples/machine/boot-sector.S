/* A boot sector: greets by int 10h, reads the second sector by int 13h and shows it, echoes keys by int 16h until "q", and ends with status 21h. */
        .intel_syntax noprefix
        .code16
        .globl  _start
_start: xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     [drive], dl
        mov     si, offset hello
        call    print
        mov     ax, 0x0201
        mov     cx, 2
        mov     dl, [drive]
        mov     dh, 0
        mov     bx, 0x8000
        int     0x13
        jc      failed
        mov     si, 0x8000
        call    print
        int     0x12
        push    ax
        mov     si, offset kilobytes
        call    print
        pop     ax
        call    number
        mov     si, offset keys
        call    print
1:      mov     ah, 0
        int     0x16
        cmp     al, 'q'
        je      2f
        mov     ah, 0x0e
        int     0x10
        jmp     1b
2:      mov     si, offset newline
        call    print
        mov     ax, 0x10
        out     0xf4, ax
failed: mov     si, offset error
        call    print
1:      cli
        hlt
        jmp     1b

print:  lodsb
        test    al, al
        jz      1f
        mov     ah, 0x0e
        mov     bh, 0
        int     0x10
        jmp     print
1:      ret

number: xor     dx, dx
        mov     cx, 10
        div     cx
        push    dx
        test    ax, ax
        jz      1f
        call    number
1:      pop     ax
        add     al, '0'
        mov     ah, 0x0e
        mov     bh, 0
        int     0x10
        ret

hello:  .asciz  "Hello from a boot sector!\r\n"
kilobytes: .asciz "base memory in KiB: "
keys:   .asciz  "\r\nkeys: "
newline: .asciz "\r\n"
error:  .asciz  "disk error\r\n"
drive:  .byte   0
        .org    510
        .word   0xaa55
        .asciz  "This is the second sector.\r\n"
        .org    1024
