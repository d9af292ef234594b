#include "common.inc"
# Segment registers, limits, gates, tasks: each attempt logs 0, or vector and error code.
.code16
.globl start
start:
	movl $0x11111111, %eax
	log32 %eax
	go_protected
.macro loads seg, sel
	movw $\sel, %ax
	attempt movw %ax, %\seg
.endm
	log32 $0xa1
	loads es, 0x08		# readable code
	loads es, 0x30		# execute-only code: #GP
	loads es, 0x28		# system: #GP
	loads es, 0x38		# not present: #NP
	loads es, 0
	attempt movl %es:(%ebx), %eax	# through null: #GP(0)
	loads es, 0x10
	loads ss, 0
	loads ss, 0x08
	loads ss, 0x23		# wrong level
	loads ss, 0x38		# not present: #SS
	loads es, 0xfff8	# beyond the table
	loads es, 0x47		# LDT, which is not loaded
	movw $0x40, %ax
	lldt %ax
	loads es, 0x04
	attempt movb %es:15, %al
	attempt movb %es:16, %al
	attempt movw %es:15, %ax
	attempt movb %al, %es:0
	loads es, 0x0c		# read-only data
	attempt movb %es:0, %al
	attempt movb %al, %es:0
	loads es, 0x14		# expand-down, limit fffh
	attempt movb %es:0xfff, %al
	attempt movb %es:0x1000, %al
	attempt movw %es:0xffff, %ax
	attempt movb %es:0x10000, %al
	attempt movl %es:-4, %eax
	attempt movb %al, %cs:0
	movw $0x10, %ax
	movw %ax, %es
	# stack limits, at level 3, whose faults have another stack
	movl $1f, resume
	movl %esp, saved_esp
	pushl $0x7b
	pushl $0x1004
	pushl $0x1b
	pushl $2f
	lretl
2:	pushl %eax
1:	movl $1f, resume
	pushl $0x7b
	pushl $2
	pushl $0x1b
	pushl $2f
	lretl
2:	pushl %eax
1:	movl $1f, resume
	pushl $0x7b
	pushl $0xffc
	pushl $0x1b
	pushl $2f
	lretl
2:	popl %eax
	popl %eax
1:	
	log32 $0xa2
	# LAR LSL VERR VERW
.macro lar_lsl sel
	movl $\sel, %ecx
	movl $0x77777777, %eax
	larl %ecx, %eax
	setz %bl
	andl $0xf0ff00, %eax
	log32 %eax
	movl $0x77777777, %eax
	lsll %ecx, %eax
	log32 %eax
	verr %cx
	setz %bh
	shll $16, %ebx
	verw %cx
	setz %bl
	movb $0, %bh
	log32 %ebx
.endm
	lar_lsl 0x08
	lar_lsl 0x10
	lar_lsl 0x28
	lar_lsl 0x30
	lar_lsl 0x38
	lar_lsl 0x48
	lar_lsl 0
	lar_lsl 0xfff8
	log32 $0xa3
	# far transfers
	attempt ljmpl $0x10, $0
	attempt ljmpl $0, $0
	attempt ljmpl $0x1b, $0
	attempt ljmpl $0x38, $0
	attempt ljmpl $0x0b, $0
	attempt lcalll $0x58, $conforming	# conforming code: stays at level 0
	attempt ljmpl $0x60, $0x123		# beyond the limit
	# call gate to the same level, with the stack as it is
	movl %esp, %esi
	attempt lcalll $0x48, $0
	subl %esp, %esi
	log32 %esi
	# INT through a gate that is not present, and one beyond the table
	attempt int $0x20
	attempt int $0x50
	# level 3 by RETF, back through the call gate with two parameters
	movl $outer_done, resume
	movl %esp, saved_esp
	pushl $0x23
	pushl $0x6000
	pushl $0x1b
	pushl $ring3
	lretl
ring3:	movw %cs, %ax
	log32 %eax
	movw %ds, %ax
	log32 %eax
	pushl $0xaaaa
	pushl $0xbbbb
	lcalll $0x6b, $0
	movl %esp, %eax
	log32 %eax
	movl $0xd0, %ecx
	larl %ecx, %eax
	int $0x20				# its gate is for level 0: #GP
outer_done:
	log32 $0xa4
	# level 3: privileged instructions, and a gate of higher privilege
.macro user insn:vararg
	movl $98f, resume
	movl %esp, saved_esp
	pushl $0x23
	pushl $0x6000
	pushl $0x1b
	pushl $97f
	lretl
97:	\insn
	int $0x22			# no fault: logs it
98:
.endm
	user hlt
	pushl $2
	popfl
	user cli
	pushl $2
	popfl
	user inb $0x71, %al
	user movl %cr0, %eax
	user movl %eax, %dr0
	user lgdtl gdtr
	user invlpg 0
	user outb %al, $0x70
	user wrmsr
	user lmsw %ax
	user clts
	user ltr %ax
	user lcalll $0x4b, $0
	user ljmpl $0x58, $user_conforming
	user popfl
	user sldt %ax
	log32 $0xa5
	# tasks
	movl $new_task, tss2 + 0x20
	movl $2, tss2 + 0x24
	movl $0x6800, tss2 + 0x38
	movl $0x08, tss2 + 0x4c
	movl $0x10, tss2 + 0x48
	movl $0x10, tss2 + 0x50
	movl $0x10, tss2 + 0x54
	movl $0x10, tss2 + 0x58
	movl $0x10, tss2 + 0x5c
	movl $0, tss2 + 0x60
	movl $0x12121212, tss2 + 0x28
	lcalll $0x70, $0
	log32 $0xa6
	strw %ax
	movzwl %ax, %eax
	log32 %eax
	pushfl
	popl %eax
	andl $0x4000, %eax
	log32 %eax
	log32 gdt + 0x74
	movl %cr0, %eax
	andl $8, %eax
	log32 %eax
	clts
	int $0x23			# through a task gate
	log32 $0xa7
	ljmpl $0x70, $0			# by a jump: this task is no longer busy
back:	log32 $0xa8
	# a new task whose data segment is bad: #TS in the new task
	movl $0x30, tss2 + 0x54
	movl $new_task, tss2 + 0x20
	movl $bad_task, resume
	movl $0x7000, saved_esp
	lcalll $0x70, $0
bad_task:
	strw %ax
	movzwl %ax, %eax
	log32 %eax
	log32 $0xa9
	finish

new_task:
	strw %ax
	movzwl %ax, %eax
	log32 %eax
	pushfl
	popl %eax
	andl $0x4000, %eax
	log32 %eax
	log32 tss2
	log32 tss + 0x20
	log32 gdt + 0x2c
	clts
	testl $0x4000, %eax
	jz 1f
	pushfl
	popl %eax
	testl $0x4000, %eax
	jz 1f
	iretl
	jmp new_task
1:	ljmpl $0x28, $0

conforming:
	movw %cs, %ax
	movzwl %ax, %eax
	log32 %eax
	lretl
gate_same:
	lretl
gate_inner:
	movw %cs, %ax
	movzwl %ax, %eax
	log32 %eax
	movw %ss, %ax
	movzwl %ax, %eax
	log32 %eax
	log32 8(%esp)
	log32 12(%esp)
	log32 16(%esp)
	log32 20(%esp)
	log32 24(%esp)
	log32 %esp
	lretl $8
user_conforming:
	movw %cs, %ax
	movzwl %ax, %eax
	log32 %eax
	int $0x22
user_ok:
	movw $0x10, %ax
	movw %ax, %ds
	log32 $0
	movl saved_esp, %esp
	movw $0x10, %ax
	movw %ax, %ss
	jmp *resume
	exception_handlers
	idt_table
	.quad 0
	gate exc3, 8, 0x8e
	gate user_ok, 8, 0xee
	gate 0, 0x70, 0x85
idtr:	.word . - idt - 1
	.long idt
	flat_gdt
	descriptor 0, 0xfffff, 0x99, 0xc	# 30: execute-only
	descriptor 0, 0xfffff, 0x13, 0xc	# 38: not present
	descriptor ldt, 0x17, 0x82, 0		# 40
	gate gate_same, 8, 0x8c			# 48: call gate, level 0
	descriptor 0, 0x1000, 0x97, 0x4		# 50: stack, expand-down
	descriptor 0, 0xfffff, 0x9f, 0xc	# 58: conforming
	descriptor 0, 0x100, 0x9b, 0x4		# 60: short code
	.word gate_inner, 8			# 68: call gate, level 3, two parameters
	.byte 2, 0xec
	.word 0
	descriptor tss2, 0x67, 0x89, 0		# 70
	descriptor 0, 0xfff, 0xf3, 0x4		# 78: level 3, short
gdtr:	.word . - gdt - 1
	.long gdt
	.align 8
ldt:	descriptor ldt, 0xf, 0x93, 0x4
	descriptor 0, 0xfffff, 0x91, 0xc
	descriptor 0, 0xfff, 0x97, 0x0
	.align 16
tss:	.long 0, 0x7800, 0x10
	.fill 88, 1, 0
	.long 0x680000
tss_limit = 0x67
tss2:	.fill 104, 1, 0
