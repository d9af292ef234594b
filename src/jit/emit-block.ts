import { PENDING } from "../ir/env.js";
import type { Inst } from "../ir/inst.js";
import type { LibSpec } from "../ir/op.js";
import { SINGLE_BITS } from "../ir/lib/single-bits.js";
import { BEYOND_REACH } from "../ir/lib/reach.js";
import { C, OP } from "../ir/ops.js";
import { PROBED } from "../ir/passes/split-vectors.js";
import { DIRTY, LEFT, SEG_READ, SEG_WRITE } from "../ir/state.js";
import { isFloat, LANES, MEM_SIZE } from "../ir/types.js";
import { SEGMENT_CHECK } from "../ir/lib/system.js";
import { isFastX87 } from "../ir/lib/x87-fast.js";
import { locationOf, type LocationSet } from "../ir/passes/dead-state.js";
import { placeOf } from "../ir/passes/forward-memory.js";
import type { AccessGroup } from "./access-groups.js";
import * as js from "./ast.js";
import type { RegionEmitter } from "./emit-region.js";
import { isForStores, OPEN } from "./emit-memory.js";
import { isSignaling, pureExpression } from "./emit-pure.js";
import { X87Emitter, type X87Host } from "./emit-x87.js";
import { RAW_SINGLE } from "./float-registers.js";
import { localName } from "./names.js";
import { NaNChecks } from "./nan-checks.js";
import { FLAG_OFFSETS, MEMORY, PendingValues, STATE, WINDOW } from "./pending-values.js";
import { mark, markStart } from "./positions.js";
import type { RegionNode } from "./region.js";

/**
 * Emits one block of IR as JavaScript statements, instruction by instruction, and the ways out of it. What instructions compute is held back by pending-values.ts
 * until it is needed or its inputs change; here is what statements there are for effects (state, memory, checks that may leave, library functions), and that
 * each says what it changes before it does.
 */
export class BlockEmitter {
  readonly out: js.Stmt[] = [];
  private readonly values: PendingValues;
  /** PC of the current guest instruction, and how many of the block's instructions have not retired before it ends. */
  private pc: number;
  private unretired: number;
  private checkDirty = false;
  /** What was checked last through a window: a group, or a single access (null). */
  private readonly holders = new Map<string, AccessGroup | null>();
  /** The window through which an address was checked last. */
  private readonly windows = new Map<Inst, string>();
  /** Where guest instructions begin, if positions are wanted (positions.ts): PC, index in `out`. */
  private readonly starts: number[] = [];
  private readonly nans: NaNChecks;
  /** High words of addresses that are known to be 0 here. */
  private readonly reached = new Set<Inst>();
  /** Statements of `out` that are marked. */
  private marked = 0;

  constructor(
    private readonly region: RegionEmitter,
    private readonly node: RegionNode,
    /** Accesses that are checked together. */
    private readonly groups: ReadonlyMap<Inst, AccessGroup> | null,
  ) {
    this.pc = node.pc;
    this.unretired = node.block.count;
    const temp = (): string => region.temp();
    this.values = new PendingValues(this.out, temp, region.positions === "none" ? null : (e) => mark(e, this.pc, node.id));
    this.nans = new NaNChecks(temp);
  }

  /** All instructions; `liveOut`: the flag locations that some successor in the region reads. */
  emitBody(liveOut: LocationSet): void {
    this.values.begin(this.node.block);
    const { insts, count } = this.node.block;
    if (count > 0) this.out.push(js.set("n", js.toInt(js.bin("-", js.id("n"), js.num(count)))));
    for (const i of insts) {
      this.emitInst(i);
      if (this.region.positions !== "none") this.markNew();
    }
    this.out.push(...this.nans.atEnd());
    this.values.commitFlags(liveOut);
  }

  /** Statements that are new come from the current guest instruction, unless they know better. */
  private markNew(): void {
    for (; this.marked < this.out.length; this.marked++) mark(this.out[this.marked]!, this.pc, this.node.id);
  }

  /** The block is complete, with its terminator: note which statements guest instructions begin at. */
  markStarts(): void {
    this.markNew();
    if (this.out.length === 0) this.out.push({ type: "EmptyStatement" });
    for (let k = this.starts.length - 2; k >= 0; k -= 2) markStart(this.out[Math.min(this.starts[k + 1]!, this.out.length - 1)]!, this.starts[k]!, this.node.id);
  }

  /** The block's last instruction may have stored into translated code: check on ways to other blocks of the region. */
  get dirtyAtEnd(): boolean {
    return this.checkDirty;
  }

  // Instructions.

  private emitInst(i: Inst): void {
    this.out.push(...this.nans.before(i, this.floatLocal(i)));
    if (i.op.lib) return this.emitLibrary(i, i.op.lib);
    switch (i.op.code as C) {
      case C.const: return this.values.define(i, this.constantLanes(i), 0);
      case C.get: return this.emitGet(i);
      case C.set: return this.emitSet(i);
      case C.insn:
        if (this.checkDirty) this.dirtyExit(i.imm);
        this.pc = i.imm;
        this.unretired--;
        if (this.region.positions !== "none") this.startInstruction();
        return;
      case C.fadd: return this.emitFloat(i, "+");
      case C.fsub: return this.emitFloat(i, "-");
      case C.fmul: return this.emitFloat(i, "*");
      case C.fdiv: return this.emitFloat(i, "/");
      case C.fsqrt: return this.emitFloat(i, "sqrt");
      case C.load: return this.emitLoad(i);
      case C.store: return this.emitStore(i);
      case C.probe:
        // Within a page the window of the accesses that follow does it.
        this.check(i, this.values.named(i.args[0]!)[0]!, i.imm, i.immHi !== 0);
        return;
      case C.limit: return this.emitLimit(i);
      case C.reach: return this.emitReach(i);
      case C.trapif: {
        const test = this.values.take(i.args[0]!)[0]!;
        const code = i.imm === PENDING ? js.num(PENDING) : js.num(i.imm);
        this.out.push(js.ifThen(test, [js.expr(js.call("trap", [code, js.num(i.immHi)])), ...this.leave()]));
        return;
      }
      default: {
        if (i.uses === 0) {
          i.args.forEach((a) => this.values.release(a));
          return this.values.define(i, [], 0);
        }
        const deps = this.values.depsOf(i.args);
        const units = this.values.unitsOf(i.args);
        // Operands that get their name here lose their dependencies; what is left is what the expression itself mentions.
        const lanes = pureExpression(i, { take: (k) => this.values.take(i.args[k]!), named: (k) => this.values.named(i.args[k]!) });
        if (!lanes) throw new Error(`no emitter for op ${i.op.name}`);
        this.values.define(i, lanes, deps, units);
      }
    }
  }

  private startInstruction(): void {
    const first = this.starts.length === 0;
    this.starts.push(this.pc, first ? 0 : this.out.length);
    if (this.region.positions === "step") this.out.push(js.set("pc", js.num(this.pc)));
  }

  private constantLanes(i: Inst): js.Expr[] {
    if (i.type === "i1") return [{ type: "Literal", value: i.imm !== 0 }];
    if (i.type === "i64") return [js.num(i.imm), js.num(i.immHi)];
    if (isFloat(i.type)) {
      if (i.imm !== i.imm) return [js.bin("/", js.num(0), js.num(0))];
      if (Math.abs(i.imm) === Infinity) return [js.bin("/", js.num(i.imm > 0 ? 1 : -1), js.num(0))];
    }
    return Array.from({ length: LANES[i.type] }, (_, l) => js.num(l === 0 ? i.imm : 0));
  }

  private emitGet(i: Inst): void {
    if (i.uses === 0) return this.values.define(i, [], 0);
    const offset = i.imm;
    if (isFloat(i.type)) {
      const wide = i.type === "f64";
      const local = wide ? this.region.doubleLocal(offset, false) : this.region.singleLocal(offset, false);
      if (local) return this.values.define(i, [js.id(local.name)], 0, 1 << local.unit);
      return this.values.define(i, [wide ? js.element("F", offset >> 3) : js.element("G", offset >> 2)], STATE);
    }
    let deps = 0, units = 0;
    const lanes: js.Expr[] = [];
    for (let l = 0; l < LANES[i.type]; l++) {
      const at = offset + l * 4;
      const name = localName(at);
      const local = this.region.integerLocal(at, false);
      if (local) {
        lanes.push(js.id(local.name));
        units |= 1 << local.unit;
      } else if (name) {
        this.region.useLocal(at, name);
        lanes.push(js.id(name));
        deps |= locationOf(at);
      } else {
        lanes.push(js.element("S", at >> 2));
        deps |= STATE;
      }
    }
    this.values.define(i, lanes, deps, units);
  }

  /** The local that an instruction gets or sets a double or single in. */
  private floatLocal(i: Inst): string | null {
    if ((i.op !== OP.get && i.op !== OP.set) || !isFloat(i.type)) return null;
    const local = i.type === "f64" ? this.region.doubleLocal(i.imm, false) : this.region.singleLocal(i.imm, false);
    return local?.name ?? null;
  }

  private emitSet(i: Inst): void {
    const offset = i.imm;
    const value = i.args[0]!;
    const flag = FLAG_OFFSETS.indexOf(offset);
    if (flag >= 0) {
      this.values.holdFlag(flag, value);
      this.assignLocal(offset, localName(offset)!);
      return;
    }
    if (isFloat(i.type)) {
      const local = i.type === "f64" ? this.region.doubleLocal(offset, true) : this.region.singleLocal(offset, true);
      const e = this.values.take(value)[0]!;
      if (local) {
        if (e.type === "Identifier" && e.name === local.name) return;
        this.out.push(...this.nans.hold(local.name, value));
        this.values.flush(0, 1 << local.unit);
        this.out.push(js.set(local.name, e));
        return;
      }
      this.values.flush(STATE);
      this.out.push(js.setElement(i.type === "f64" ? "F" : "G", i.type === "f64" ? offset >> 3 : offset >> 2, e));
      return;
    }
    const name = localName(offset);
    if (!name) return this.setLanes(offset, value);
    this.assignLocal(offset, name);
    this.values.assign(name, locationOf(offset), value);
  }

  private assignLocal(offset: number, name: string): void {
    this.region.useLocal(offset, name);
    this.region.assignLocal(offset);
  }

  /** Set a location that has no local of its own, or lanes of vector registers that may have. */
  private setLanes(offset: number, value: Inst): void {
    const deps = this.values.depsOf([value]), units = this.values.unitsOf([value]);
    let lanes = this.values.take(value);
    const locals = lanes.map((_, l) => this.region.integerLocal(offset + l * 4, true));
    let changed = 0, changedUnits = 0;
    for (const local of locals) {
      if (local) changedUnits |= 1 << local.unit;
      else changed = STATE;
    }
    // lanes may be made of each other's old values
    if (lanes.length > 1 && (deps & changed) | (units & changedUnits)) lanes = this.nameLanes(lanes);
    this.values.flush(changed, changedUnits);
    lanes.forEach((e, l) => this.out.push(locals[l] ? js.set(locals[l].name, e) : js.setElement("S", (offset >> 2) + l, e)));
  }

  private nameLanes(lanes: js.Expr[]): js.Expr[] {
    return lanes.map((e) => {
      const t = this.region.temp();
      this.out.push(js.constant(t, e));
      return js.id(t);
    });
  }

  private emitFloat(i: Inst, operator: "+" | "-" | "*" | "/" | "sqrt"): void {
    const a = this.values.named(i.args[0]!)[0]!;
    const b = i.args.length > 1 ? this.values.named(i.args[1]!)[0]! : a;
    const raw = operator === "sqrt" ? js.call("sqrt", [a]) : js.bin(operator, a, b);
    const t = this.region.temp();
    this.out.push(js.lets([[t, i.type === "f32" ? js.call("fround", [raw]) : raw]]));
    this.nans.add(i, t, a, b);
    this.values.define(i, [js.id(t)], 0);
  }

  // Memory (emit-memory.ts).

  /** Check an access; afterwards its bytes may be used through the window that is returned. */
  private check(access: Inst, addr: js.Expr, size: number, write: boolean): string {
    const { memory } = this.region;
    const { strategy } = memory;
    const address = access.args[0]!;
    const frame = this.region.frameWindow(access);
    if (frame !== null) {
      this.windows.set(address, frame);
      return frame;
    }
    const group = this.groups?.get(access), settled = this.region.settled.get(access);
    if (settled?.always) {
      this.windows.set(address, OPEN);
      return OPEN;
    }
    const forStores = group ? group.write : write;
    const window = settled ? memory.aside(address, settled.run, forStores) : memory.window(address, forStores);
    this.windows.set(address, window);
    const leave = (): js.Stmt[] => (strategy.refusedForTier0 ? this.leaveSingle() : this.leave());
    const refused = (at: js.Expr, bytes: number, several: boolean): js.Stmt[] =>
      settled ? memory.checkSettled(settled.run, window, at, bytes, several, leave()) : strategy.check(window, at, bytes, several, leave());
    // Where the window says where the bytes are, another check through it in between makes it useless for this group.
    const fixed = strategy.offsetDependsOnWindow;
    if (group?.checked && !(fixed && this.holders.get(window) !== group)) return window;
    if (fixed) this.values.flush(WINDOW);
    this.holders.set(window, group ?? null);
    if (!group) {
      this.out.push(...refused(addr, size, isForStores(window) !== write));
      return window;
    }
    group.checked = true;
    const back = (group.start - placeOf(address).offset) | 0;
    let start = addr;
    if (back !== 0) {
      start = address.isConst ? js.num((address.imm + back) | 0) : js.id(this.region.temp());
      if (start.type === "Identifier") this.out.push(js.constant(start.name, js.toInt(js.bin("+", addr, js.num(back)))));
    }
    this.out.push(...refused(start, group.end - group.start, true));
    return window;
  }

  /** The window of an access whose address was checked before in its instruction. */
  private checked(access: Inst, write: boolean): string {
    const address = access.args[0]!;
    return this.windows.get(address) ?? this.region.memory.window(address, write);
  }

  private emitLoad(i: Inst): void {
    const { memory } = this.region;
    const mem = i.mem!;
    const addr = this.values.named(i.args[0]!)[0]!;
    const window = i.imm & PROBED ? this.checked(i, false) : this.check(i, addr, MEM_SIZE[mem], i.rmw);
    if (i.imm & RAW_SINGLE) {
      return this.defineSingle(i, memory.load("f32", window, addr, i.immHi)[0]!, memory.load("i32", window, addr, i.immHi)[0]!);
    }
    if (i.uses === 0) return this.values.define(i, [], 0);
    const deps = this.values.depsOf(i.args) | MEMORY | (memory.strategy.offsetDependsOnWindow ? WINDOW : 0);
    this.values.define(i, memory.load(mem, window, addr, i.immHi), deps);
  }

  /** A single made of bits: leave where it is a signaling NaN, for tier 0 to execute the instruction. */
  private defineSingle(i: Inst, single: js.Expr, bits: js.Expr): void {
    const t = this.region.temp();
    this.out.push(js.constant(t, single));
    this.out.push(js.ifThen(isSignaling(js.id(t), bits), this.leaveSingle()));
    this.values.define(i, [js.id(t)], 0);
  }

  private emitStore(i: Inst): void {
    const { memory } = this.region;
    const mem = i.mem!;
    const addr = this.values.named(i.args[0]!)[0]!;
    // A pending load of one lane may be evaluated in the store itself, of several lanes not: they may overlap.
    const lanes = LANES[i.args[1]!.type] > 1 ? this.values.named(i.args[1]!) : this.values.take(i.args[1]!);
    // The check of an `rmw` store was that of the load before it, which had the same address.
    const window = i.rmw ? this.checked(i, true) : this.check(i, addr, MEM_SIZE[mem], true);
    this.values.flush(MEMORY);
    this.out.push(...memory.store(mem, window, addr, lanes, i.immHi));
  }

  /** Most accesses are known good by one comparison; the rest ask the host. */
  private emitLimit(i: Inst): void {
    const offset = this.values.named(i.args[0]!)[0]!;
    const known = js.element("S", ((i.imm & 8 ? SEG_WRITE : SEG_READ) >> 2) + (i.imm & 7));
    const fn = this.region.library(SEGMENT_CHECK);
    const refused = js.call(fn, [js.id("E"), offset, js.num(i.imm), js.num(i.immHi)]);
    const test = i.immHi > 16 ? refused : js.logical("&&", js.bin(">=", js.toUint(offset), js.toUint(known)), refused);
    this.out.push(js.ifThen(test, [js.expr(js.call("trap", [js.num(PENDING), js.num(0)])), ...this.leave()]));
  }

  /** An address of 64 bits whose high word is not known to be 0. */
  private emitReach(i: Inst): void {
    const address = i.args[0]!;
    const high = address.op === OP.pack ? address.args[1]! : address;
    if (this.reached.has(high)) {
      this.values.release(address);
      return;
    }
    this.reached.add(high);
    const lanes = this.values.named(address);
    const beyond = js.call(this.region.library(BEYOND_REACH), [js.id("E"), ...lanes, js.num(i.imm)]);
    this.out.push(js.ifThen(js.bin("!==", lanes[1]!, js.num(0)), [js.expr(beyond), js.expr(js.call("trap", [js.num(PENDING), js.num(0)])), ...this.leave()]));
  }

  // Library functions.

  private emitLibrary(i: Inst, lib: LibSpec): void {
    if (isFastX87(i.op)) return this.emitX87(i);
    const pure = lib.context === "pure";
    if (pure && i.uses === 0) {
      i.args.forEach((a) => this.values.release(a));
      return this.values.define(i, [], 0);
    }
    const fn = this.region.library(i.op);
    if (i.op === SINGLE_BITS) {
      const bits = this.values.named(i.args[0]!)[0]!;
      return this.defineSingle(i, js.call(fn, [bits]), bits);
    }
    const n = LANES[i.type];
    if (lib.lanewise) {
      const deps = this.values.depsOf(i.args);
      const units = this.values.unitsOf(i.args);
      const operands = i.args.map((a) => this.values.take(a));
      const lanes = Array.from({ length: n }, (_, l) => js.call(fn, [...operands.map((o) => o[l]!), ...(lib.imm ? [js.num(i.imm)] : [])]));
      return this.values.define(i, lanes, deps, units);
    }
    const args: js.Expr[] = pure ? [] : [js.id(lib.context === "state" ? "S" : "E")];
    const deps = this.values.depsOf(i.args);
    const units = this.values.unitsOf(i.args);
    for (const a of i.args) for (const e of this.values.take(a)) args.push(a.type === "i1" ? js.cond(e, js.num(1), js.num(0)) : e);
    if (lib.imm) args.push(js.num(i.imm));
    const result = js.call(fn, args);
    if (pure && n === 1) return this.values.define(i, [i.type === "i1" ? js.not(js.not(result)) : isFloat(i.type) ? result : js.toInt(result)], deps, units);
    if (i.op.effects.host) this.out.push(js.setElement("S", LEFT >> 2, js.toInt(js.bin("+", js.id("n"), js.num(this.unretired + 1)))));
    if (i.op.effects.writes) this.values.flush(STATE | (lib.context === "memory" ? MEMORY : 0));
    if (n === 1) {
      const t = this.region.temp();
      this.out.push(js.constant(t, i.type === "i1" ? js.not(js.not(result)) : isFloat(i.type) ? result : js.toInt(result)));
      this.values.define(i, [js.id(t)], 0);
    } else {
      this.out.push(js.expr(result));
      const lanes = Array.from({ length: n }, (_, l) => js.element("R", l) as js.Expr);
      this.values.define(i, i.uses > 0 && n > 0 ? this.nameLanes(lanes) : [], 0);
    }
    if (lib.context === "memory" && i.op.effects.writes) this.checkDirty = true;
  }

  /** An op of the x87 in locals (emit-x87.ts). */
  private emitX87(i: Inst): void {
    const { region } = this;
    const host: X87Host = {
      out: this.out,
      temp: () => region.temp(),
      scratch: () => region.scratch(),
      library: (op) => region.library(op),
      named: (inst) => this.values.named(inst),
      result: (inst, lanes) => this.values.define(inst, lanes, 0),
      leaveSingle: () => this.leaveSingle(),
      word: (offset) => {
        const local = region.integerLocal(offset, true)!;
        this.values.flush(0, 1 << local.unit);
        return local.name;
      },
      doubles: (offsets) => offsets.flatMap((at) => {
        const local = region.doubleLocal(at, false);
        return local ? [[at, local.name] as const] : [];
      }),
    };
    new X87Emitter(region.x87!, host).emit(i);
  }

  /** A library function may have stored into translated code: then leave before the next instruction. */
  private dirtyExit(pc: number): void {
    this.checkDirty = false;
    this.out.push(js.ifThen(js.bin("!==", js.element("S", DIRTY >> 2), js.num(0)), this.leaveAt(pc, this.unretired)));
  }

  // Ways out.

  /** Leave at the current instruction, which did not retire. */
  private leave(): js.Stmt[] {
    return this.leaveAt(this.pc, this.unretired + 1);
  }

  /** The same, for tier 0 to execute it. */
  private leaveSingle(): js.Stmt[] {
    return [js.set("k", js.num(this.region.single())), ...this.leave()];
  }

  leaveAt(pc: number, unretired: number): js.Stmt[] {
    const out = [...this.nans.onExit(), ...this.flagUpdates(), js.set("pc", js.num(pc))];
    if (unretired > 0) out.push(js.set("n", js.toInt(js.bin("+", js.id("n"), js.num(unretired)))));
    out.push(js.breakTo("X"));
    return out;
  }

  /** Assignments that bring the lazy flags up to date, for a way out of the block. */
  flagUpdates(): js.Stmt[] {
    return this.values.flagUpdates();
  }

  /** The condition or target that the terminator needs. */
  terminatorValue(inst: Inst, repeated: boolean): js.Expr {
    return repeated ? this.values.named(inst)[0]! : this.values.take(inst)[0]!;
  }
}
