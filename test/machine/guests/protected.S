#include "common.inc"
.code16
.globl start
start:
	movl $0x11111111, %eax
	log32 %eax
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x7000, %sp
	# real-mode INT and IRET
	movw $real_handler, 0x40*4
	movw %ax, 0x40*4+2
	int $0x40
	log32 %ebx
	lgdtl gdtr
	lidtl idtr
	movl %cr0, %eax
	orl $1, %eax
	movl %eax, %cr0
	ljmpl $0x08, $prot
real_handler:
	movl $0x22222222, %ebx
	iretw
.code32
prot:
	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $0x7000, %esp
	movw $0x28, %ax
	ltr %ax
	log32 $0x33333333
	# identity map of 4 MiB with 4 KiB pages: directory at 20000h, table at 21000h
	movl $0x21007, 0x20000
	xorl %ecx, %ecx
1:	movl %ecx, %eax
	shll $12, %eax
	orl $7, %eax
	movl %eax, 0x21000(,%ecx,4)
	incl %ecx
	cmpl $1024, %ecx
	jb 1b
	movl $0, 0x21000 + 0x100*4	# 100000h is not present
	movl $0x20000, %eax
	movl %eax, %cr3
	movl %cr0, %eax
	orl $0x80000000, %eax
	movl %eax, %cr0
	log32 $0x44444444
	movl 0x100004, %eax		# #PF
after_pf:
	movl $0x12345678, 0x101000
	log32 0x101000
	log32 0x21000 + 0x101*4
	ud2
	# to user mode
	pushl $0x23
	pushl $0x6000
	pushfl
	pushl $0x1b
	pushl $user
	iretl
user:
	int $0x30
	cli				# #GP(0)
	jmp user
.macro exc n, code
exc\n:
	.if \code == 0
	pushl $0
	.endif
	pushl $\n
	jmp exception
.endm
exc 6, 0
exc 13, 1
exc 14, 1
exc 48, 0
exception:
	log32 4(%esp)
	log32 8(%esp)
	log32 12(%esp)
	log32 16(%esp)
	cmpl $14, (%esp)
	je page_fault
	cmpl $13, (%esp)
	je done
	cmpl $6, (%esp)
	jne 1f
	addl $2, 8(%esp)
1:	addl $8, %esp
	iretl
page_fault:
	movl %cr2, %eax
	log32 %eax
	movl $0x100007, 0x21000 + 0x100*4
	addl $8, %esp
	iretl
done:
	log32 20(%esp)
	finish
.align 8
gdt:
	.quad 0
	descriptor 0, 0xfffff, 0x9b, 0xc
	descriptor 0, 0xfffff, 0x93, 0xc
	descriptor 0, 0xfffff, 0xfb, 0xc
	descriptor 0, 0xfffff, 0xf3, 0xc
	descriptor tss, 0x67, 0x89, 0
gdtr:	.word . - gdt - 1
	.long gdt
tss:	.long 0, 0x7800, 0x10
	.fill 100, 1, 0
.align 8
idt:
	.fill 6, 8, 0
	gate exc6, 8, 0x8e
	.fill 6, 8, 0
	gate exc13, 8, 0x8e
	gate exc14, 8, 0x8e
	.fill 33, 8, 0
	gate exc48, 8, 0xee
idtr:	.word . - idt - 1
	.long idt
