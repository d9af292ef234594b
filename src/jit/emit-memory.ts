import type { Inst } from "../ir/inst.js";
import { OP } from "../ir/ops.js";
import { EFL } from "../ir/state.js";
import { LANES, type MemType } from "../ir/types.js";
import { LIMIT_ACCESS } from "../mmu/access-limits.js";
import { LARGEST_MEMORY } from "../mmu/user-memory.js";
import * as js from "./ast.js";
import { STACK_POINTER } from "./names.js";
import type { Run } from "./settled-pages.js";

/**
 * How compiled code gets from a guest address to bytes of the buffer `D`. A *window* is what a site remembers of its last access: locals that
 * say which page may be accessed without a check, and perhaps where it is. The binding (compile.ts) must fit the strategy.
 */
export interface MemoryStrategy {
  /** Parameters of the factory that it needs beside those of names.ts; values come from `Binding.strategy`. */
  readonly parameters: readonly string[];
  /** Locals that a window consists of, with their values on entry to the region. The first has the window's name. */
  locals(window: string): ReadonlyArray<readonly [string, js.Expr]>;
  /**
   * Statements that do `leave` if the `size` bytes at `addr` (a name or literal) must not be accessed: the instruction leaves the region, after the
   * reason was stored in the state. Otherwise they are accessible through the window afterwards. `several`: more is checked than this access needs (the
   * bytes of several, or that they may be written); if that is refused, it is to run in tier 0.
   */
  check(window: string, addr: js.Expr, size: number, several: boolean, leave: js.Stmt[]): js.Stmt[];
  /** The same without locals, behind a comparison with constants (settled-pages.ts); null: there are no such. */
  readonly checkAside: ((window: string, addr: js.Expr, size: number, several: boolean, leave: js.Stmt[]) => js.Stmt[]) | null;
  /** Whether a window of this kind of key is good for loads and stores alike (see `windowKey`). */
  unites(key: string | Inst): boolean;
  /** Whether stack accesses of a region may be checked together on entry (frame-checks.ts): windows stay what they are, whatever else is checked. */
  readonly frames: boolean;
  /** What takes its place in regions without loops, which ask little of each window, and in those with more than MOST_LOCAL windows, if anything does. */
  readonly windowless: MemoryStrategy | null;
  /** Windows are kept in W from stay to stay in the region. */
  readonly keepsWindows: boolean;
  /** Offset in the buffer of `addr + delta`, which the window lets through. */
  offset(window: string, addr: js.Expr, delta: number): js.Expr;
  /** Whether `offset` mentions the window, so that it has to be evaluated before the window's next check. */
  readonly offsetDependsOnWindow: boolean;
  /** Whether what a check refuses is for tier 0 to make: `leave` says so, and nobody else does. */
  readonly refusedForTier0: boolean;
}

/** Windows that a region with loops keeps in locals. */
export const MOST_LOCAL = 4;
/** A window in W is for accesses of up to this many bytes; at the end of what it shows there is that much less room. */
export const WINDOW_ACCESS = 16;

/** Instead of the window of accesses that need none. */
export const OPEN = "open";

/** Whether what a window lets through may be written. */
export const isForStores = (window: string): boolean => window.startsWith("w");

/** Number of a window: its locals are `r` or `w` and `q` with it, and it lies at twice that in W. */
const numberOf = (window: string): number => Number(window.slice(1));

const reachOf = (window: string): string => `q${numberOf(window)}`;

/** Offsets in the buffer of user memory have 31 bits (mmu/user-memory.ts): with this V8 knows that, whatever it knows of the address. */
const OFFSET_MASK = LARGEST_MEMORY - 1;

/** What strategies of user mode have in common: identity mapping, so only permission counts. */
const USER_MODE = {
  parameters: ["rds", "wrs", "RL", "WL"],
  frames: true,
  // Stacks are written.
  unites: (key: string | Inst) => key === `g${STACK_POINTER}`,
  offset: (window: string, addr: js.Expr, delta: number) => {
    const sum = delta === 0 ? addr : js.bin("+", addr, js.num(delta));
    return window === OPEN ? sum : js.bin("&", sum, js.num(OFFSET_MASK));
  },
  offsetDependsOnWindow: false,
  refusedForTier0: false,
} as const;

/** `rd`, `wr`, and `rds` and `wrs` for the bytes of several accesses: 1 means that they must not be accessed here. Window number `number` shows them afterwards, if windows are kept. */
function refusedByCall(window: string, addr: js.Expr, size: number, several: boolean, number: number): js.Expr {
  const check = isForStores(window) ? (several ? "wrs" : "wr") : several ? "rds" : "rd";
  return js.bin("===", js.call(check, [addr, js.num(size), js.id("W"), js.num(2 * number)]), js.num(1));
}

/** Whether an access is outside of what a window, of this start and reach, shows. */
function outsideOf(start: js.Expr, reach: js.Expr, addr: js.Expr, size: number): js.Expr {
  const more = Math.max(size - WINDOW_ACCESS, 0);
  return js.bin(">=", js.toUint(js.bin("-", addr, start)), js.toUint(more > 0 ? js.bin("-", reach, js.num(more)) : reach));
}

/** Whether an access is not below the limit that the table of its kind has for its page. */
function outsideOfLimit(window: string, addr: js.Expr, size: number): js.Expr {
  const more = Math.max(size - LIMIT_ACCESS, 0), table = js.id(isForStores(window) ? "WL" : "RL");
  const entry = js.bin("&", js.bin("+", js.bin("<<", js.bin(">>>", addr, js.num(12)), js.num(2)), table), js.num(OFFSET_MASK));
  return js.bin(">=", js.toUint(more > 0 ? js.toInt(js.bin("+", addr, js.num(more))) : addr), js.method("D", "getUint32", [entry, js.TRUE]));
}

/** User mode without windows: checks ask the tables of limits (mmu/access-limits.ts), which lie in the buffer at RL and WL. Nothing of it lives in locals. */
export const LIMITS_STRATEGY: MemoryStrategy = {
  ...USER_MODE,
  windowless: null,
  keepsWindows: false,
  locals: () => [],
  check: (window, addr, size, several, leave) => [js.ifThen(outsideOfLimit(window, addr, size), [js.ifThen(refusedByCall(window, addr, size, several, 0), leave)])],
  checkAside: (window, addr, size, several, leave) => LIMITS_STRATEGY.check(window, addr, size, several, leave),
};

/**
 * User mode: a window is a run of pages that may be accessed: its start, and how far from there an access of WINDOW_ACCESS bytes may begin. Windows are kept in W
 * from stay to stay in the region, where windows.ts keeps them right, and are locals meanwhile: a loop then compares with registers. `rd` and `wr` renew one.
 */
export const USER_STRATEGY: MemoryStrategy = {
  ...USER_MODE,
  windowless: LIMITS_STRATEGY,
  keepsWindows: true,
  locals: (window) => [[window, js.element("W", 2 * numberOf(window))], [reachOf(window), js.element("W", 2 * numberOf(window) + 1)]],
  check(window, addr, size, several, leave) {
    const number = numberOf(window), outside = outsideOf(js.id(window), js.id(reachOf(window)), addr, size);
    const renewed = [js.set(window, js.element("W", 2 * number)), js.set(reachOf(window), js.element("W", 2 * number + 1))];
    return [js.ifThen(outside, [js.ifThen(refusedByCall(window, addr, size, several, number), leave), ...renewed])];
  },
  checkAside(window, addr, size, several, leave) {
    const number = numberOf(window), outside = outsideOf(js.element("W", 2 * number), js.element("W", 2 * number + 1), addr, size);
    return [js.ifThen(outside, [js.ifThen(refusedByCall(window, addr, size, several, number), leave)])];
  },
};

/**
 * LIMITS_STRATEGY, and what a limit refuses is left to tier 0. For WebAssembly: a call would cost the code beside it registers, as that is compiled without knowing which ways
 * are taken. Refused are faults, stores to pages that hold code, and accesses over the end of a run of pages.
 */
export const SILENT_STRATEGY: MemoryStrategy = {
  ...LIMITS_STRATEGY,
  refusedForTier0: true,
  check: (window, addr, size, _several, leave) => [js.ifThen(outsideOfLimit(window, addr, size), leave)],
  checkAside: (window, addr, size, several, leave) => SILENT_STRATEGY.check(window, addr, size, several, leave),
};

/** USER_STRATEGY where each access has to be looked at (a debugger's watchpoints): windows that show nothing. */
export const WATCHED_STRATEGY: MemoryStrategy = { ...USER_STRATEGY, windowless: null };

/** Where the first access through a window will probably be: a constant and registers, as they are on entry, each shifted. What else adds to it is not known. */
export interface WindowHint {
  readonly write: boolean;
  readonly constant: number;
  /** Offsets in the state, and bits to shift by, in turns. */
  readonly registers: readonly number[];
}

/** The address that a hint names, with registers as they are in the state. */
export function expectedAt({ constant, registers }: WindowHint, S: Int32Array): number {
  let addr = constant;
  for (let i = 0; i < registers.length; i += 2) addr += S[registers[i]! >> 2]! << registers[i + 1]!;
  return addr | 0;
}

/** The parts of a sum that can be known on entry to a region. */
export function expectedAddress(address: Inst): Pick<WindowHint, "constant" | "registers"> {
  let constant = 0;
  const registers: number[] = [];
  const add = (a: Inst, shift: number): void => {
    if (a.isConst) constant = (constant + (a.imm << shift)) | 0;
    else if (a.op === OP.get && a.imm < EFL && a.type === "i32") registers.push(a.imm, shift);
    else if (a.op === OP.add) for (const part of a.args) add(part, shift);
    else if (a.op === OP.shl && a.args[1]!.isConst) add(a.args[0]!, shift + a.args[1]!.imm);
  };
  add(address, 0);
  return { constant, registers };
}

/** The windows of a region, and accesses through them. */
export class MemoryEmitter {
  private readonly windows = new Map<string | Inst, { read: string | null; write: string | null }>();
  private readonly expected: WindowHint[] = [];
  /** Windows behind bounds that are constants, by those. */
  private readonly asides = new Map<string, string>();

  constructor(readonly strategy: MemoryStrategy) {}

  /** What is known of the windows that are kept before they are used, by number. */
  get hints(): readonly WindowHint[] {
    return this.strategy.keepsWindows ? this.expected : [];
  }

  /** The window of an access: sites whose addresses start from the same register or value, or lie in the same absolute page, share one. */
  window(address: Inst, write: boolean): string {
    const key = windowKey(address);
    write ||= this.strategy.unites(key);
    let pair = this.windows.get(key);
    if (!pair) this.windows.set(key, (pair = { read: null, write: null }));
    if (write) return (pair.write ??= this.newWindow("w", address));
    return (pair.read ??= this.newWindow("r", address));
  }

  /** The window of an access that is to be in a run of pages nearly always: it has no locals, and is asked where that is not so. */
  aside(address: Inst, run: Run, write: boolean): string {
    const key = `${run.start} ${write}`;
    let window = this.asides.get(key);
    if (!window) this.asides.set(key, (window = this.newWindow(write ? "w" : "r", address)));
    return window;
  }

  /** Statements that do `leave` if the `size` bytes at `addr` must not be accessed; most are in `run`. */
  checkSettled(run: Run, window: string, addr: js.Expr, size: number, several: boolean, leave: js.Stmt[]): js.Stmt[] {
    const outside = js.bin(">=", js.toUint(js.bin("-", addr, js.num(run.start | 0))), js.num(run.end - run.start - size + 1));
    return [js.ifThen(outside, this.strategy.checkAside!(window, addr, size, several, leave))];
  }

  /** How many windows accesses at these addresses will have. */
  static count(accesses: Iterable<{ readonly address: Inst; readonly write: boolean }>, strategy: MemoryStrategy): number {
    const memory = new MemoryEmitter(strategy);
    for (const { address, write } of accesses) memory.window(address, write);
    return memory.expected.length;
  }

  private newWindow(kind: "r" | "w", address: Inst): string {
    const number = this.expected.push({ write: kind === "w", ...expectedAddress(address) }) - 1;
    return `${kind}${number}`;
  }

  /** Locals of all windows, to be declared at the region's entry. */
  locals(): Array<readonly [string, js.Expr]> {
    const out: Array<readonly [string, js.Expr]> = [];
    for (const { read, write } of this.windows.values()) {
      if (read) out.push(...this.strategy.locals(read));
      if (write) out.push(...this.strategy.locals(write));
    }
    return out;
  }

  /** The lanes of what lies `from` bytes after `addr`. */
  load(mem: MemType, window: string, addr: js.Expr, from = 0): js.Expr[] {
    const get = (name: string, delta: number): js.Expr => {
      const args = [this.strategy.offset(window, addr, from + delta)];
      if (name !== "getUint8") args.push(js.TRUE);
      return js.method("D", name, args);
    };
    switch (mem) {
      case "i8": return [get("getUint8", 0)];
      case "i16": return [get("getUint16", 0)];
      case "f32": return [get("getFloat32", 0)];
      case "f64": return [get("getFloat64", 0)];
      case "f80": return [get("getInt32", 0), get("getInt32", 4), get("getUint16", 8)];
      default: return Array.from({ length: LANES[mem] }, (_, l) => get("getInt32", l * 4));
    }
  }

  store(mem: MemType, window: string, addr: js.Expr, lanes: readonly js.Expr[], from = 0): js.Stmt[] {
    const put = (name: string, delta: number, value: js.Expr): js.Stmt => {
      const args = [this.strategy.offset(window, addr, from + delta), value];
      if (name !== "setInt8") args.push(js.TRUE);
      return js.expr(js.method("D", name, args));
    };
    switch (mem) {
      case "i8": return [put("setInt8", 0, lanes[0]!)];
      case "i16": return [put("setInt16", 0, lanes[0]!)];
      case "f32": return [put("setFloat32", 0, lanes[0]!)];
      case "f64": return [put("setFloat64", 0, lanes[0]!)];
      case "f80": return [put("setInt32", 0, lanes[0]!), put("setInt32", 4, lanes[1]!), put("setInt16", 8, lanes[2]!)];
      default: return lanes.map((e, l) => put("setInt32", l * 4, e));
    }
  }
}

function windowKey(a: Inst): string | Inst {
  let base = a;
  while ((base.op === OP.add || base.op === OP.and) && base.args[1]!.isConst) base = base.args[0]!;
  if (base.op === OP.get) return `g${base.imm}`;
  if (base.isConst) return `c${base.imm >>> 12}`;
  if (a.op === OP.add && a.args[1]!.isConst) return `k${a.args[1]!.imm >>> 12}`;
  return base;
}
