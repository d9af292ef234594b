import type { Inst, Terminator } from "../ir/inst.js";
import type { Op } from "../ir/op.js";
import { OP } from "../ir/ops.js";
import { ALL_LOCATIONS, FLAG_LOCATIONS, eliminateDeadState, liveIn, type LocationSet } from "../ir/passes/dead-state.js";
import { eliminateDeadCode } from "../ir/passes/dead-code.js";
import { Exit } from "../ir/exit.js";
import { OP_ENTER, OP_LEAVE } from "../ir/lib/x87-fast.js";
import { DIRTY, EXIT, EXIT_ARG, FDP, FIP, FPX, FPX_DIRTY, FPX_LAST, FPX_OPERANDS, FPX_RESULT, FPX_SHAPE, FSW, LEFT, PC } from "../ir/state.js";
import * as js from "./ast.js";
import { unitOf } from "./float-registers.js";
import { type AccessGroup, checkedAccess, groupAccesses, safeAccesses } from "./access-groups.js";
import { BlockEmitter } from "./emit-block.js";
import { isSignaling } from "./emit-pure.js";
import { type Frame, planFrame } from "./frame-checks.js";
import { MemoryEmitter, type MemoryStrategy, MOST_LOCAL, type WindowHint } from "./emit-memory.js";
import { sourceName, withLocalConstants } from "./local-constants.js";
import { localName, PARAMETERS, STACK_POINTER } from "./names.js";
import type { VectorLocals } from "./optimize.js";
import { piecesOf } from "./pieces.js";
import type { Positions, RegionView } from "./positions.js";
import { targetSwitch } from "./emit-switch.js";
import { primingGuard } from "./prime.js";
import { type Region, type RegionNode, successors } from "./region.js";
import { type Reliance, settleAccesses, type Settled } from "./settled-pages.js";
import type { X87Plan } from "./x87-registers.js";
import { reversePostorder, structure } from "./structure.js";

/** The JavaScript of a region, as the body of a factory function (names.ts says what it gets and gives). */
export interface EmittedRegion {
  readonly body: js.Stmt[];
  /** Library ops it calls: parameters of the factory beside the fixed ones, by `libraryName`. */
  readonly libraries: readonly Op[];
  /** PC that each exit leads to; exit 0 stops. */
  readonly exits: readonly number[];
  readonly windows: readonly WindowHint[];
  /** What it takes for accessible without asking. */
  readonly reliances: readonly Reliance[];
}

/** What a region consists of. Before its end it returns where there is nothing to be undone, and then to `stop`. */
export interface RegionParts extends Pick<EmittedRegion, "libraries" | "exits" | "reliances"> {
  readonly statements: readonly js.Stmt[];
}

/** Parameter name of a library op. */
export function libraryName(op: Op): string {
  return "l_" + op.name.replace(/[^a-zA-Z0-9]/g, "_");
}

/** Names of the constants around a region: what its factory gets, in the order of `bindRegion` (compile.ts). */
export function factoryNames(strategy: readonly string[], libraries: readonly Op[]): string[] {
  return [...PARAMETERS, ...strategy, ...libraries.map(libraryName)];
}

/** Exit numbers that are not links. */
const STOP = 0;
const INDIRECT = -1;
const SINGLE = -2;

const NOTHING: ReadonlySet<Inst> = new Set();

/** Emits a region as one JavaScript function. */
export class RegionEmitter {
  private readonly locals = new Map<number, string>();
  private readonly assigned = new Set<number>();
  private readonly libraries = new Map<Op, string>();
  readonly memory: MemoryEmitter;
  private readonly exits: number[] = [-1];
  private readonly order: readonly RegionNode[];
  /** Blocks from which a way leads back. */
  private readonly looping: ReadonlySet<RegionNode>;
  private readonly frame: Frame | null;
  private readonly groups: ReadonlyMap<RegionNode, ReadonlyMap<Inst, AccessGroup>>;
  /** Accesses whose checks are done with, or have constants for bounds. */
  readonly settled: ReadonlyMap<Inst, Settled>;
  private readonly reliances: readonly Reliance[];
  /** Window of the frame, once something asked for it. */
  private stack: string | null = null;
  private readonly doubles = new Map<number, { name: string; assigned: boolean }>();
  private readonly singles = new Map<number, { name: string; assigned: boolean }>();
  private readonly integers = new Map<number, { name: string; assigned: boolean }>();
  private temps = 0;
  private usesScratch = false;
  private usesSingle = false;
  readonly positions: Positions;
  /** What blocks write of where the region is, if they do. */
  private readonly pieces: ReadonlyMap<RegionNode, number> | null;
  private tellsEntries = false;

  constructor(
    private readonly region: Region,
    private readonly vectorLocals: VectorLocals,
    strategy: MemoryStrategy,
    private readonly view: RegionView | null = null,
  ) {
    const order = reversePostorder(region.nodes[0]!), index = new Map(order.map((n, i) => [n, i]));
    this.order = order;
    this.looping = new Set(order.filter((n, i) => successors(n).some((s) => index.get(s)! <= i)));
    this.frame = strategy.frames && !region.frameless ? planFrame(region) : null;
    const frame = this.frame?.members ?? NOTHING;
    this.groups = new Map(order.map((node) => [node, groupAccesses(node.block, frame)]));
    const settled = region.rights && strategy.checkAside ? settleAccesses(order, this.groups, frame, region.rights) : null;
    this.settled = settled?.accesses ?? new Map<Inst, Settled>();
    this.reliances = settled?.reliances ?? [];
    this.memory = new MemoryEmitter(strategy.windowless && (this.looping.size === 0 || this.windowCount(strategy) > MOST_LOCAL) ? strategy.windowless : strategy);
    this.positions = view?.positions ?? "none";
    this.pieces = view?.pieces ? piecesOf(order, view.pieces) : null;
  }

  // What block emitters need.

  /** A local that is assigned and read at once. */
  scratch(): string {
    this.usesScratch = true;
    return "m";
  }

  /** The exit number of an instruction that tier 0 is to execute. */
  single(): number {
    this.usesSingle = true;
    return SINGLE;
  }

  /** The x87 as this region holds it, if it does. */
  get x87(): X87Plan | null {
    return this.vectorLocals.x87;
  }

  temp(): string {
    return `t${this.temps++}`;
  }

  useLocal(offset: number, name: string): void {
    this.locals.set(offset, name);
  }

  assignLocal(offset: number): void {
    this.assigned.add(offset);
  }

  /** The local that holds the half of a vector register at a state offset, or null; `assign`: it is written. */
  doubleLocal(offset: number, assign: boolean): { name: string; unit: number } | null {
    if (!this.vectorLocals.doubles.has(offset)) return null;
    const unit = offset >= FPX ? X87_UNIT : unitOf(offset);
    let local = this.doubles.get(offset);
    if (!local) this.doubles.set(offset, (local = { name: offset >= FPX ? x87Name(offset) : `x${unit >> 1}${unit & 1 ? "h" : ""}`, assigned: false }));
    local.assigned ||= assign;
    return { name: local.name, unit };
  }

  /** The same for a lane as a single. */
  singleLocal(offset: number, assign: boolean): { name: string; unit: number } | null {
    if (!this.vectorLocals.singles.has(offset)) return null;
    const unit = unitOf(offset & ~7);
    let local = this.singles.get(offset);
    if (!local) this.singles.set(offset, (local = { name: `f${unit >> 1}_${(offset >> 2) & 3}`, assigned: false }));
    local.assigned ||= assign;
    return { name: local.name, unit };
  }

  /** The local that holds a 32-bit lane of a vector register, or null; `assign`: it is written. */
  integerLocal(offset: number, assign: boolean): { name: string; unit: number } | null {
    if (!this.vectorLocals.integers.has(offset)) return null;
    const x87 = unitOf(offset & ~7) < 0;
    const unit = x87 ? X87_UNIT : unitOf(offset & ~7);
    let local = this.integers.get(offset);
    if (!local) this.integers.set(offset, (local = { name: x87 ? x87Name(offset) : `i${unit >> 1}_${(offset >> 2) & 3}`, assigned: false }));
    local.assigned ||= assign;
    return { name: local.name, unit };
  }

  private windowCount(strategy: MemoryStrategy): number {
    const accesses = this.region.nodes.flatMap((node) => node.block.insts.flatMap((i) => {
      const access = this.settled.has(i) ? null : checkedAccess(i);
      return access ? [{ address: i.args[0]!, write: access.write }] : [];
    }));
    return MemoryEmitter.count(accesses, strategy);
  }

  /** The window of an access that is checked on entry to the region; null: it is not. */
  frameWindow(access: Inst): string | null {
    if (!this.frame?.members.has(access)) return null;
    return (this.stack ??= this.memory.window(access.args[0]!, true));
  }

  library(op: Op): string {
    let name = this.libraries.get(op);
    if (!name) this.libraries.set(op, (name = libraryName(op)));
    return name;
  }

  private exitTo(pc: number): number {
    const known = this.exits.indexOf(pc, 1);
    return known > 0 ? known : this.exits.push(pc) - 1;
  }

  // Emission.

  /** As one JavaScript function. */
  emit(): EmittedRegion {
    const inner = [...this.emitStatements(true), this.leaveStatement()];
    const name = this.view?.name ?? `r_${(this.region.pc >>> 0).toString(16)}`;
    const hits = this.view?.hits;
    const libraries = [...this.libraries.keys()];
    const names = new Set([...factoryNames(this.memory.strategy.parameters, libraries), "P"]);
    const env = sourceName("E");
    const around: js.Stmt[] = [];
    if (this.pieces) around.push(js.constant(sourceName("P"), js.property(env, "where")));
    if (this.tellsEntries) around.push(js.constant("B", js.property(env, "entered")));
    if (hits !== undefined) around.push(js.constant("H", js.member(env, "hits", hits)));
    const whole = js.block(withLocalConstants(inner, names));
    const fn = js.ret({ type: "FunctionExpression", id: js.id(name), params: [], body: whole, generator: false, async: false });
    return { body: [...around, fn], libraries, exits: this.exits, windows: this.memory.hints, reliances: this.reliances };
  }

  /** Its statements alone, for whoever puts them together otherwise (wasm/): the state is as it has to be at their end, `n`, `pc` and `k` say where to go. */
  emitParts(): RegionParts {
    const statements = this.emitStatements(false);
    return { statements, libraries: [...this.libraries.keys()], exits: this.exits, reliances: this.reliances };
  }

  /** `primed`: with a way out at once (prime.ts). */
  private emitStatements(primed: boolean): js.Stmt[] {
    const safe = this.checkedBefore();
    const liveOut = this.flagLiveness(safe);
    const emitters = new Map<RegionNode, BlockEmitter>();
    const body = structure(this.region.nodes[0]!, {
      emit: (node, edge) => {
        const e = new BlockEmitter(this, node, this.groups.get(node) ?? null);
        emitters.set(node, e);
        return this.emitNode(e, node, liveOut.get(node)!, safe, this.pieces ? (to) => [...this.enterPiece(node, to), ...edge(to)] : edge);
      },
      backEdge: (from, to) => [js.ifThen(js.bin("<", js.id("n"), js.num(0)), emitters.get(from)!.leaveAt(to.pc, 0))],
    });
    const { x87 } = this.vectorLocals;
    const frame = this.enterFrame();
    return [
      ...this.enterPiece(null, this.region.nodes[0]!),
      ...(x87 ? this.enterX87(x87) : []),
      js.lets([["n", js.element("S", LEFT >> 2)], ["pc", js.num(0)], ["k", js.num(STOP)], ...(this.usesScratch ? [["m", js.num(0.5)] as const] : []),
        ...[...this.locals].map(([offset, name]) => [name, js.element("S", offset >> 2)] as const),
        ...[...this.doubles].map(([offset, { name }]) => [name, js.element("F", offset >> 3)] as const),
        ...[...this.singles].map(([offset, { name }]) => [name, js.element("G", offset >> 2)] as const),
        ...[...this.integers].map(([offset, { name }]) => [name, js.element("S", offset >> 2)] as const),
        ...this.memory.locals()]),
      ...this.signalingGuard(),
      js.labeled("X", js.block([...(primed ? [primingGuard()] : []), ...frame, ...body])),
      ...[...this.assigned].map((offset) => js.setElement("S", offset >> 2, js.id(this.locals.get(offset)!))),
      ...[...this.doubles].filter(([, d]) => d.assigned).map(([offset, d]) => js.setElement("F", offset >> 3, js.id(d.name))),
      ...[...this.singles].filter(([, d]) => d.assigned).map(([offset, d]) => js.setElement("G", offset >> 2, js.id(d.name))),
      ...[...this.integers].filter(([, d]) => d.assigned).map(([offset, d]) => js.setElement("S", offset >> 2, js.id(d.name))),
      ...(this.usesSingle ? [js.ifThen(js.bin("===", js.id("k"), js.num(SINGLE)), [js.setElement("S", EXIT >> 2, js.num(Exit.single)), js.set("k", js.num(STOP))])] : []),
      ...(x87 ? [js.expr(js.call(this.library(OP_LEAVE), [js.id("E"), js.id("top")]))] : []),
      js.setElement("S", LEFT >> 2, js.id("n")),
      js.setElement("S", PC >> 2, js.id("pc")),
    ];
  }

  /** Say which piece runs on the way from one block to another, or into the region. */
  private enterPiece(from: RegionNode | null, to: RegionNode): js.Stmt[] {
    const number = this.pieces?.get(to);
    return number === undefined || (from !== null && this.pieces!.get(from) === number) ? [] : [js.setElement("P", 0, js.num(number))];
  }

  /** No local holds a signaling single: with one in the state, tier 0 executes the first instruction. Nothing may be written back then. */
  private signalingGuard(): js.Stmt[] {
    const tests = [...this.singles].map(([offset, { name }]) => isSignaling(js.id(name), js.element("S", offset >> 2)));
    if (tests.length === 0) return [];
    return [js.ifThen(tests.reduce((a, b) => js.logical("||", a, b)), [
      js.setElement("S", EXIT >> 2, js.num(Exit.single)), js.setElement("S", PC >> 2, js.num(this.region.pc)), js.ret(js.element("N", STOP)),
    ])];
  }

  /** With an x87 that this region was not compiled for, tier 0 executes the first instruction. */
  private enterX87(plan: X87Plan): js.Stmt[] {
    const imm = plan.full | (plan.empty << 8) | (plan.precision === 53 ? 0x2000000 : 0x3000000);
    return [
      js.constant("top", js.call(this.library(OP_ENTER), [js.id("E"), js.num(imm)])),
      js.ifThen(js.bin("<", js.id("top"), js.num(0)), [
        js.setElement("S", EXIT >> 2, js.num(Exit.single)), js.setElement("S", PC >> 2, js.num(this.region.pc)), js.ret(js.element("N", STOP)),
      ]),
    ];
  }

  /** Check the accesses of the frame; where that is refused, tier 0 executes the first instruction. */
  private enterFrame(): js.Stmt[] {
    if (!this.frame || this.stack === null) return [];
    const { start, end } = this.frame;
    const first = this.temp();
    this.useLocal(STACK_POINTER, localName(STACK_POINTER)!);
    return [
      js.constant(first, js.toInt(js.bin("+", js.id(localName(STACK_POINTER)!), js.num(start)))),
      ...this.memory.strategy.check(this.stack, js.id(first), end - start, true, [
        ...(this.memory.strategy.refusedForTier0 ? [js.set("k", js.num(this.single()))] : []), js.set("pc", js.num(this.region.pc)), js.breakTo("X"),
      ]),
    ];
  }

  /** Accesses that cannot fault where they are made: they were checked before their block, in a group of it, or need no check. */
  private checkedBefore(): Set<Inst> {
    const safe = new Set(this.frame?.members ?? NOTHING);
    for (const [i, { always }] of this.settled) if (always) safe.add(i);
    // Where a window says where the bytes are, a group may have to be checked again.
    if (!this.memory.strategy.offsetDependsOnWindow) for (const node of this.order) safeAccesses(node.block, this.groups.get(node)!, safe);
    return safe;
  }

  private leaveStatement(): js.Stmt {
    const stop = js.element("N", STOP);
    const linked = js.logical("??", js.element("N", js.id("k")), js.call("link", [js.id("N"), js.id("k"), js.id("pc")]));
    const next = js.cond(js.bin("<", js.id("k"), js.num(0)), js.call("go", [js.id("pc")]), linked);
    return js.ret(js.cond(js.bin("<", js.id("n"), js.num(0)), stop, next));
  }

  /** Flag locations live at the end of each block on the ways that stay in the region (others take the values along). */
  private flagLiveness(safe: ReadonlySet<Inst>): Map<RegionNode, LocationSet> {
    const { order } = this;
    const out = new Map<RegionNode, LocationSet>(order.map((n) => [n, 0]));
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = order.length - 1; i >= 0; i--) {
        const node = order[i]!;
        let live = 0;
        for (const s of successors(node)) live |= liveIn(s.block, out.get(s)! | (leaves(s) ? FLAG_LOCATIONS : 0), safe);
        live &= FLAG_LOCATIONS;
        if (live !== out.get(node)) {
          out.set(node, live);
          changed = true;
        }
      }
    }
    return out;
  }

  private emitNode(e: BlockEmitter, node: RegionNode, liveOut: LocationSet, safe: ReadonlySet<Inst>, edge: (to: RegionNode) => js.Stmt[]): js.Stmt[] {
    // At the end everything may be seen if some way leaves the region there, be it for the budget.
    eliminateDeadState(node.block, leaves(node) || this.looping.has(node) ? ALL_LOCATIONS : (ALL_LOCATIONS & ~FLAG_LOCATIONS) | liveOut, safe);
    this.region.trace?.("dead-state", node);
    eliminateDeadCode(node.block);
    this.region.trace?.("dead-code", node);
    if (this.region.entries?.(node.pc)) {
      this.tellsEntries = true;
      e.out.push(js.expr(js.call("B", [js.num(node.pc)])));
    }
    if (this.view?.hits !== undefined) e.out.push(js.setElement("H", node.id, js.bin("+", js.element("H", node.id), js.num(1))));
    e.emitBody(liveOut);
    e.out.push(...this.emitTerminator(e, node, edge));
    if (this.positions !== "none") e.markStarts();
    return e.out;
  }

  private emitTerminator(e: BlockEmitter, node: RegionNode, edge: (to: RegionNode) => js.Stmt[]): js.Stmt[] {
    const t: Terminator = node.block.term;
    const inside = (to: RegionNode): js.Stmt[] => {
      const out: js.Stmt[] = [];
      if (e.dirtyAtEnd) out.push(js.ifThen(js.bin("!==", js.element("S", DIRTY >> 2), js.num(0)), e.leaveAt(to.pc, 0)));
      return [...out, ...edge(to)];
    };
    const go = (to: RegionNode | null, pc: number): js.Stmt[] => (to ? inside(to) : this.leaveTo(e, pc));
    switch (t.kind) {
      case "jump": return go(node.taken, t.target);
      case "branch": {
        // To the next instruction in any case: what follows is there once.
        if (node.taken && node.taken === node.fallthrough) return inside(node.taken);
        const test = e.terminatorValue(t.cond, false);
        return [js.ifThen(test, go(node.taken, t.taken)), ...go(node.fallthrough, t.fallthrough)];
      }
      case "indirect": {
        const target = e.terminatorValue(t.target, true);
        const out = targetSwitch(target, node.expected.map((to) => ({ pc: to.pc, body: inside(to) })));
        return [...out, ...e.flagUpdates(), js.set("pc", target), js.set("k", js.num(INDIRECT)), js.breakTo("X")];
      }
      case "exit": return [
        js.setElement("S", EXIT >> 2, js.num(t.reason)),
        js.setElement("S", EXIT_ARG >> 2, js.num(t.arg)),
        ...e.leaveAt(t.next, 0),
      ];
      case "trap": return [
        js.expr(js.call("trap", [js.num(t.vector), js.num(t.errorCode)])),
        ...e.leaveAt(t.next, t.next === lastPc(node) ? 1 : 0),
      ];
    }
  }

  /** Leave the region for a known PC. */
  private leaveTo(e: BlockEmitter, pc: number): js.Stmt[] {
    return [...e.flagUpdates(), js.set("pc", js.num(pc)), js.set("k", js.num(this.exitTo(pc))), js.breakTo("X")];
  }
}

/** What the x87's locals share of the unit bits that say which values a set changes (pending-values.ts): the last one. */
const X87_UNIT = 31;

function x87Name(offset: number): string {
  if (offset >= FPX && offset < FPX_OPERANDS) return `s${(offset - FPX) >> 4}${offset & 8 ? "l" : ""}`;
  if (offset >= FPX_OPERANDS && offset < FPX_RESULT) return `s${offset - FPX_OPERANDS < 16 ? "a" : "b"}${offset & 8 ? "l" : ""}`;
  return X87_WORDS.get(offset)!;
}

const X87_WORDS: ReadonlyMap<number, string> = new Map([
  [FSW, "fsw"], [FIP, "fip"], [FDP, "fdp"], [FPX_LAST, "last"], [FPX_SHAPE, "shape"], [FPX_DIRTY, "dirty"],
]);

function lastPc(node: RegionNode): number {
  for (let k = node.block.insts.length - 1; k >= 0; k--) if (node.block.insts[k]!.op === OP.insn) return node.block.insts[k]!.imm;
  return node.pc;
}

/** Whether a block has a way out of the region at its end. */
function leaves(n: RegionNode): boolean {
  switch (n.block.term.kind) {
    case "jump": return !n.taken;
    case "branch": return !n.taken || !n.fallthrough;
    default: return true;
  }
}
