import type { Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import { sameForAllNaNs } from "../ir/lib/sse-float.js";
import * as js from "./ast.js";

/**
 * JavaScript does not say which NaN an operation gives, x86 does (ir/lib/nan.ts); but both say when it gives one, and that arithmetic on a NaN gives a NaN. So a result
 * is not looked at where it is computed. What it is computed from, and so on, is no NaN either if a result is none: one comparison before a store, at the end of a
 * block and at each way out tells for all the arithmetic that leads to what can be seen there. If it is one, the NaNs are put right in the order of the operations.
 */
export class NaNChecks {
  /** Results not known to be right if they are NaN, in order. */
  private readonly unproven = new Map<Inst, Result>();
  /** Locals of vector registers that hold such results. */
  private readonly holders = new Map<string, Inst>();

  constructor(private readonly temp: () => string) {}

  /** The result of float arithmetic is in local `name`; `a` and `b` are the operands. */
  add(i: Inst, name: string, a: js.Expr, b: js.Expr): void {
    this.unproven.set(i, { name, a, b, from: i.args.filter((x) => this.unproven.has(x)) });
  }

  /** A local is about to be set to a value. Statements that belong before: a copy of what it held, if that is an operand of results that are not known to be right. */
  hold(local: string, value: Inst): js.Stmt[] {
    if (this.unproven.has(value)) this.holders.set(local, value);
    else this.holders.delete(local);
    let copy = "";
    const kept = (e: js.Expr): js.Expr => (e.type === "Identifier" && e.name === local ? js.id((copy ||= this.temp())) : e);
    for (const r of this.unproven.values()) {
      r.a = kept(r.a);
      r.b = kept(r.b);
    }
    return copy ? [js.constant(copy, js.id(local))] : [];
  }

  /** Statements for what has to be right before an instruction, which belong before its own. `local`: of a vector register, if it gets or sets that. */
  before(i: Inst, local: string | null): js.Stmt[] {
    if (this.unproven.size === 0) return [];
    switch (i.op.code as C) {
      case C.fadd: case C.fsub: case C.fmul: case C.fdiv: case C.fsqrt:
        return this.behind(i.args).size < MOST ? [] : this.prove(i.args);
      case C.get: {
        const held = local === null ? undefined : this.holders.get(local);
        return held ? this.prove([held]) : [];
      }
      case C.set: return local === null ? this.prove(i.args) : [];
      case C.feq: case C.flt: case C.fle: case C.funord: return [];
    }
    if (sameForAllNaNs(i.op)) return [];
    // It may be a way out.
    const all = [...i.args, ...this.holders.values()];
    return this.prove(i.op.effects.faults && this.behind(all).size > MOST ? all : i.args);
  }

  /** At the end of a block, all that registers hold is right. */
  atEnd(): js.Stmt[] {
    return this.prove([...this.holders.values()]);
  }

  /** On a way out, the same, but on that way only. */
  onExit(): js.Stmt[] {
    if (this.holders.size === 0) return [];
    return this.repair(this.behind([...this.holders.values()]));
  }

  private prove(values: readonly Inst[]): js.Stmt[] {
    const behind = this.behind(values);
    if (behind.size === 0) return [];
    // Whatever another one of them is computed from needs no look of its own.
    const covered = new Set<Inst>();
    for (const i of behind) for (const x of this.unproven.get(i)!.from) covered.add(x);
    const tests = [...behind].filter((i) => !covered.has(i)).map((i) => isNaNTest(this.unproven.get(i)!.name));
    const repair = this.repair(behind);
    const out = behind.size === 1 && repair.length === 1 ? repair[0]! : js.ifThen(tests.reduce((x, y) => js.logical("||", x, y)), repair);
    for (const i of behind) this.unproven.delete(i);
    for (const [local, i] of this.holders) if (behind.has(i)) this.holders.delete(local);
    return [out];
  }

  /** Results that values are computed from and that are unproven, themselves among them, in order. */
  private behind(values: readonly Inst[]): Set<Inst> {
    const found = new Set<Inst>();
    const visit = (i: Inst): void => {
      const r = this.unproven.get(i);
      if (!r || found.has(i)) return;
      r.from.forEach(visit);
      found.add(i);
    };
    values.forEach(visit);
    return found;
  }

  private repair(behind: ReadonlySet<Inst>): js.Stmt[] {
    const out: js.Stmt[] = [];
    for (const i of behind) {
      const { name, a, b } = this.unproven.get(i)!;
      out.push(js.ifThen(isNaNTest(name), [js.set(name, js.call("nanfix", [a, b]))]));
    }
    for (const [local, i] of this.holders) if (behind.has(i)) out.push(js.set(local, js.id(this.unproven.get(i)!.name)));
    return out;
  }
}

interface Result {
  readonly name: string;
  a: js.Expr;
  b: js.Expr;
  /** Operands that are unproven. */
  readonly from: readonly Inst[];
}

/** About as many results wait for one look: they stay alive until then, and what puts them right stands at each way out. */
const MOST = 6;

/** `t <= t` is one comparison and one branch in V8's code, `t !== t` two branches. */
function isNaNTest(name: string): js.Expr {
  return js.not(js.bin("<=", js.id(name), js.id(name)));
}
