import type { LibEnv } from "./env.js";
import { Exit } from "./exit.js";
import { ARITH, condOf, FlagFamily, FlagSize, flagKind, flagsOf } from "./flags.js";
import type { Block, Inst } from "./inst.js";
import { nanfix } from "./lib/nan.js";
import { GuestFault } from "./memory.js";
import { C } from "./ops.js";
import { PENDING } from "./env.js";
import { RESULT, type LibSpec } from "./op.js";
import { CpuState, DIRTY, EXIT_ARG, FLAG_A, FLAG_KIND, FLAG_R, LEFT, PC, SEG_READ, SEG_WRITE } from "./state.js";
import { isFloat, LANES, type MemType } from "./types.js";

/** Give every value its slot in the interpreter's frame. */
export function assignSlots(block: Block): void {
  let n = 0;
  for (const i of block.insts) {
    i.slot = n;
    n += LANES[i.type];
  }
  block.frame = n;
}

// Frames: int32 lanes and double lanes by slot. Blocks do not nest, so one of each is enough.
let vi = new Int32Array(4096);
let vd = new Float64Array(4096);
const conv = new DataView(new ArrayBuffer(16));

/**
 * Tier 0: execute one block on a vCPU. Retires its instructions from LEFT, leaves PC at the next one (at the faulting one with Exit.fault)
 * and says why it stopped; Exit.none means the block ended normally.
 */
export function interpret(block: Block, env: LibEnv): Exit {
  if (block.frame < 0 || block.insts.length > 0 && block.insts[0]!.slot < 0) assignSlots(block);
  if (block.frame > vi.length) {
    vi = new Int32Array(block.frame * 2);
    vd = new Float64Array(block.frame * 2);
  }
  const state = env.state;
  const { S } = state;
  // Instructions begun; all but the last of these have retired if it faults.
  run.begun = 0;
  run.pc = block.pc;
  try {
    const stopped = execute(block.insts, env, state);
    if (stopped) {
      S[LEFT >> 2]! -= run.begun;
      run.begun = 0;
      S[PC >> 2] = run.pc;
      return Exit.none;
    }
  } catch (e) {
    if (!(e instanceof GuestFault)) throw e;
    env.fault = e;
    S[LEFT >> 2]! -= run.begun - 1;
    run.begun = 0;
    S[PC >> 2] = run.pc;
    return Exit.fault;
  }
  const t = block.term;
  let exit = Exit.none;
  switch (t.kind) {
    case "jump": S[PC >> 2] = t.target; break;
    case "branch": S[PC >> 2] = vi[t.cond.slot] ? t.taken : t.fallthrough; break;
    case "indirect": S[PC >> 2] = vi[t.target.slot]!; break;
    case "exit":
      S[PC >> 2] = t.next;
      S[EXIT_ARG >> 2] = t.arg;
      exit = t.reason;
      break;
    case "trap":
      S[PC >> 2] = t.next;
      env.fault = new GuestFault(t.vector, t.errorCode);
      // A fault does not retire its instruction, a trap (which goes on behind it) does.
      if (t.next === run.pc) run.begun--;
      exit = Exit.fault;
  }
  S[LEFT >> 2]! -= run.begun;
  run.begun = 0;
  return exit;
}

/** Where the interpreter is: shared with the catch clause without an allocation. */
const run = { pc: 0, begun: 0 };

/** Instructions of the block being interpreted that have retired at this moment, not counted in LEFT yet; 0 between blocks. */
export function retiredInBlock(): number {
  return run.begun > 0 ? run.begun - 1 : 0;
}

/** Returns true if it stopped before an instruction because translated code changed. */
function execute(insts: readonly Inst[], env: LibEnv, state: CpuState): boolean {
  const { S, F, G } = state;
  const memory = env.memory;
  for (let k = 0; k < insts.length; k++) {
    const i = insts[k]!;
    const args = i.args;
    const s = i.slot;
    const a = args.length > 0 ? args[0]!.slot : 0;
    const b = args.length > 1 ? args[1]!.slot : 0;
    if (i.op.lib !== null) {
      callLibrary(i, i.op.lib, env);
      continue;
    }
    switch (i.op.code as C) {
      case C.const:
        if (isFloat(i.type)) vd[s] = i.imm;
        else {
          vi[s] = i.imm;
          if (i.type === "i64") vi[s + 1] = i.immHi;
          else for (let l = 1; l < LANES[i.type]; l++) vi[s + l] = 0;
        }
        break;
      case C.get:
        if (i.type === "f64") vd[s] = F[i.imm >> 3]!;
        else if (i.type === "f32") vd[s] = G[i.imm >> 2]!;
        else for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = S[(i.imm >> 2) + l]!;
        break;
      case C.set:
        if (i.type === "f64") F[i.imm >> 3] = vd[a]!;
        else if (i.type === "f32") G[i.imm >> 2] = vd[a]!;
        else for (let l = 0, n = LANES[i.type]; l < n; l++) S[(i.imm >> 2) + l] = vi[a + l]!;
        break;
      case C.insn:
        if (S[DIRTY >> 2]) {
          S[DIRTY >> 2] = 0;
          if (run.begun > 0) {
            run.pc = i.imm;
            return true;
          }
        }
        run.pc = i.imm;
        run.begun++;
        break;
      case C.add:
        if (i.type === "i64") {
          const lo = (vi[a]! + vi[b]!) | 0;
          vi[s + 1] = vi[a + 1]! + vi[b + 1]! + (lo >>> 0 < vi[a]! >>> 0 ? 1 : 0);
          vi[s] = lo;
        } else vi[s] = vi[a]! + vi[b]!;
        break;
      case C.sub:
        if (i.type === "i64") {
          vi[s + 1] = vi[a + 1]! - vi[b + 1]! - (vi[a]! >>> 0 < vi[b]! >>> 0 ? 1 : 0);
          vi[s] = vi[a]! - vi[b]!;
        } else vi[s] = vi[a]! - vi[b]!;
        break;
      case C.mul: vi[s] = Math.imul(vi[a]!, vi[b]!); break;
      case C.and: for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l]! & vi[b + l]!; break;
      case C.or: for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l]! | vi[b + l]!; break;
      case C.xor: for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l]! ^ vi[b + l]!; break;
      case C.shl: vi[s] = vi[a]! << vi[b]!; break;
      case C.shr: vi[s] = vi[a]! >>> vi[b]!; break;
      case C.sar: vi[s] = vi[a]! >> vi[b]!; break;
      case C.rotl: vi[s] = (vi[a]! << vi[b]!) | (vi[a]! >>> (32 - vi[b]!)); break;
      case C.rotr: vi[s] = (vi[a]! >>> vi[b]!) | (vi[a]! << (32 - vi[b]!)); break;
      case C.ext8s: vi[s] = (vi[a]! << 24) >> 24; break;
      case C.ext16s: vi[s] = (vi[a]! << 16) >> 16; break;
      case C.clz: vi[s] = Math.clz32(vi[a]!); break;
      case C.not: vi[s] = vi[a]! ^ 1; break;
      case C.zext: vi[s] = vi[a]!; break;
      case C.eq: vi[s] = equal(args[0]!, a, b) ? 1 : 0; break;
      case C.ne: vi[s] = equal(args[0]!, a, b) ? 0 : 1; break;
      case C.ltu: vi[s] = (wide(args[0]!) && vi[a + 1] !== vi[b + 1] ? vi[a + 1]! >>> 0 < vi[b + 1]! >>> 0 : vi[a]! >>> 0 < vi[b]! >>> 0) ? 1 : 0; break;
      case C.leu: vi[s] = (wide(args[0]!) && vi[a + 1] !== vi[b + 1] ? vi[a + 1]! >>> 0 < vi[b + 1]! >>> 0 : vi[a]! >>> 0 <= vi[b]! >>> 0) ? 1 : 0; break;
      case C.lts: vi[s] = (wide(args[0]!) ? (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! < vi[b + 1]! : vi[a]! >>> 0 < vi[b]! >>> 0) : vi[a]! < vi[b]!) ? 1 : 0; break;
      case C.les: vi[s] = (wide(args[0]!) ? (vi[a + 1] !== vi[b + 1] ? vi[a + 1]! < vi[b + 1]! : vi[a]! >>> 0 <= vi[b]! >>> 0) : vi[a]! <= vi[b]!) ? 1 : 0; break;
      case C.select: {
        const from = vi[a] ? b : args[2]!.slot;
        if (isFloat(i.type)) vd[s] = vd[from]!;
        else for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[from + l]!;
        break;
      }
      case C.pack: for (let l = 0; l < args.length; l++) vi[s + l] = vi[args[l]!.slot]!; break;
      case C.lane: vi[s] = vi[a + i.imm]!; break;
      case C.fadd: vd[s] = fix(i, vd[a]! + vd[b]!, a, b); break;
      case C.fsub: vd[s] = fix(i, vd[a]! - vd[b]!, a, b); break;
      case C.fmul: vd[s] = fix(i, vd[a]! * vd[b]!, a, b); break;
      case C.fdiv: vd[s] = fix(i, vd[a]! / vd[b]!, a, b); break;
      case C.fsqrt: vd[s] = fix(i, Math.sqrt(vd[a]!), a, a); break;
      case C.feq: vi[s] = vd[a]! === vd[b]! ? 1 : 0; break;
      case C.flt: vi[s] = vd[a]! < vd[b]! ? 1 : 0; break;
      case C.fle: vi[s] = vd[a]! <= vd[b]! ? 1 : 0; break;
      case C.funord: vi[s] = vd[a]! !== vd[a]! || vd[b]! !== vd[b]! ? 1 : 0; break;
      case C.load: load(env, i.mem!, vi[a]!, s, i.rmw); break;
      case C.store: store(env, i.mem!, vi[a]!, b); break;
      case C.probe: memory.probe(vi[a]!, i.imm, i.immHi !== 0); break;
      case C.limit: {
        const seg = i.imm & 7, write = i.imm & 8;
        if (vi[a]! >>> 0 >= S[((write ? SEG_WRITE : SEG_READ) >> 2) + seg]! >>> 0 || i.immHi > 16) env.host.checkSegment(seg, vi[a]!, i.immHi, write !== 0);
        break;
      }
      case C.fset: setFlags(S, i, a, b); break;
      case C.fsetif: if (vi[a]) setFlags(S, i, b, args[2]!.slot); break;
      case C.fmod: {
        const flags = flagsOf(S[FLAG_KIND >> 2]!, S[FLAG_A >> 2]!, S[FLAG_R >> 2]!);
        S[FLAG_KIND >> 2] = flagKind(FlagFamily.RAW, FlagSize.B8);
        S[FLAG_A >> 2] = (flags & ARITH & ~i.imm) | vi[a]!;
        break;
      }
      case C.fcond: vi[s] = condOf(i.imm, flagsOf(S[FLAG_KIND >> 2]!, S[FLAG_A >> 2]!, S[FLAG_R >> 2]!)) ? 1 : 0; break;
      case C.fget: vi[s] = flagsOf(S[FLAG_KIND >> 2]!, S[FLAG_A >> 2]!, S[FLAG_R >> 2]!) & i.imm; break;
      case C.trapif:
        if (vi[a]) throw i.imm === PENDING ? env.fault : new GuestFault(i.imm, i.immHi);
        break;
    }
  }
  return false;
}

function wide(i: Inst): boolean {
  return i.type === "i64";
}

function equal(x: Inst, a: number, b: number): boolean {
  return vi[a] === vi[b] && (x.type !== "i64" || vi[a + 1] === vi[b + 1]);
}

function fix(i: Inst, r: number, a: number, b: number): number {
  if (r !== r) return nanfix(vd[a]!, vd[b]!);
  return i.type === "f32" ? Math.fround(r) : r;
}

function setFlags(S: Int32Array, i: Inst, a: number, r: number): void {
  const carry = i.args.length === 3 && i.op.code === C.fset ? vi[i.args[2]!.slot]! << 2 : 0;
  S[FLAG_KIND >> 2] = i.imm | carry;
  S[FLAG_A >> 2] = vi[a]!;
  S[FLAG_R >> 2] = vi[r]!;
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

function callLibrary(i: Inst, lib: LibSpec, env: LibEnv): void {
  const s = i.slot;
  if (lib.lanewise) {
    const [a, b, c] = i.args;
    for (let l = 0, n = LANES[i.type]; l < n; l++) {
      const x = vi[a!.slot + l]!;
      if (!b) vi[s + l] = lib.imm ? lib.fn(x, i.imm) : lib.fn(x);
      else if (!c) vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], i.imm) : lib.fn(x, vi[b.slot + l]);
      else vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], vi[c.slot + l], i.imm) : lib.fn(x, vi[b.slot + l], vi[c.slot + l]);
    }
    return;
  }
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
