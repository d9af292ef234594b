import { HOME_READ, HOME_WRITE, WINDOW } from "../ir/state.js";
import * as js from "./ast.js";
import { isForStores, type MemoryStrategy, USER_STRATEGY } from "./emit-memory.js";

/** Name of the local with a window's difference. */
function difference(window: string): string {
  return `${window}d`;
}

const outside = (window: string, addr: js.Expr, size: number): js.Expr => js.bin(">", js.toUint(js.bin("-", addr, js.id(window))), js.num(4096 - size));

function call(window: string, addr: js.Expr, size: number, several: boolean): js.Expr {
  return js.call(isForStores(window) ? (several ? "wrs" : "wr") : several ? "rds" : "rd", [addr, js.num(size)]);
}

/**
 * Whole processors: a window is a linear page and what is added to its addresses to get offsets in the buffer of physical memory. The checks return
 * the difference for an address, or 1; the page that goes with it is the address' own, but for stores it is what they leave in the state (WINDOW): beside
 * code, where the next store has to be looked at, too, another page with the same difference. Windows start at pages that the processor knows to be
 * accessible (state HOME_READ, HOME_WRITE). They last as long as a stay in the region: whatever changes the mapping, the privilege level or EFLAGS.AC leaves it.
 */
export const PAGED_STRATEGY: MemoryStrategy = {
  parameters: ["rds", "wrs"],
  frames: false,
  checkAside: null,
  windowless: null,
  keepsWindows: false,
  locals(window) {
    const home = (isForStores(window) ? HOME_WRITE : HOME_READ) >> 2;
    return [[window, js.element("S", home)], [difference(window), js.element("S", home + 1)]];
  },
  unites: () => false,
  check(window, addr, size, several, leave) {
    const refused = js.bin("===", js.assign(difference(window), call(window, addr, size, several)), js.num(1));
    const page = isForStores(window) ? js.element("S", WINDOW >> 2) : js.bin("&", addr, js.num(-4096));
    return [js.ifThen(outside(window, addr, size), [js.ifThen(refused, leave), js.set(window, page)])];
  },
  offset(window, addr, delta) {
    const moved = js.bin("+", addr, js.id(difference(window)));
    return js.toUint(delta === 0 ? moved : js.bin("+", moved, js.num(delta)));
  },
  offsetDependsOnWindow: true,
  refusedForTier0: false,
};

/**
 * Where all pages are taken to have one difference, as in unpaged roles, identity maps and kernels' direct maps, code is that of programs: windows are runs of linear
 * pages and stay from stay to stay (uniform-access.ts). What lies elsewhere is left to tier 0; a region for which that happens is compiled with PAGED_STRATEGY (machine/cpu/regions.ts).
 */
export function uniformStrategy(distance: number): MemoryStrategy {
  return {
    ...USER_STRATEGY,
    parameters: PAGED_STRATEGY.parameters,
    frames: false,
    checkAside: null,
    windowless: null,
    unites: () => false,
    offset: (_window, addr, delta) => js.toUint((delta + distance) | 0 ? js.bin("+", addr, js.num((delta + distance) | 0)) : addr),
  };
}
