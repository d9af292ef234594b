#include "common.inc"
# Near transfers beyond the limit of CS, alignment checks, CR0.EM, TS and MP, x87 exceptions.
.code16
.globl start
start:
	movl $0x11111111, %eax
	log32 %eax
	go_protected
	log32 $0xe1
	# code with limit 9FFFh: a jump beyond it faults at the jump
.macro short insn:vararg
	movl $95f, resume
	movl %esp, saved_esp
	ljmpl $0x30, $96f
96:	\insn
	ljmpl $8, $94f
94:	log32 $0
95:
.endm
	short jmp 0xa000
	xorl %eax, %eax
	short jz 0xa000
	short jnz 0xa000
	short call 0xb000
	movl $0xc000, %eax
	short jmp *%eax
	pushl $0xa000
	short ret
	popl %eax
1:	log32 $0xe2
	# alignment: only at level 3 with both CR0.AM and EFLAGS.AC
	movl %cr0, %eax
	orl $0x40000, %eax
	movl %eax, %cr0
.macro user_ac insn:vararg
	movl $98f, resume
	movl %esp, saved_esp
	pushl $0x23
	pushl $0x6000
	pushl $0x43002
	pushl $0x1b
	pushl $97f
	iretl
97:	\insn
	int $0x20
98:
.endm
	user_ac movl %ss:0x5001, %eax
	user_ac movl %ss:0x5002, %eax
	user_ac movl %ss:0x5004, %eax
	user_ac movw %ss:0x5003, %ax
	user_ac movw %ax, %ss:0x5005
	user_ac movb %ss:0x5003, %al
	user_ac pushl %ss:0x5001
	attempt movl 0x5001, %eax
	log32 $0xe3
	# coprocessor bits
.macro cr0_bits bits
	movl %cr0, %eax
	andl $~0xe, %eax
	orl $\bits, %eax
	movl %eax, %cr0
.endm
	movl %cr4, %eax
	orl $0x600, %eax
	movl %eax, %cr4
	.irp bits, 0, 2, 4, 8, 0xa, 0xc, 0xe
	cr0_bits \bits
	log32 $\bits
	attempt fninit
	attempt fwait
	attempt pxor %mm0, %mm0
	attempt xorps %xmm0, %xmm0
	attempt fxsave 0x5000
	.endr
	cr0_bits 2
	fninit
	movl %cr4, %eax
	andl $~0x200, %eax
	movl %eax, %cr4
	attempt xorps %xmm0, %xmm0
	attempt pxor %mm0, %mm0
	movl %cr4, %eax
	orl $0x200, %eax
	movl %eax, %cr4
	log32 $0xe4
	# an unmasked x87 exception is raised by the next instruction, as #MF with CR0.NE
	movl %cr0, %eax
	orl $0x20, %eax
	movl %eax, %cr0
	fninit
	movw $0x37b, 0x5000
	fldcw 0x5000
	fldz
	fld1
	attempt fdivp
	attempt fldz
	fnclex
	# SSE: #XM, and #UD without OSXMMEXCPT
	movl $0x1d80, 0x5000
	ldmxcsr 0x5000
	xorps %xmm0, %xmm0
	movl $0x3f800000, 0x5000
	movss 0x5000, %xmm1
	attempt divss %xmm0, %xmm1
	movl %cr4, %eax
	andl $~0x400, %eax
	movl %eax, %cr4
	attempt divss %xmm0, %xmm1
	log32 $0xe5
	finish
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
	gate user_ok, 8, 0xee
idtr:	.word . - idt - 1
	.long idt
	flat_gdt
	descriptor 0, 0x9fff, 0x9b, 0x4
gdtr:	.word . - gdt - 1
	.long gdt
	.align 16
tss_limit = 0x67
tss:	.long 0, 0x7800, 0x10
	.fill 92, 1, 0
