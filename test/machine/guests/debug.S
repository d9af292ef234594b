#include "common.inc"
# Debug exceptions: what the handler logs is DR6, where it returns to (as an offset from `mark`), and RF there.
.code16
.globl start
start:
	movl $0x11111111, %eax
	log32 %eax
	go_protected
	log32 $0xd1
mark:
	# single steps: NOP, REP MOVSB of 2, INT, MOV SS, POPF ending it
	movl $2, %ecx
	movl $0x5000, %esi
	movl $0x5100, %edi
	pushl $0x3102
	popfl
	nop
	rep movsb
	movw %ss, %ax
	movw %ax, %ss
	nop
	int $0x20
	pushl $0x3002
	popfl
	nop
	log32 $0xd2
	# a write to data, four bytes; a read does not matter
	movl $0x5000, %eax
	movl %eax, %dr0
	movl $0x000d0001, %eax
	movl %eax, %dr7
	movl 0x5000, %eax
	movl %eax, 0x4ffd
	movb %al, 0x5003
	movb %al, 0x5004
	# read or write
	movl $0x000f0001, %eax
	movl %eax, %dr7
	movb 0x5002, %al
	pushl 0x5000
	popl %eax
	movl $0x5000, %esi
	movl $0x5100, %edi
	movl $3, %ecx
	rep movsl
	log32 $0xd3
	# an instruction: a fault, and RF lets it through
	movl $0, %eax
	movl %eax, %dr7
	movl $bp, %eax
	movl %eax, %dr1
	movl $4, %eax
	movl %eax, %dr7
	nop
bp:	nop
	nop
	log32 $0xd4
	# not behind MOV SS
	movl $bp2, %eax
	movl %eax, %dr1
	movw %ss, %ax
	movw %ax, %ss
bp2:	nop
	nop
	# ports need CR4.DE
	movl $0x80, %eax
	movl %eax, %dr2
	movl $0x02000010, %eax
	movl %eax, %dr7
	outb %al, $0x80
	movl %cr4, %eax
	orl $8, %eax
	movl %eax, %cr4
	movl $0x02000010, %eax
	movl %eax, %dr7
	outb %al, $0x80
	outb %al, $0x81
	log32 $0xd5
	movl $0, %eax
	movl %eax, %dr7
	# general detect
	movl $0x2000, %eax
	movl %eax, %dr7
	movl %dr0, %eax
	movl %dr7, %eax
	log32 %eax
	log32 $0xd6
	# DR4 is #UD with DE, DR6 without
	attempt movl %dr4, %eax
	movl %cr4, %eax
	andl $~8, %eax
	movl %eax, %cr4
	xorl %eax, %eax
	movl %eax, %dr6
	movl %dr4, %eax
	log32 %eax
	movl %dr5, %eax
	log32 %eax
	log32 $0xd7
	# INT1 and INT3 and INTO
	.byte 0xf1
	attempt int3
	movl $0x7fffffff, %eax
	addl $1, %eax
	attempt into
	# BOUND
	movl $5, 0x5000
	movl $9, 0x5004
	movl $9, %eax
	attempt boundl %eax, 0x5000
	movl $10, %eax
	attempt boundl %eax, 0x5000
	xorl %ecx, %ecx
	attempt divl %ecx
	log32 $0xd8
	finish
db:
	pushl %eax
	movl %dr6, %eax
	log32 %eax
	xorl %eax, %eax
	movl %eax, %dr6
	movl 4(%esp), %eax
	subl $mark, %eax
	log32 %eax
	movl 12(%esp), %eax
	andl $0x10000, %eax
	log32 %eax
	# go past an instruction breakpoint
	orl $0x10000, 12(%esp)
	popl %eax
	iretl
soft:	iretl
	exception_handlers
	idt_table db
	gate soft, 8, 0x8e
idtr:	.word . - idt - 1
	.long idt
	flat_gdt
gdtr:	.word . - gdt - 1
	.long gdt
	.align 16
tss_limit = 0x67
tss:	.long 0, 0x7800, 0x10
	.fill 92, 1, 0
