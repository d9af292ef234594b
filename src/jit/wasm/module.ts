import { LINEAR_PAGES, sharedLinearMemory, webAssembly } from "../../mmu/linear-memory.js";
import { type AssembledModule, type AssembledRegion, finderBody } from "./assembled-region.js";
import { Bytes, F64, FUNCREF, I32, W } from "./encoder.js";
import type { Import } from "./expression-assembler.js";

/** What a module imports beside functions, which are `f.0`, `f.1`, …: the process' memory and table of functions, and where its bytes begin that say which functions are good. */
export const IMPORTS = { place: "e", memory: "m", table: "t", valid: "v", functions: "f" } as const;
/** What it exports: `enter(slot)` runs the function at a slot of the table; `put(slot, k)` puts the function of its region k there. */
export interface ModuleExports {
  enter(slot: number): number;
  put(slot: number, k: number): void;
}

/** Compile regions, each at most once for a mode and PC, as one module, in which they jump to each other directly; from now on that is where they are. */
export function compileModule(regions: readonly AssembledRegion[]): AssembledModule {
  const imports: Import[] = [], numbers = new Map<string, number>();
  for (const { calls } of regions) {
    for (const [, i] of calls) {
      const key = keyOf(i);
      if (numbers.has(key)) continue;
      numbers.set(key, imports.length);
      imports.push(i);
    }
  }
  const out = new Bytes();
  for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(b);
  const section = (id: number, fill: (s: Bytes) => void): void => {
    const s = new Bytes();
    fill(s);
    out.byte(id);
    out.unsigned(s.length);
    out.bytes(s.view());
  };
  const types = ["/i", "i/i", "ii/"];
  const typeOf = ({ params, result }: Import): number => {
    const known = types.indexOf(`${params}/${result}`);
    return known >= 0 ? known : types.push(`${params}/${result}`) - 1;
  };
  const importTypes = imports.map(typeOf), first = imports.length, count = regions.length, finder = first + count;
  section(1, (s) => {
    s.unsigned(types.length);
    for (const t of types) {
      s.byte(0x60);
      for (const list of t.split("/")) {
        s.unsigned(list.length);
        for (const c of list) s.byte(c === "d" ? F64 : I32);
      }
    }
  });
  section(2, (s) => {
    s.unsigned(imports.length + 3);
    const entry = (module: string, name: string, kind: number): void => {
      s.name(module);
      s.name(name);
      s.byte(kind);
    };
    entry(IMPORTS.place, IMPORTS.memory, 2);
    s.byte(sharedLinearMemory() ? 3 : 1);
    s.unsigned(LINEAR_PAGES);
    s.unsigned(LINEAR_PAGES);
    entry(IMPORTS.place, IMPORTS.table, 1);
    s.byte(FUNCREF);
    s.byte(0);
    s.unsigned(0);
    entry(IMPORTS.place, IMPORTS.valid, 3);
    s.byte(I32);
    s.byte(0);
    importTypes.forEach((type, k) => {
      entry(IMPORTS.functions, String(k), 0);
      s.unsigned(type);
    });
  });
  section(3, (s) => {
    s.unsigned(count + 3);
    for (let k = 0; k <= count; k++) s.unsigned(0);
    s.unsigned(1);
    s.unsigned(2);
  });
  section(7, (s) => {
    s.unsigned(2);
    ["enter", "put"].forEach((name, k) => {
      s.name(name);
      s.byte(0);
      s.unsigned(finder + 1 + k);
    });
  });
  section(9, (s) => {
    // one segment, passive: of functions
    s.unsigned(1);
    s.byte(1);
    s.byte(0);
    s.unsigned(count);
    for (let k = 0; k < count; k++) s.unsigned(first + k);
  });
  const modes = new Map<number, Map<number, number>>();
  regions.forEach(({ mode, pc }, k) => {
    let byPc = modes.get(mode);
    if (!byPc) modes.set(mode, (byPc = new Map()));
    byPc.set(pc, first + k);
  });
  section(10, (s) => {
    s.unsigned(count + 3);
    regions.forEach(({ mode, bytes, valid, calls, links }, k) => {
      s.unsigned(bytes.length);
      const at = s.length, targets = modes.get(mode)!;
      s.bytes(bytes);
      s.patch(at + valid, k);
      for (const [where, i] of calls) s.patch(at + where, numbers.get(keyOf(i))!);
      for (const [where, pc] of links) s.patch(at + where, (pc === null ? undefined : targets.get(pc)) ?? finder);
    });
    for (const body of [finderBody(), ENTER, PUT]) {
      s.unsigned(body.length);
      s.bytes(body);
    }
  });
  const { Module } = webAssembly()!;
  const made: AssembledModule = { module: new Module(out.view()), regions, imports };
  regions.forEach((r, at) => (r.home = { module: made, at }));
  return made;
}

export function keyOf({ name, params }: Import): string {
  return `${name}:${params}`;
}

// Bodies: no locals, code, end.
const ENTER = Uint8Array.of(0, W.local_get, 0, W.return_call_indirect, 0, 0, W.end);
/** table.init of one function. */
const PUT = Uint8Array.of(0, W.local_get, 0, W.local_get, 1, W.i32_const, 1, 0xfc, 12, 0, 0, W.end);
