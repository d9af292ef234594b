import type { Inst } from "../ir/inst.js";
import { OP } from "../ir/ops.js";
import { LANES, type MemType } from "../ir/types.js";
import * as js from "./ast.js";

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
   * An expression that is true if the `size` bytes at `addr` (a name or literal) must not be accessed: the instruction leaves the region, after the
   * reason was stored in the state. Otherwise they are accessible through the window afterwards. `several`: the bytes are those of several accesses,
   * and this is the first; if not all may be accessed, that is to run in tier 0.
   */
  denied(window: string, write: boolean, addr: js.Expr, size: number, several: boolean): js.Expr;
  /**
   * Whether accesses at constant distances from one value may be checked together, stores and loads alike and also across the end of a page
   * (access-groups.ts).
   */
  readonly groups: boolean;
  /** Offset in the buffer of `addr + delta`, which the window lets through. */
  offset(window: string, addr: js.Expr, delta: number): js.Expr;
  /** Whether `offset` mentions the window, so that it has to be evaluated before the window's next check. */
  readonly offsetDependsOnWindow: boolean;
}

/**
 * User mode: identity mapping, so only permission counts. A window is the page whose permission was checked last; `rd` and `wr` return the new
 * page, or 1; `rds` and `wrs` do so for the bytes of several accesses (UserChecks).
 */
export const USER_STRATEGY: MemoryStrategy = {
  parameters: ["rds", "wrs"],
  locals: (window) => [[window, js.id("home")]],
  groups: true,
  denied(window, write, addr, size, several) {
    const outside = js.bin(">", js.toUint(js.bin("-", addr, js.id(window))), js.num(4096 - size));
    const check = js.call(write ? (several ? "wrs" : "wr") : several ? "rds" : "rd", [addr, js.num(size)]);
    const refill: js.Expr = js.bin("===", js.assign(window, check), js.num(1));
    return js.logical("&&", outside, refill);
  },
  offset: (_window, addr, delta) => js.toUint(delta === 0 ? addr : js.bin("+", addr, js.num(delta))),
  offsetDependsOnWindow: false,
};

/** The windows of a region, and accesses through them. */
export class MemoryEmitter {
  private readonly windows = new Map<string | Inst, { read: string | null; write: string | null }>();
  private count = 0;

  constructor(readonly strategy: MemoryStrategy) {}

  /** The window of an access: sites whose addresses start from the same register or value, or lie in the same absolute page, share one. */
  window(address: Inst, write: boolean): string {
    const key = windowKey(address);
    let pair = this.windows.get(key);
    if (!pair) this.windows.set(key, (pair = { read: null, write: null }));
    if (write) return (pair.write ??= `w${this.count++}`);
    return (pair.read ??= `r${this.count++}`);
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
