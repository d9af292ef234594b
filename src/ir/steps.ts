import type { LibEnv } from "./env.js";
import { PENDING } from "./env.js";
import { arithmeticFlags } from "./eflags.js";
import { ARITH, condOf, FlagFamily, FlagSize, flagKind } from "./flags.js";
import type { Block, Inst } from "./inst.js";
import { multiply64 } from "./lib/integer.js";
import { nanfix } from "./lib/nan.js";
import { beyondReach } from "./lib/reach.js";
import { GuestFault } from "./memory.js";
import { C } from "./ops.js";
import { RESULT, type LibSpec } from "./op.js";
import { FLAG_A, FLAG_KIND, FLAG_R, SEG_READ, SEG_WRITE } from "./state.js";
import { isFloat, LANES, type MemType, type Type } from "./types.js";

/**
 * What the interpreter does for each op: a function by op and type, found once for each instruction. Not one big `switch`: V8 optimises small functions
 * soon and for good, but throws a large one's code away whenever a case runs for the first time (14 times in the start of a program).
 */
export type Step = (i: Inst, env: LibEnv) => void;

// Frames: int32 lanes and double lanes by slot. Blocks do not nest, so one of each is enough.
let vi = new Int32Array(4096);
let vd = new Float64Array(4096);
const conv = new DataView(new ArrayBuffer(16));

/** Make a block ready to be interpreted: give every value its slot in the frame, and every instruction its step. */
export function prepare(block: Block): void {
  let n = 0;
  for (const i of block.insts) {
    i.slot = n;
    n += LANES[i.type];
    const { args } = i;
    i.a = args.length > 0 ? args[0]!.slot : 0;
    i.b = args.length > 1 ? args[1]!.slot : 0;
    i.step = stepOf(i);
  }
  block.frame = n;
  if (n > vi.length) {
    vi = new Int32Array(n * 2);
    vd = new Float64Array(n * 2);
  }
}

/** The int32 lane at a slot. */
export function laneAt(slot: number): number {
  return vi[slot]!;
}

function stepOf(i: Inst): Step {
  if (i.op.lib !== null) return i.op.lib.lanewise ? lanewiseLibrary : callLibrary;
  const one = isOneLane(i.type);
  switch (i.op.code as C) {
    case C.const: return isFloat(i.type) ? constFloat : one ? const32 : constWide;
    case C.get: return i.type === "f64" ? getF64 : i.type === "f32" ? getF32 : one ? get32 : getWide;
    case C.set: return i.type === "f64" ? setF64 : i.type === "f32" ? setF32 : one ? set32 : setWide;
    case C.add: return i.type === "i64" ? add64 : add32;
    case C.sub: return i.type === "i64" ? sub64 : sub32;
    case C.mul: case C.shl: case C.shr: case C.sar: case C.rotl: case C.rotr: return (i.type === "i64" ? STEPS64 : STEPS)[i.op.code as C]!;
    case C.and: return one ? and32 : andWide;
    case C.or: return one ? or32 : orWide;
    case C.xor: return one ? xor32 : xorWide;
    case C.eq: return i.args[0]!.type === "i64" ? eq64 : eq32;
    case C.ne: return i.args[0]!.type === "i64" ? ne64 : ne32;
    case C.ltu: return i.args[0]!.type === "i64" ? ltu64 : ltu32;
    case C.leu: return i.args[0]!.type === "i64" ? leu64 : leu32;
    case C.lts: return i.args[0]!.type === "i64" ? lts64 : lts32;
    case C.les: return i.args[0]!.type === "i64" ? les64 : les32;
    case C.load: return i.rmw ? loadAny : i.mem === "i32" ? load32 : i.mem === "i8" ? load8 : loadAny;
    case C.store: return i.mem === "i32" ? store32 : i.mem === "i8" ? store8 : storeAny;
    default: return STEPS[i.op.code as C]!;
  }
}

function isOneLane(type: Type): boolean {
  return type === "i32" || type === "i1";
}

const constFloat: Step = (i) => void (vd[i.slot] = i.imm);
const const32: Step = (i) => void (vi[i.slot] = i.imm);
const constWide: Step = (i) => {
  vi[i.slot] = i.imm;
  if (i.type === "i64") vi[i.slot + 1] = i.immHi;
  else for (let l = 1; l < LANES[i.type]; l++) vi[i.slot + l] = 0;
};
const getF64: Step = (i, env) => void (vd[i.slot] = env.state.F[i.imm >> 3]!);
const getF32: Step = (i, env) => void (vd[i.slot] = env.state.G[i.imm >> 2]!);
const get32: Step = (i, env) => void (vi[i.slot] = env.S[i.imm >> 2]!);
const getWide: Step = (i, env) => {
  for (let l = 0, n = LANES[i.type]; l < n; l++) vi[i.slot + l] = env.S[(i.imm >> 2) + l]!;
};
const setF64: Step = (i, env) => void (env.state.F[i.imm >> 3] = vd[i.a]!);
const setF32: Step = (i, env) => void (env.state.G[i.imm >> 2] = vd[i.a]!);
const set32: Step = (i, env) => void (env.S[i.imm >> 2] = vi[i.a]!);
const setWide: Step = (i, env) => {
  for (let l = 0, n = LANES[i.type]; l < n; l++) env.S[(i.imm >> 2) + l] = vi[i.a + l]!;
};
const add32: Step = (i) => void (vi[i.slot] = vi[i.a]! + vi[i.b]!);
const add64: Step = ({ slot: s, a, b }) => {
  const lo = (vi[a]! + vi[b]!) | 0;
  vi[s + 1] = vi[a + 1]! + vi[b + 1]! + (lo >>> 0 < vi[a]! >>> 0 ? 1 : 0);
  vi[s] = lo;
};
const sub32: Step = (i) => void (vi[i.slot] = vi[i.a]! - vi[i.b]!);
const sub64: Step = ({ slot: s, a, b }) => {
  vi[s + 1] = vi[a + 1]! - vi[b + 1]! - (vi[a]! >>> 0 < vi[b]! >>> 0 ? 1 : 0);
  vi[s] = vi[a]! - vi[b]!;
};
const and32: Step = (i) => void (vi[i.slot] = vi[i.a]! & vi[i.b]!);
const or32: Step = (i) => void (vi[i.slot] = vi[i.a]! | vi[i.b]!);
const xor32: Step = (i) => void (vi[i.slot] = vi[i.a]! ^ vi[i.b]!);
const andWide: Step = ({ type, slot: s, a, b }) => {
  for (let l = 0, n = LANES[type]; l < n; l++) vi[s + l] = vi[a + l]! & vi[b + l]!;
};
const orWide: Step = ({ type, slot: s, a, b }) => {
  for (let l = 0, n = LANES[type]; l < n; l++) vi[s + l] = vi[a + l]! | vi[b + l]!;
};
const xorWide: Step = ({ type, slot: s, a, b }) => {
  for (let l = 0, n = LANES[type]; l < n; l++) vi[s + l] = vi[a + l]! ^ vi[b + l]!;
};
const eq32: Step = (i) => void (vi[i.slot] = vi[i.a] === vi[i.b] ? 1 : 0);
const ne32: Step = (i) => void (vi[i.slot] = vi[i.a] === vi[i.b] ? 0 : 1);
const ltu32: Step = (i) => void (vi[i.slot] = vi[i.a]! >>> 0 < vi[i.b]! >>> 0 ? 1 : 0);
const leu32: Step = (i) => void (vi[i.slot] = vi[i.a]! >>> 0 <= vi[i.b]! >>> 0 ? 1 : 0);
const lts32: Step = (i) => void (vi[i.slot] = vi[i.a]! < vi[i.b]! ? 1 : 0);
const les32: Step = (i) => void (vi[i.slot] = vi[i.a]! <= vi[i.b]! ? 1 : 0);
const eq64: Step = ({ slot: s, a, b }) => void (vi[s] = vi[a] === vi[b] && vi[a + 1] === vi[b + 1] ? 1 : 0);
const ne64: Step = ({ slot: s, a, b }) => void (vi[s] = vi[a] === vi[b] && vi[a + 1] === vi[b + 1] ? 0 : 1);
const ltu64: Step = ({ slot: s, a, b }) => void (vi[s] = (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! >>> 0 < vi[b + 1]! >>> 0 : vi[a]! >>> 0 < vi[b]! >>> 0) ? 1 : 0);
const leu64: Step = ({ slot: s, a, b }) => void (vi[s] = (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! >>> 0 < vi[b + 1]! >>> 0 : vi[a]! >>> 0 <= vi[b]! >>> 0) ? 1 : 0);
const lts64: Step = ({ slot: s, a, b }) => void (vi[s] = (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! < vi[b + 1]! : vi[a]! >>> 0 < vi[b]! >>> 0) ? 1 : 0);
const les64: Step = ({ slot: s, a, b }) => void (vi[s] = (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! < vi[b + 1]! : vi[a]! >>> 0 <= vi[b]! >>> 0) ? 1 : 0);
const load32: Step = (i, env) => void (vi[i.slot] = env.memory.load32(vi[i.a]!));
const load8: Step = (i, env) => void (vi[i.slot] = env.memory.load8(vi[i.a]!));
const loadAny: Step = (i, env) => load(env, i.mem!, vi[i.a]!, i.slot, i.rmw);
const store32: Step = (i, env) => env.memory.store32(vi[i.a]!, vi[i.b]!);
const store8: Step = (i, env) => env.memory.store8(vi[i.a]!, vi[i.b]!);
const storeAny: Step = (i, env) => store(env, i.mem!, vi[i.a]!, i.b);

/** Shift left of two words; the low one is shifted in from below. */
function shiftLeft(s: number, low: number, high: number, n: number): void {
  vi[s] = n & 32 ? 0 : low << n;
  vi[s + 1] = n & 32 ? low << n : (high << n) | ((low >>> 1) >>> (~n & 31));
}

function shiftRight(s: number, low: number, high: number, n: number, sign: number): void {
  // what comes in from above fills the high word
  const top = n & 32 ? sign : (high >>> n) | (n & 31 ? sign << (32 - n) : 0);
  vi[s] = n & 32 ? (high >>> n) | (n & 31 ? sign << (32 - n) : 0) : (low >>> n) | ((high << 1) << (~n & 31));
  vi[s + 1] = top;
}

function rotateLeft(s: number, low: number, high: number, n: number): void {
  const [x, y] = n & 32 ? [high, low] : [low, high];
  vi[s] = (x << n) | ((y >>> 1) >>> (~n & 31));
  vi[s + 1] = (y << n) | ((x >>> 1) >>> (~n & 31));
}

/** Of i64 what STEPS has for i32. */
const STEPS64: Readonly<Partial<Record<C, Step>>> = {
  [C.mul]: ({ slot: s, a, b }) => {
    multiply64(vi[a]!, vi[a + 1]!, vi[b]!, vi[b + 1]!);
    vi[s] = RESULT[0]!;
    vi[s + 1] = RESULT[1]!;
  },
  [C.shl]: ({ slot: s, a, b }) => shiftLeft(s, vi[a]!, vi[a + 1]!, vi[b]!),
  [C.shr]: ({ slot: s, a, b }) => shiftRight(s, vi[a]!, vi[a + 1]!, vi[b]!, 0),
  [C.sar]: ({ slot: s, a, b }) => shiftRight(s, vi[a]!, vi[a + 1]!, vi[b]!, vi[a + 1]! >> 31),
  [C.rotl]: ({ slot: s, a, b }) => rotateLeft(s, vi[a]!, vi[a + 1]!, vi[b]!),
  [C.rotr]: ({ slot: s, a, b }) => rotateLeft(s, vi[a]!, vi[a + 1]!, -vi[b]!),
};

/** Ops whose step is the same for all types. `insn` is the interpreter's own. */
const STEPS: Readonly<Partial<Record<C, Step>>> = {
  [C.insn]: () => {},
  [C.mul]: (i) => void (vi[i.slot] = Math.imul(vi[i.a]!, vi[i.b]!)),
  [C.shl]: (i) => void (vi[i.slot] = vi[i.a]! << vi[i.b]!),
  [C.shr]: (i) => void (vi[i.slot] = vi[i.a]! >>> vi[i.b]!),
  [C.sar]: (i) => void (vi[i.slot] = vi[i.a]! >> vi[i.b]!),
  [C.rotl]: (i) => void (vi[i.slot] = (vi[i.a]! << vi[i.b]!) | (vi[i.a]! >>> (32 - vi[i.b]!))),
  [C.rotr]: (i) => void (vi[i.slot] = (vi[i.a]! >>> vi[i.b]!) | (vi[i.a]! << (32 - vi[i.b]!))),
  [C.ext8s]: (i) => void (vi[i.slot] = (vi[i.a]! << 24) >> 24),
  [C.ext16s]: (i) => void (vi[i.slot] = (vi[i.a]! << 16) >> 16),
  [C.clz]: (i) => void (vi[i.slot] = Math.clz32(vi[i.a]!)),
  [C.not]: (i) => void (vi[i.slot] = vi[i.a]! ^ 1),
  [C.zext]: (i) => void (vi[i.slot] = vi[i.a]!),
  [C.select]: (i) => {
    const from = vi[i.a] ? i.b : i.args[2]!.slot;
    if (isFloat(i.type)) vd[i.slot] = vd[from]!;
    else for (let l = 0, n = LANES[i.type]; l < n; l++) vi[i.slot + l] = vi[from + l]!;
  },
  [C.pack]: (i) => {
    for (let l = 0; l < i.args.length; l++) vi[i.slot + l] = vi[i.args[l]!.slot]!;
  },
  [C.lane]: (i) => void (vi[i.slot] = vi[i.a + i.imm]!),
  [C.fadd]: (i) => void (vd[i.slot] = fix(i, vd[i.a]! + vd[i.b]!, i.a, i.b)),
  [C.fsub]: (i) => void (vd[i.slot] = fix(i, vd[i.a]! - vd[i.b]!, i.a, i.b)),
  [C.fmul]: (i) => void (vd[i.slot] = fix(i, vd[i.a]! * vd[i.b]!, i.a, i.b)),
  [C.fdiv]: (i) => void (vd[i.slot] = fix(i, vd[i.a]! / vd[i.b]!, i.a, i.b)),
  [C.fsqrt]: (i) => void (vd[i.slot] = fix(i, Math.sqrt(vd[i.a]!), i.a, i.a)),
  [C.feq]: (i) => void (vi[i.slot] = vd[i.a]! === vd[i.b]! ? 1 : 0),
  [C.flt]: (i) => void (vi[i.slot] = vd[i.a]! < vd[i.b]! ? 1 : 0),
  [C.fle]: (i) => void (vi[i.slot] = vd[i.a]! <= vd[i.b]! ? 1 : 0),
  [C.funord]: (i) => void (vi[i.slot] = vd[i.a]! !== vd[i.a]! || vd[i.b]! !== vd[i.b]! ? 1 : 0),
  [C.probe]: (i, env) => env.memory.probe(vi[i.a]!, i.imm, i.immHi !== 0),
  [C.limit]: (i, env) => {
    const seg = i.imm & 7, write = i.imm & 8, at = vi[i.a]!;
    if (at >>> 0 >= env.S[((write ? SEG_WRITE : SEG_READ) >> 2) + seg]! >>> 0 || i.immHi > 16) env.host.checkSegment(seg, at, i.immHi, write !== 0);
  },
  [C.reach]: (i) => {
    if (vi[i.a + 1] !== 0) throw beyondReach(vi[i.a]!, vi[i.a + 1]!, i.imm);
  },
  [C.fset]: (i, { S }) => setFlags(S, i, i.a, i.b, i.args.length === 3 ? vi[i.args[2]!.slot]! << 2 : 0),
  [C.fsetif]: (i, { S }) => {
    if (vi[i.a]) setFlags(S, i, i.b, i.args[2]!.slot, 0);
  },
  [C.fmod]: (i, { S }) => {
    const flags = arithmeticFlags(S);
    S[FLAG_KIND >> 2] = flagKind(FlagFamily.RAW, FlagSize.B8);
    S[FLAG_A >> 2] = (flags & ARITH & ~i.imm) | vi[i.a]!;
  },
  [C.fcond]: (i, { S }) => void (vi[i.slot] = condOf(i.imm, arithmeticFlags(S)) ? 1 : 0),
  [C.fget]: (i, { S }) => void (vi[i.slot] = arithmeticFlags(S) & i.imm),
  [C.trapif]: (i, env) => {
    if (vi[i.a]) throw i.imm === PENDING ? env.fault : new GuestFault(i.imm, i.immHi);
  },
};

function fix(i: Inst, r: number, a: number, b: number): number {
  if (r !== r) return nanfix(vd[a]!, vd[b]!);
  return i.type === "f32" ? Math.fround(r) : r;
}

function setFlags(S: Int32Array, i: Inst, a: number, r: number, carry: number): void {
  S[FLAG_KIND >> 2] = i.imm | carry;
  S[FLAG_A >> 2] = vi[a]!;
  S[FLAG_R >> 2] = vi[r]!;
  if ((i.imm & 3) !== FlagSize.B64) return;
  S[(FLAG_A >> 2) + 1] = vi[a + 1]!;
  S[(FLAG_R >> 2) + 1] = vi[r + 1]!;
}

function load(env: LibEnv, mem: MemType, addr: number, s: number, rmw: boolean): void {
  const m = env.memory;
  switch (mem) {
    case "i8":
      if (rmw) m.probe(addr, 1, true);
      vi[s] = m.load8(addr);
      return;
    case "i16":
      if (rmw) m.probe(addr, 2, true);
      vi[s] = m.load16(addr);
      return;
    case "i32":
      if (rmw) m.probe(addr, 4, true);
      vi[s] = m.load32(addr);
      return;
    case "f32":
      conv.setInt32(0, m.load32(addr), true);
      vd[s] = conv.getFloat32(0, true);
      return;
    case "f64":
      conv.setInt32(0, m.load32(addr), true);
      conv.setInt32(4, m.load32((addr + 4) | 0), true);
      vd[s] = conv.getFloat64(0, true);
      return;
    case "f80":
      vi[s] = m.load32(addr);
      vi[s + 1] = m.load32((addr + 4) | 0);
      vi[s + 2] = m.load16((addr + 8) | 0);
      return;
    default: {
      const n = LANES[mem];
      if (rmw) m.probe(addr, n * 4, true);
      for (let l = 0; l < n; l++) vi[s + l] = m.load32((addr + l * 4) | 0);
    }
  }
}

function store(env: LibEnv, mem: MemType, addr: number, v: number): void {
  const m = env.memory;
  switch (mem) {
    case "i8": m.store8(addr, vi[v]!); return;
    case "i16": m.store16(addr, vi[v]!); return;
    case "i32": m.store32(addr, vi[v]!); return;
    case "f32":
      conv.setFloat32(0, vd[v]!, true);
      m.store32(addr, conv.getInt32(0, true));
      return;
    case "f64":
      conv.setFloat64(0, vd[v]!, true);
      m.probe(addr, 8, true);
      m.store32(addr, conv.getInt32(0, true));
      m.store32((addr + 4) | 0, conv.getInt32(4, true));
      return;
    case "f80":
      m.probe(addr, 10, true);
      m.store32(addr, vi[v]!);
      m.store32((addr + 4) | 0, vi[v + 1]!);
      m.store16((addr + 8) | 0, vi[v + 2]!);
      return;
    default: {
      const n = LANES[mem];
      m.probe(addr, n * 4, true);
      for (let l = 0; l < n; l++) m.store32((addr + l * 4) | 0, vi[v + l]!);
    }
  }
}

/** Arguments of a library call. Not an array of numbers only: those of V8 quiet NaNs that are put into them. */
const lanes: unknown[] = [null];

function lanewiseLibrary(i: Inst): void {
  const s = i.slot, lib = i.op.lib!;
  const [a, b, c] = i.args;
  for (let l = 0, n = LANES[i.type]; l < n; l++) {
    const x = vi[a!.slot + l]!;
    if (!b) vi[s + l] = lib.imm ? lib.fn(x, i.imm) : lib.fn(x);
    else if (!c) vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], i.imm) : lib.fn(x, vi[b.slot + l]);
    else vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], vi[c.slot + l], i.imm) : lib.fn(x, vi[b.slot + l], vi[c.slot + l]);
  }
}

function callLibrary(i: Inst, env: LibEnv): void {
  const s = i.slot, lib: LibSpec = i.op.lib!;
  lanes.length = 0;
  for (const arg of i.args) {
    if (isFloat(arg.type)) lanes.push(vd[arg.slot]!);
    else for (let l = 0, n = LANES[arg.type]; l < n; l++) lanes.push(vi[arg.slot + l]!);
  }
  if (lib.imm) lanes.push(i.imm);
  const value = lib.context === "pure" ? lib.fn(...lanes) : lib.context === "state" ? lib.fn(env.S, ...lanes) : lib.fn(env, ...lanes);
  const n = LANES[i.type];
  if (n === 0) return;
  if (n > 1) for (let l = 0; l < n; l++) vi[s + l] = RESULT[l]!;
  else if (isFloat(i.type)) vd[s] = value;
  else vi[s] = value;
}
