#include "common.inc"
# Virtual-8086 mode, ports, SYSENTER.
.code16
.globl start
start:
	movl $0x11111111, %eax
	log32 %eax
	go_protected
.macro enter_v86 iopl, code
	movl $98f, resume
	movl %esp, saved_esp
	pushl $0x1111		# GS FS DS ES
	pushl $0x2222
	pushl $0x0
	pushl $0x4444
	pushl $0
	pushl $0x6000		# SS:SP
	pushl $0x20002 | (\iopl << 12)
	pushl $0
	pushl $\code
	iretl
98:
.endm
	log32 $0xb1
	enter_v86 3, basic
	log32 $0xb2
	enter_v86 0, v86_cli
	enter_v86 0, v86_pushf
	enter_v86 0, v86_int
	enter_v86 0, v86_int3
	enter_v86 3, v86_int
	enter_v86 3, v86_cli
	enter_v86 3, v86_limit
	enter_v86 3, v86_hlt
	enter_v86 3, v86_lldt
	enter_v86 3, v86_sgdt
	log32 $0xb3
	enter_v86 0, v86_in80
	enter_v86 0, v86_in81
	enter_v86 0, v86_inw80
	enter_v86 0, v86_in400
	log32 $0xb4
	# SYSENTER and SYSEXIT
	movl $0x174, %ecx
	xorl %edx, %edx
	xorl %eax, %eax
	wrmsr
	attempt sysenter
	movl $8, %eax
	wrmsr
	incl %ecx
	movl $0x6f00, %eax
	wrmsr
	incl %ecx
	movl $entered, %eax
	wrmsr
	movl $97f, resume
	movl %esp, saved_esp
	movl $0x12345678, %ebp
	sysenter
entered:
	log32 %esp
	movl $98f, %edx
	movl $0x6000, %ecx
	sysexit
98:	log32 %esp
	movw %cs, %ax
	movzwl %ax, %eax
	log32 %eax
	movw %ss, %ax
	movzwl %ax, %eax
	log32 %eax
	int $0x20
97:	log32 $0xb5
	finish

.code16
basic:
	movw %cs, %ax
	movzwl %ax, %eax
	log32 %eax
	movw %es, %ax
	movzwl %ax, %eax
	log32 %eax
	pushfl
	popl %eax
	log32 %eax
	# paragraphs: 7FFh:10h is 8000h
	movw $0x7ff, %ax
	movw %ax, %es
	movl %es:0x10, %eax
	log32 %eax
	int $0x21
	log32 %ebx
	ud2
v86_cli: cli
	int $0x22
v86_pushf: pushfw
	int $0x22
v86_int: int $0x22
	hlt
v86_int3: int3
v86_limit: movl %es:0xfffd, %eax
v86_hlt: hlt
v86_lldt: lldt %ax
v86_sgdt: sgdt 0x5000
	int $0x22
v86_in80: inb $0x80, %al
	int3
v86_in81: inb $0x81, %al
	int3
v86_inw80: inw $0x80, %ax
	int3
v86_in400: movw $0x400, %dx
	inb %dx, %al
	int3
.code32
# INT 21h from virtual-8086 mode: what was pushed, and back
v86_service:
	movl %eax, %ss:0x5000
	movw $0x10, %ax
	movw %ax, %ds
	.irp n, 0, 4, 8, 12, 16, 20, 24, 28, 32
	log32 4+\n(%esp)
	.endr
	movw %es, %bx
	movzwl %bx, %ebx
	log32 %ebx
	movl $0x76543210, %ebx
	iretl
v86_end:
	movw $0x10, %ax
	movw %ax, %ds
	log32 $0
	log32 4(%esp)
	log32 12(%esp)
	movl saved_esp, %esp
	jmp *resume
	exception_handlers
	idt_table
	gate exc3, 8, 0x8e
	gate v86_service, 8, 0xee
	gate v86_end, 8, 0xee
idtr:	.word . - idt - 1
	.long idt
	flat_gdt
gdtr:	.word . - gdt - 1
	.long gdt
	.align 16
tss:	.long 0, 0x7800, 0x10
	.fill 90, 1, 0
	.word 0x68
	.fill 16, 1, 0		# ports 0 to 7Fh
	.byte 2			# 80h may be used, 81h not
	.fill 13, 1, 0		# the log's port E9h may
	.byte 0xff
tss_limit = . - tss - 1
