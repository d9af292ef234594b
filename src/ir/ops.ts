import { registerOp, type Effects, type Op } from "./op.js";

/**
 * The core ops: those that the interpreter, the emitter and the passes know one by one. Everything else is a library op (op.ts; defined
 * under lib/). `T` is the instruction's type; args and result as given.
 *
 * name      args            result  imm
 * const     -               T       i32: value; i64: value and immHi; f64: value
 * get       -               T       state byte offset
 * set       T               void    state byte offset (type is the value's)
 * insn      -               void    start of a guest instruction: imm = PC, immHi = its length
 * add…xor   T,T             T       i32 or i64
 * shl…rotr  T,i32           T       i32 or i64; the count is taken modulo the width
 * ext8s/16s i32             i32     sign-extend the low 8/16 bits
 * eq…les    T,T             i1      typed by operands; the instruction's type is i1
 * and or xor i1,i1          i1      boolean too; not: i1 -> i1
 * zext      i1              i32
 * select    i1,T,T          T
 * pack      i32 × lanes     T       i64, f80, v128, v256 from lanes
 * lane      T               i32     imm = lane index
 * fadd…     T,T             T       f64 or f32 (rounded), x86 NaN rules
 * load      addr            VALUE_TYPE[mem]   aux = MemType; `intent` RMW: checked as a write
 * store     addr,value      void    aux = MemType; `checked`: an RMW load of the same bytes came before
 * probe     addr            void    imm = size; throws the fault of a write (immHi = 1) or read (0) of that range
 * limit     offset          void    imm = segment | write << 3, immHi = size: fault if these bytes are not the segment's to give
 * reach     i64             void    imm = Reach bits (lib/reach.ts): fault unless the address is in the 4 GiB that guests have
 * fset      a,r[,cin]       void    imm = flag kind: all arithmetic flags from this record
 * fsetif    cond,a,r        void    the same if cond, else unchanged
 * fmod      value           void    imm = mask: those flags become the value's bits (at their EFLAGS positions)
 * fcond     -               i1      imm = condition code
 * fget      -               i32     imm = mask: those flags at their EFLAGS positions
 * trapif    cond            void    imm = vector, immHi = error code: fault if cond
 */
const NONE: Effects = {};
const READS: Effects = { reads: true };
const WRITES: Effects = { writes: true };
const FAULTS: Effects = { reads: true, writes: true, faults: true };

export const enum C {
  const, get, set, insn,
  add, sub, mul, and, or, xor, shl, shr, sar, rotl, rotr,
  ext8s, ext16s, clz, not, zext,
  eq, ne, ltu, lts, leu, les,
  select, pack, lane,
  fadd, fsub, fmul, fdiv, fsqrt, feq, flt, fle, funord,
  load, store, probe, limit, reach,
  fset, fsetif, fmod, fcond, fget,
  trapif,
}

function core(name: string, code: C, effects: Effects): Op {
  return registerOp(name, effects, null, code);
}

/** Core ops by name. */
export const OP = {
  const: core("const", C.const, NONE),
  get: core("get", C.get, READS),
  set: core("set", C.set, WRITES),
  insn: core("insn", C.insn, { writes: true }),
  add: core("add", C.add, NONE),
  sub: core("sub", C.sub, NONE),
  mul: core("mul", C.mul, NONE),
  and: core("and", C.and, NONE),
  or: core("or", C.or, NONE),
  xor: core("xor", C.xor, NONE),
  shl: core("shl", C.shl, NONE),
  shr: core("shr", C.shr, NONE),
  sar: core("sar", C.sar, NONE),
  rotl: core("rotl", C.rotl, NONE),
  rotr: core("rotr", C.rotr, NONE),
  ext8s: core("ext8s", C.ext8s, NONE),
  ext16s: core("ext16s", C.ext16s, NONE),
  clz: core("clz", C.clz, NONE),
  not: core("not", C.not, NONE),
  zext: core("zext", C.zext, NONE),
  eq: core("eq", C.eq, NONE),
  ne: core("ne", C.ne, NONE),
  ltu: core("ltu", C.ltu, NONE),
  lts: core("lts", C.lts, NONE),
  leu: core("leu", C.leu, NONE),
  les: core("les", C.les, NONE),
  select: core("select", C.select, NONE),
  pack: core("pack", C.pack, NONE),
  lane: core("lane", C.lane, NONE),
  fadd: core("fadd", C.fadd, NONE),
  fsub: core("fsub", C.fsub, NONE),
  fmul: core("fmul", C.fmul, NONE),
  fdiv: core("fdiv", C.fdiv, NONE),
  fsqrt: core("fsqrt", C.fsqrt, NONE),
  feq: core("feq", C.feq, NONE),
  flt: core("flt", C.flt, NONE),
  fle: core("fle", C.fle, NONE),
  funord: core("funord", C.funord, NONE),
  load: core("load", C.load, { reads: true, faults: true }),
  store: core("store", C.store, FAULTS),
  probe: core("probe", C.probe, { reads: true, faults: true }),
  limit: core("limit", C.limit, { reads: true, faults: true }),
  reach: core("reach", C.reach, { reads: true, faults: true }),
  fset: core("fset", C.fset, WRITES),
  fsetif: core("fsetif", C.fsetif, WRITES),
  fmod: core("fmod", C.fmod, WRITES),
  fcond: core("fcond", C.fcond, READS),
  fget: core("fget", C.fget, READS),
  trapif: core("trapif", C.trapif, FAULTS),
} as const;
