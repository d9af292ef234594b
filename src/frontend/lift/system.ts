import { Exit } from "../../ir/exit.js";
import { ARITH, ZF } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { PENDING } from "../../ir/env.js";
import { Far } from "../../ir/lib/far.js";
import { ARPL, CPUID, PORT_IN, PORT_OUT, RDTSC, System } from "../../ir/lib/system.js";
import { Vector } from "../../ir/memory.js";
import { EFL, GPR, Reg } from "../../ir/state.js";
import { Code, Insn, Mnemonic, type Operand } from "../decode.js";
import { Mode } from "../mode.js";
import { farTransfer } from "./control.js";
import { type Lift, type LiftContext, type LiftTable } from "./context.js";
import { system } from "./move.js";

// System instructions (Intel SDM vol. 2): what the host answers, and what privilege level 3 may not do.

/** Only at privilege level 0: else #GP(0). */
function privileged(lift: Lift): Lift {
  return (c, insn) => (c.supervisor ? lift(c, insn) : c.trap(Vector.GP));
}

/** #UD where there are no descriptors: in real-address and virtual-8086 mode. */
function withDescriptors(lift: Lift): Lift {
  return (c, insn) => (c.mode & (Mode.REAL | Mode.V86) ? c.undefined() : lift(c, insn));
}

/** Not for programs, which have no CPUID bit for it. */
function onlySystem(lift: Lift): Lift {
  return (c, insn) => (c.mode & Mode.SYSTEM ? lift(c, insn) : c.undefined());
}

/** Without operands. `leaves`: the execution mode or what addresses mean may be another afterwards. */
function plain(op: System, leaves: boolean): Lift {
  return (c) => {
    system(c, op);
    if (leaves) c.exit(Exit.mode);
  };
}

/** SGDT SIDT: limit (16 bits) and base (32 bits) to memory. */
function storeTable(op: System): Lift {
  return (c, insn) => {
    const b = c.b;
    const addr = c.addr(insn.ops[0]!);
    const result = system(c, op);
    b.probe(addr, 6, true);
    b.store("i16", addr, b.lane(result, 1));
    b.store("i32", b.add(addr, b.i32(2)), b.lane(result, 2));
  };
}

const SHORT_BASE: ReadonlySet<Code> = new Set([Code.Lgdt_m1632_16, Code.Lidt_m1632_16]);

/** LGDT LIDT; with 16-bit operands the base has 24 bits. */
function loadTable(op: System): Lift {
  return (c, insn) => {
    const b = c.b;
    const addr = c.addr(insn.ops[0]!);
    const limit = b.load("i16", addr);
    const base = b.load("i32", b.add(addr, b.i32(2)));
    system(c, op, limit, SHORT_BASE.has(insn.code) ? b.and(base, b.i32(0xffffff)) : base);
  };
}

/** SLDT STR SMSW: 16 bits to memory, zero-extended into a 32-bit register (SMSW: all of CR0). */
function storeWord(op: System): Lift {
  return (c, insn) => {
    const dst = insn.ops[0]!;
    const value = c.b.lane(system(c, op), 1);
    if (dst.isMem) c.b.store("i16", c.addr(dst), value);
    else c.writeReg(dst.index, dst.size, value);
  };
}

function word(c: LiftContext, op: Operand): Inst {
  return op.isMem ? c.b.load("i16", c.addr(op)) : c.readReg(op.index, 2);
}

function loadWord(op: System, leaves: boolean): Lift {
  return (c, insn) => {
    system(c, op, word(c, insn.ops[0]!));
    if (leaves) c.exit(Exit.mode);
  };
}

function setZero(c: LiftContext, ok: Inst): void {
  c.b.fmod(ZF, c.b.shl(c.b.zext(c.b.nonzero(ok)), c.b.i32(6)));
}

/** LAR LSL: ZF and the destination only if the segment is accessible. */
function descriptor(op: System): Lift {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops as [Operand, Operand];
    const result = system(c, op, word(c, src));
    const ok = b.lane(result, 1);
    c.write(dst, b.select(b.nonzero(ok), b.lane(result, 2), c.read(dst)));
    setZero(c, ok);
  };
}

/** VERR VERW */
function verify(op: System): Lift {
  return (c, insn) => setZero(c, c.b.lane(system(c, op, word(c, insn.ops[0]!)), 1));
}

/** ARPL: raise the RPL of the first selector to that of the second. */
function arpl(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [dst, src] = insn.ops as [Operand, Operand];
  const rpl = b.and(c.readReg(src.index, 2), b.i32(3));
  if (dst.isMem) {
    const result = b.lib(ARPL, [c.addr(dst), rpl]);
    b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
    return setZero(c, b.lane(result, 1));
  }
  const old = c.readReg(dst.index, 2);
  const raise = b.ltu(b.and(old, b.i32(3)), rpl);
  c.writeReg(dst.index, 2, b.select(raise, b.or(b.and(old, b.i32(0xfffc)), rpl), old));
  b.fmod(ZF, b.shl(b.zext(raise), b.i32(6)));
}

function invlpg(c: LiftContext, insn: Insn): void {
  system(c, System.invlpg, c.addr(insn.ops[0]!));
  c.exit(Exit.mode);
}

/** RDMSR RDPMC: index in ECX, result in EDX:EAX. */
function readIndexed(op: System): Lift {
  return (c) => {
    const result = system(c, op, c.gpr(Reg.ECX));
    c.setGpr(Reg.EAX, c.b.lane(result, 1));
    c.setGpr(Reg.EDX, c.b.lane(result, 2));
  };
}

function wrmsr(c: LiftContext): void {
  system(c, System.wrmsr, c.gpr(Reg.ECX), c.gpr(Reg.EAX), c.gpr(Reg.EDX));
  c.exit(Exit.mode);
}

function rdtsc(c: LiftContext): void {
  // CR4.TSD may forbid it
  if (c.mode & Mode.SYSTEM) {
    const r = system(c, System.rdtsc);
    c.setGpr(Reg.EAX, c.b.lane(r, 1));
    c.setGpr(Reg.EDX, c.b.lane(r, 2));
    return;
  }
  const t = c.b.lib(RDTSC, []);
  c.setGpr(Reg.EAX, c.b.lane(t, 0));
  c.setGpr(Reg.EDX, c.b.lane(t, 1));
}

function rdtscp(c: LiftContext): void {
  rdtsc(c);
  c.setGpr(Reg.ECX, c.b.lane(system(c, System.tscAux), 1));
}

/** XSETBV decides which state components there are. */
function xsetbv(c: LiftContext): void {
  system(c, System.xsetbv, c.gpr(Reg.ECX), c.gpr(Reg.EAX), c.gpr(Reg.EDX));
  c.exit(Exit.mode);
}

/** A flush of a cache line reads it as far as faults go. */
function clflush(c: LiftContext, insn: Insn): void {
  c.b.probe(c.addr(insn.ops[0]!), 1, false);
}

function sysexit(c: LiftContext, insn: Insn): void {
  farTransfer(c, insn, Far.sysexit, 4, c.b.i32(0), c.b.i32(0));
}

function cpuid(c: LiftContext): void {
  const r = c.b.lib(CPUID, [c.gpr(Reg.EAX), c.gpr(Reg.ECX)]);
  [Reg.EAX, Reg.EBX, Reg.ECX, Reg.EDX].forEach((reg, k) => c.setGpr(reg, c.b.lane(r, k)));
}

/** Port number: an immediate byte or DX. */
function port(c: LiftContext, op: Operand): Inst {
  return op.isReg ? c.readReg(Reg.EDX, 2) : c.b.i32(op.value & 0xff);
}

function portIn(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [dst, src] = insn.ops as [Operand, Operand];
  const result = b.lib(PORT_IN, [port(c, src)], dst.size);
  b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  c.write(dst, b.lane(result, 1));
}

function portOut(c: LiftContext, insn: Insn): void {
  const b = c.b;
  const [dst, src] = insn.ops as [Operand, Operand];
  b.trapif(b.nonzero(b.lib(PORT_OUT, [port(c, dst), c.read(src)], src.size)), PENDING);
  // What a device does of it (an interrupt, INIT, sleep) comes before the next instruction.
  if (c.mode & Mode.SYSTEM) c.exit(Exit.mode);
}

/** SYSCALL of 64-bit code: RCX and R11 get what SYSRET takes RIP and RFLAGS from. */
function syscall(c: LiftContext, insn: Insn): void {
  if (!c.wide) return c.undefined();
  const b = c.b;
  b.set(GPR + 8 * 11, b.zext64(b.or(b.and(b.get("i32", EFL), b.i32(~RF)), b.fget(ARITH))));
  c.writeReg(Reg.ECX, 8, b.i64(insn.next, 0));
  c.exit(Exit.syscall);
}

const RF = 0x10000;

/** PAUSE lets other processors of a machine go on. */
function pause(c: LiftContext): void {
  if (c.mode & Mode.SYSTEM) c.exit(Exit.pause);
}

export const SYSTEM_LIFTS: LiftTable = [
  [Mnemonic.Rdtsc, rdtsc],
  [Mnemonic.Rdtscp, onlySystem(rdtscp)],
  [Mnemonic.Xgetbv, onlySystem(readIndexed(System.xgetbv))],
  [Mnemonic.Xsetbv, onlySystem(privileged(xsetbv))],
  [Mnemonic.Clflush, clflush],
  [Mnemonic.Sysexit, onlySystem(privileged(sysexit))],
  [Mnemonic.Cpuid, cpuid],
  [Mnemonic.Sysenter, (c) => c.exit(Exit.syscall)],
  [Mnemonic.Syscall, syscall],
  [Mnemonic.In, portIn],
  [Mnemonic.Out, portOut],
  [Mnemonic.Pause, pause],
  [Mnemonic.Hlt, privileged((c) => c.exit(Exit.halt))],
  [Mnemonic.Sgdt, storeTable(System.sgdt)],
  [Mnemonic.Sidt, storeTable(System.sidt)],
  [Mnemonic.Lgdt, privileged(loadTable(System.lgdt))],
  [Mnemonic.Lidt, privileged(loadTable(System.lidt))],
  [Mnemonic.Sldt, withDescriptors(storeWord(System.sldt))],
  [Mnemonic.Str, withDescriptors(storeWord(System.str))],
  [Mnemonic.Smsw, storeWord(System.smsw)],
  [Mnemonic.Lldt, withDescriptors(privileged(loadWord(System.lldt, false)))],
  [Mnemonic.Ltr, withDescriptors(privileged(loadWord(System.ltr, false)))],
  [Mnemonic.Lmsw, privileged(loadWord(System.lmsw, true))],
  [Mnemonic.Clts, privileged(plain(System.clts, true))],
  [Mnemonic.Invd, privileged(plain(System.invd, false))],
  [Mnemonic.Wbinvd, privileged(plain(System.wbinvd, false))],
  [Mnemonic.Invlpg, privileged(invlpg)],
  [Mnemonic.Rdmsr, privileged(readIndexed(System.rdmsr))],
  [Mnemonic.Wrmsr, privileged(wrmsr)],
  [Mnemonic.Rdpmc, readIndexed(System.rdpmc)],
  [Mnemonic.Lar, withDescriptors(descriptor(System.lar))],
  [Mnemonic.Lsl, withDescriptors(descriptor(System.lsl))],
  [Mnemonic.Verr, withDescriptors(verify(System.verr))],
  [Mnemonic.Verw, withDescriptors(verify(System.verw))],
  [Mnemonic.Arpl, withDescriptors(arpl)],
];
