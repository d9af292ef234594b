.code16
.globl start
start:
 cli
 xorw %ax,%ax
 movw %ax,%ds
 movw %ax,%es
 movw %ax,%ss
 movw $0x7c00,%sp
 sti
 movw $0x0210,%ax
 movw $0x0002,%cx
 xorb %dh,%dh
 movw $0x8000,%bx
 int $0x13
 cli
 ljmp $0,$0x8000
 .org 510
 .word 0xaa55
