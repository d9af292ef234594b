import { readEflags, writeEflags } from "../../ir/eflags.js";
import { fullTag } from "../../ir/lib/x87-env.js";
import { reg, setControlWord, setStatusWord, statusWord } from "../../ir/lib/x87.js";
import { FCS, FCW, FDP, FDS, FIP, FOP, FTW, GPR, MXCSR, PC, Reg, SEG_BASE, SEG_SEL, XMM } from "../../ir/state.js";

/**
 * Registers as debuggers number and name them: GDB's target description (GDB manual, appendix G.5.16 "i386 Features"), with the order of `g` packets
 * the order of the description.
 */

type Words = Int32Array;

export interface Register {
  readonly name: string;
  readonly bits: number;
  readonly type: string;
  readonly group?: "general" | "float" | "vector" | "system";
  /** Put its bytes, little endian, at `at`; `extra` asks the target for what the state does not hold. */
  read(S: Words, out: DataView, at: number, extra: (name: string) => number): void;
  /** Take its value. False: it cannot be written. */
  write(S: Words, value: DataView, at: number, extra: (name: string, value: number) => void): boolean;
}

export interface RegisterFeature {
  readonly name: string;
  /** Types of its own, as XML. */
  readonly types?: string;
  readonly registers: readonly Register[];
}

export interface RegisterLayout {
  readonly architecture: "i386" | "i386:x86-64";
  readonly osabi: string | null;
  readonly features: readonly RegisterFeature[];
  /** All of them, in order. */
  readonly registers: readonly Register[];
  /** Indices of those that stop replies tell at once: frame and stack pointer, PC. */
  readonly expedited: readonly number[];
}

const word = (name: string, offset: number, type = "int", group?: Register["group"]): Register => ({
  name, bits: 32, type, ...(group ? { group } : {}),
  read: (S, out, at) => out.setInt32(at, S[offset >> 2]!, true),
  write(S, value, at) {
    S[offset >> 2] = value.getInt32(at, true);
    return true;
  },
});

const double = (name: string, offset: number, type: string): Register => ({
  name, bits: 64, type,
  read(S, out, at) {
    out.setInt32(at, S[offset >> 2]!, true);
    out.setInt32(at + 4, S[(offset >> 2) + 1]!, true);
  },
  write(S, value, at) {
    S[offset >> 2] = value.getInt32(at, true);
    S[(offset >> 2) + 1] = value.getInt32(at + 4, true);
    return true;
  },
});

const computed = (name: string, bits: 32 | 64, type: string, get: (S: Words) => number, set: ((S: Words, v: number) => void) | null, group?: Register["group"]): Register => ({
  name, bits, type, ...(group ? { group } : {}),
  read(S, out, at) {
    out.setInt32(at, get(S), true);
    if (bits === 64) out.setInt32(at + 4, 0, true);
  },
  write(S, value, at) {
    set?.(S, value.getInt32(at, true));
    return set !== null;
  },
});

/** A register that the target keeps outside the state. */
const extra = (name: string, bits: 32 | 64, type: string, group?: Register["group"]): Register => ({
  name, bits, type, ...(group ? { group } : {}),
  read(_, out, at, get) {
    const v = get(name);
    out.setInt32(at, v, true);
    if (bits === 64) out.setInt32(at + 4, v < 0 ? -1 : Math.floor(v / 2 ** 32), true);
  },
  write(_, value, at, set) {
    set(name, value.getInt32(at, true));
    return true;
  },
});

/** Selectors are shown; loading another one is the guest's business. */
const selector = (name: string, seg: number): Register => {
  const get = (S: Words): number => S[(SEG_SEL >> 2) + seg]! & 0xffff;
  return { ...computed(name, 32, "int32", get, null), write: (S, value, at) => value.getInt32(at, true) === get(S) };
};

const st = (i: number): Register => ({
  name: `st${i}`, bits: 80, type: "i387_ext",
  read(S, out, at) {
    const r = reg(S, i);
    out.setInt32(at, S[r]!, true);
    out.setInt32(at + 4, S[r + 1]!, true);
    out.setUint16(at + 8, S[r + 2]!, true);
  },
  write(S, value, at) {
    const r = reg(S, i);
    S[r] = value.getInt32(at, true);
    S[r + 1] = value.getInt32(at + 4, true);
    S[r + 2] = value.getUint16(at + 8, true);
    return true;
  },
});

const xmm = (i: number): Register => ({
  name: `xmm${i}`, bits: 128, type: "vec128",
  read(S, out, at) {
    for (let l = 0; l < 4; l++) out.setInt32(at + l * 4, S[((XMM + i * 32) >> 2) + l]!, true);
  },
  write(S, value, at) {
    for (let l = 0; l < 4; l++) S[((XMM + i * 32) >> 2) + l] = value.getInt32(at + l * 4, true);
    return true;
  },
});

function setTags(S: Words, tags: number): void {
  let used = 0;
  for (let k = 0; k < 8; k++) if (((tags >> (k * 2)) & 3) !== 3) used |= 1 << k;
  S[FTW >> 2] = used;
}

const X87: readonly Register[] = [
  ...Array.from({ length: 8 }, (_, i) => st(i)),
  computed("fctrl", 32, "int", (S) => S[FCW >> 2]!, setControlWord, "float"),
  computed("fstat", 32, "int", statusWord, setStatusWord, "float"),
  computed("ftag", 32, "int", fullTag, setTags, "float"),
  word("fiseg", FCS, "int", "float"), word("fioff", FIP, "int", "float"), word("foseg", FDS, "int", "float"), word("fooff", FDP, "int", "float"),
  word("fop", FOP, "int", "float"),
];

const FLAGS = (id: string, size: number, names: readonly (readonly [string, number])[]): string =>
  `<flags id="${id}" size="${size}">${names.map(([n, b]) => `<field name="${n}" start="${b}" end="${b}"/>`).join("")}</flags>`;

const EFLAGS_NAMES: readonly (readonly [string, number])[] = [
  ["CF", 0], ["", 1], ["PF", 2], ["AF", 4], ["ZF", 6], ["SF", 7], ["TF", 8], ["IF", 9], ["DF", 10], ["OF", 11], ["NT", 14], ["RF", 16], ["VM", 17],
  ["AC", 18], ["VIF", 19], ["VIP", 20], ["ID", 21],
];
const MXCSR_NAMES: readonly (readonly [string, number])[] = [
  ["IE", 0], ["DE", 1], ["ZE", 2], ["OE", 3], ["UE", 4], ["PE", 5], ["DAZ", 6], ["IM", 7], ["DM", 8], ["ZM", 9], ["OM", 10], ["UM", 11], ["PM", 12], ["FZ", 15],
];
const VECTOR_TYPES = [
  ["v4f", "ieee_single", 4], ["v2d", "ieee_double", 2], ["v16i8", "int8", 16], ["v8i16", "int16", 8], ["v4i32", "int32", 4], ["v2i64", "int64", 2],
].map(([id, type, count]) => `<vector id="${id}" type="${type}" count="${count}"/>`).join("") +
  '<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/><field name="v16_int8" type="v16i8"/>' +
  '<field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>';

const LEGACY_ORDER = [Reg.EAX, Reg.ECX, Reg.EDX, Reg.EBX, Reg.ESP, Reg.EBP, Reg.ESI, Reg.EDI];
const NAMES32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
/** GDB's order of the 64-bit registers, with their numbers in encodings. */
const NAMES64: readonly (readonly [string, number])[] = [
  ["rax", 0], ["rbx", 3], ["rcx", 1], ["rdx", 2], ["rsi", 6], ["rdi", 7], ["rbp", 5], ["rsp", 4],
  ["r8", 8], ["r9", 9], ["r10", 10], ["r11", 11], ["r12", 12], ["r13", 13], ["r14", 14], ["r15", 15],
];
const SELECTORS = [["cs", 1], ["ss", 2], ["ds", 3], ["es", 0], ["fs", 4], ["gs", 5]] as const;

export interface LayoutOptions {
  readonly bits: 32 | 64;
  /** The system the guest runs under: Linux adds orig_eax; a machine its control registers. */
  readonly system: "linux" | "machine";
}

/** Control registers and the like that a machine target answers for (`readExtra`). */
export const SYSTEM_REGISTERS: readonly string[] = ["cr0", "cr2", "cr3", "cr4", "efer", "fs_base", "gs_base"];

export function registerLayout(o: LayoutOptions): RegisterLayout {
  const wide = o.bits === 64;
  const pointer = (name: string): string => (/^[er](sp|bp)$/.test(name) ? "data_ptr" : wide ? "int64" : "int");
  const general = wide
    ? NAMES64.map(([n, k]) => double(n, GPR + k * 8, pointer(n)))
    : NAMES32.map((n, i) => word(n, GPR + LEGACY_ORDER[i]! * 8, pointer(n)));
  const core: RegisterFeature = {
    name: "org.gnu.gdb.i386.core",
    types: FLAGS("i386_eflags", 4, EFLAGS_NAMES),
    registers: [
      ...general,
      wide ? double("rip", PC, "code_ptr") : word("eip", PC, "code_ptr"),
      computed("eflags", 32, "i386_eflags", readEflags, writeEflags),
      ...SELECTORS.map(([n, seg]) => selector(n, seg)),
      ...X87,
    ],
  };
  const sse: RegisterFeature = {
    name: "org.gnu.gdb.i386.sse",
    types: VECTOR_TYPES + FLAGS("i386_mxcsr", 4, MXCSR_NAMES),
    registers: [...Array.from({ length: wide ? 16 : 8 }, (_, i) => xmm(i)), word("mxcsr", MXCSR, "i386_mxcsr", "vector")],
  };
  const linux: RegisterFeature = { name: "org.gnu.gdb.i386.linux", registers: [extra(wide ? "orig_rax" : "orig_eax", o.bits, wide ? "int64" : "int", "system")] };
  const segments: RegisterFeature = {
    name: "org.gnu.gdb.i386.segments",
    registers: [double("fs_base", SEG_BASE + 4 * 8, "int64"), double("gs_base", SEG_BASE + 5 * 8, "int64")],
  };
  const machine: RegisterFeature = {
    name: "org.lift86.system",
    registers: SYSTEM_REGISTERS.filter((n) => !wide || !n.endsWith("_base")).map((n) => extra(n, o.bits, wide ? "int64" : "int", "system")),
  };
  const features = [core, sse, ...(o.system === "linux" ? [linux] : []), ...(wide ? [segments] : []), ...(o.system === "machine" ? [machine] : [])];
  const registers = features.flatMap((f) => f.registers);
  const index = (name: string): number => registers.findIndex((r) => r.name === name);
  return {
    architecture: wide ? "i386:x86-64" : "i386",
    osabi: o.system === "linux" ? "GNU/Linux" : null,
    features, registers,
    expedited: (wide ? ["rbp", "rsp", "rip"] : ["ebp", "esp", "eip"]).map(index),
  };
}

/** The target description that `qXfer:features:read:target.xml` gives. */
export function targetXml(layout: RegisterLayout): string {
  let number = 0;
  const features = layout.features.map((f) => {
    const regs = f.registers.map((r) => `<reg name="${r.name}" bitsize="${r.bits}" type="${r.type}" regnum="${number++}"${r.group ? ` group="${r.group}"` : ""}/>`);
    return `<feature name="${f.name}">${f.types ?? ""}${regs.join("")}</feature>`;
  });
  const osabi = layout.osabi ? `<osabi>${layout.osabi}</osabi>` : "";
  return `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>${layout.architecture}</architecture>${osabi}${features.join("")}</target>`;
}
