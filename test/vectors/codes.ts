import { Code, CodeExt, CpuidFeature, EncodingKind, Instruction, MemorySize, MemorySizeExt, OpCodeOperandKind } from "iced-x86";
import type { Lane } from "./values.js";

/** One form of an instruction (an iced `Code`) and what the generator needs to know of it. */
export interface CodeSpec {
  readonly code: Code;
  /** iced's name of the Code: mnemonic first, then operands. */
  readonly name: string;
  readonly mnemonic: string;
  readonly family: Family;
  readonly operands: readonly OpCodeOperandKind[];
  /** Bytes of the memory operand, 0 if there is none. */
  readonly memory: number;
  /** What memory and vector operands hold. */
  readonly lane: Lane;
  /** Names vector registers. */
  readonly vector: boolean;
  readonly canLock: boolean;
  readonly canRep: boolean;
  readonly canRepne: boolean;
  /** Assemblers put WAIT in front: two instructions. */
  readonly waits: boolean;
}

/**
 * A family is a file of recordings, about what one lifter file holds. "mxcsr": SSE arithmetic with other rounding and denormal modes; "pairs": an
 * instruction that sets flags, and one or two that use them; "invalid": bytes that are no instruction.
 */
export const FAMILIES = [
  "arith", "mov", "cond", "shift", "bits", "muldiv", "stack", "string", "flow", "system",
  "x87-arith", "x87-misc", "x87-math", "mmx", "sse-move", "sse-float", "sse-convert", "sse-int", "sse4", "mxcsr",
  "pairs", "invalid",
] as const;
export type Family = (typeof FAMILIES)[number];
/** Those of 64-bit code. */
export const FAMILIES64 = [
  "arith", "mov", "cond", "shift", "bits", "muldiv", "stack", "string", "flow", "x87-arith", "x87-misc", "mmx", "sse-move", "sse-float", "sse-convert", "sse-int", "sse4", "mxcsr", "pairs",
] as const satisfies readonly Family[];

/** Feature sets of the guest processor. */
const FEATURES = new Set(
  ["INTEL8086", "INTEL186", "INTEL286", "INTEL386", "INTEL486", "CX8", "CMOV", "FPU", "FPU287", "FPU387", "SSE3", "MMX", "SSE", "SSE2", "SSSE3", "SSE4_1", "SSE4_2",
    "POPCNT", "FXSR", "MULTIBYTENOP", "PAUSE", "CET_IBT"],
);
/** And of one with 64-bit code. */
const FEATURES64 = new Set([...FEATURES, "X64", "LZCNT", "BMI1", "CMPXCHG16B"]);

/**
 * Left out: what transfers control to other segments or loads segment registers (needs descriptor tables), software interrupts (the kernel
 * takes them), descriptor-table queries (depend on the host's kernel), and undefined opcodes with operands.
 */
const LEFT_OUT = new RegExp([
  "^(Call|Jmp)_(ptr|m)16", "^Retf", "^Iret", "^L[defgs]s_", "^Int", "^Mov_Sreg", "^Pop[wd]_", "^(Sldt|Str|Verr|Verw|Sgdt|Sidt|Smsw|Lar|Lsl|Lmsw)_", "^Ud[01]", "^Jmpe", "^Reservednop",
  "^Cl(flush|wb|demote)", "^(Fn?eni|Fn?disi|Fn?setpm|Frstpm)$", "^(Sys|Rd|Cpuid|Wr|Lgdt|Lidt|Lldt|Ltr|Lmsw|Invd|Wbinvd|Invlpg|Clts|Mov_r32_[cdt]r|Mov_[cdt]r_)",
].join("|"));

/** And in 64-bit code: what is not lifted there (docs/ir.md), and what reads selectors, which are another kernel's affair. */
const LEFT_OUT64 = new RegExp(
  `${LEFT_OUT.source}|^(Enter|Pop[wq]_[FG]S|Push[wq]_[FG]S|Mov_[a-z0-9]+_Sreg|Sysc|Swapgs|Mov_r64_[cdt]r|Mov_[cdt]r_|[A-Z][a-z]+_rel(8_16|16)|(Jmp|Call)_rm16|Retnw)`,
);

/** Privileged ones that are kept: at CPL 3 they raise #GP. */
const PRIVILEGED = /^(Cli|Sti|Hlt|In_|Out_|Ins[bwd]_|Outs[bwd]_|Clts$|Invd$|Wbinvd$|Lmsw_rm16|Mov_r32_cr|Mov_cr_r32|Lgdt_m1632|Invlpg_m|Wrmsr|Rdmsr)/;

const FAMILY: readonly (readonly [Family, RegExp])[] = [
  ["system", PRIVILEGED],
  ["arith", /^(Add|Or|Adc|Sbb|And|Sub|Xor|Cmp|Test|Inc|Dec|Neg|Not)_/],
  ["cond", /^(Cmov|Set)/],
  ["shift", /^(Rol|Ror|Rcl|Rcr|Shl|Shr|Sal|Sar|Shld|Shrd)_/],
  ["bits", /^(Bt|Bts|Btr|Btc|Bsf|Bsr|Lzcnt|Tzcnt|Popcnt|Crc32)_/],
  ["muldiv", /^(Mul|Imul|Div|Idiv|Aam|Aad|Aaa|Aas|Daa|Das)(_|$)/],
  ["string", /^(Movs[bwdq]_m|Cmps[bwdq]_m|Stos|Lods|Scas)/],
  ["stack", /^(Push|Pop|Enter|Leave)/],
  ["flow", /^(J[a-z]+_|Jmp|Call|Ret|Loop|Bound|Into|Ud2|Nop|Pause|Wait|Endbr)/],
  ["x87-math", /^(F2xm1|Fyl2x|Fyl2xp1|Fptan|Fpatan|Fsin|Fcos|Fsincos|Fprem|Fprem1|Fsqrt|Fscale|Fxtract|Frndint)$/],
  ["x87-arith", /^F(add|mul|sub|subr|div|divr|addp|mulp|subp|subrp|divp|divrp|iadd|imul|isub|isubr|idiv|idivr|com|comp|compp|ucom|ucomp|ucompp|icom|icomp|comi|comip|ucomi|ucomip)_?/],
  ["x87-misc", /^F/],
  ["mmx", /_mm(_|$|m64|m32)|_mm$|Emms|(^|_)mmm(64|32)/],
  ["sse4", /^(Pcmp[ei]str|Round|Dpp|Mpsadbw|Insertps|Blend|Pblend|Ptest|Pext|Pins|Extractps|Phminposuw)/],
  ["sse-convert", /^Cvt/],
  ["sse-float", /^(Add|Sub|Mul|Div|Min|Max|Sqrt|Rsqrt|Rcp|Cmp|Comi|Ucomi|Hadd|Hsub|Addsub|And|Andn|Or|Xor)[a-z]*[ps][sd]_/],
  ["sse-move", /^Prefetch/],
  ["sse-int", /^P[a-z]+_?/],
  ["sse-move", /^(Mov|Unpck|Shuf|Lddqu|Mask|Prefetch|Ldmxcsr|Stmxcsr|[SLM]fence)[a-z0-9]*_?(.*xmm.*|.*m128.*|m8|m32|[EF][0-9A-F])?$/],
  ["mov", /./],
];
const INTEGER_MOVES = /^(Mov_|Movzx|Movsx|Lea_|Xchg|Xadd|Cmpxchg|Bswap|Cbw|Cwd|Cdq|Cqo|Lahf|Sahf|Xlat|Salc|Cl[cd]|St[cd]|Cmc|Arpl|Cwde)/;

function familyOf(name: string, privileged: boolean): Family {
  if (!privileged && INTEGER_MOVES.test(name)) return "mov";
  return FAMILY.find(([, pattern]) => pattern.test(name))![0];
}

const ELEMENT: Readonly<Record<string, Lane>> = {
  Float32: "f32", Float64: "f64", Float80: "f80", Bcd: "bcd", UInt8: "i8", Int8: "i8", UInt16: "i16", Int16: "i16", UInt32: "i32", Int32: "i32", UInt64: "i64", Int64: "i64",
};

function laneOf(name: string, memorySize: MemorySize): Lane {
  if (/^Pcmp[ei]str/.test(name)) return "text";
  if (/^F(ld|st)?[a-z]*_?(m14|m28|m94|m108)/.test(name)) return "i32";
  const element = ELEMENT[MemorySize[MemorySizeExt.elementType(memorySize)]!];
  if (element) return element;
  const m = /^[A-Za-z0-9]*?([ps])([sd])_/.exec(name);
  if (m) return m[2] === "s" ? "f32" : "f64";
  return /^F/.test(name) ? "f80" : "i32";
}

/** All forms in the order of iced's Code numbers, for 32- or 64-bit code. */
export function codeSpecs(bits: 32 | 64 = 32): CodeSpec[] {
  const specs: CodeSpec[] = [];
  const leftOut = bits === 64 ? LEFT_OUT64 : LEFT_OUT, available = bits === 64 ? FEATURES64 : FEATURES;
  for (let code = 0 as Code; Code[code] !== undefined; code++) {
    const info = CodeExt.opCode(code);
    const name = Code[code]!;
    if (!info.isInstruction || !(bits === 64 ? info.mode64 : info.mode32) || info.encoding !== EncodingKind.Legacy) continue;
    const privileged = info.isPrivileged || PRIVILEGED.test(name);
    if (privileged ? !PRIVILEGED.test(name) : leftOut.test(name)) continue;
    const features = [...Instruction.create(code).cpuidFeatures()].map((f) => CpuidFeature[f]!);
    if (!features.every((f) => available.has(f))) continue;
    const operands: OpCodeOperandKind[] = [];
    for (let i = 0; i < info.opCount; i++) operands.push(info.opKind(i));
    specs.push({
      code, name, family: familyOf(name, privileged), operands, mnemonic: name.split("_")[0]!,
      memory: MemorySizeExt.size(info.memorySize), lane: laneOf(name, info.memorySize),
      vector: /xmm|mxcsr/i.test(name) || name.startsWith("Fx"), canLock: info.canUseLockPrefix, canRep: info.canUseRepPrefix, canRepne: info.canUseRepnePrefix, waits: info.fwait,
    });
  }
  for (const bytes of bits === 64 ? [] : INVALID) {
    specs.push({
      code: Code.INVALID, name: `Invalid_${bytes}`, family: "invalid", operands: [], mnemonic: "Invalid", memory: 0, lane: "i32", vector: false, canLock: false,
      canRep: false, canRepne: false, waits: false,
    });
  }
  return specs;
}

/** Bytes that raise an exception before anything is executed: LOCK where it is not allowed, undefined opcodes, too long an instruction. */
const INVALID = [
  "f001c8", "f090", "f08b03", "f0390b", "f0c20400", "f0f7d8", "f00fa30b", "f086c3", "f00fc7c9", "0f0b", "0fff", "fff8", "ffff", "fed0", "8ec8", "8ef8",
  "8cf0", "c6c801", "c7c801000000", "8dc0", "0fb2c0", "0fc7c8", "0f01c7", "0f04", "0f0a", "0f24c0", "8fc8", "0fba4b0000", "d9e2", "d9d1",
  "dbe5", "dde8", "dfe1", "660f38ff", "0f38ff", "0f3aff00", "f30f2bc1", "0f13c1", "0f2bc1", "660f2bc1", "0fe7c1", "660fe7c1", "0f71c000", "660f73c000",
  "0f71c8ff", "666666666666666666666666666601c8",
];

/** True if the form's result depends on MXCSR: it is recorded once more, in family "mxcsr", with rounding and denormal controls set. */
export function dependsOnMxcsr(spec: CodeSpec): boolean {
  return spec.family === "sse-float" || spec.family === "sse-convert" || (spec.family === "sse4" && /^(Round|Dpp)/.test(spec.name)) ||
    (spec.family === "mmx" && /^Cvt/.test(spec.name));
}
