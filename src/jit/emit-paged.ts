import { HOME_READ, HOME_WRITE } from "../ir/state.js";
import * as js from "./ast.js";
import type { MemoryStrategy } from "./emit-memory.js";

/** Name of the local with a window's difference. */
function difference(window: string): string {
  return `${window}d`;
}

/**
 * Whole processors: a window is a linear page and what is added to its addresses to get offsets in the buffer of physical memory. `rd` and `wr`
 * return the difference for a page, or 1. Windows start at pages that the processor knows to be accessible (state HOME_READ,
 * HOME_WRITE). They last as long as the region runs: whatever changes the mapping, the privilege level or EFLAGS.AC leaves it.
 */
export const PAGED_STRATEGY: MemoryStrategy = {
  parameters: [],
  groups: false,
  locals(window) {
    const home = (window.startsWith("w") ? HOME_WRITE : HOME_READ) >> 2;
    return [[window, js.element("S", home)], [difference(window), js.element("S", home + 1)]];
  },
  denied(window, write, addr, size) {
    const outside = js.bin(">", js.toUint(js.bin("-", addr, js.id(window))), js.num(4096 - size));
    const refused = js.bin("===", js.assign(difference(window), js.call(write ? "wr" : "rd", [addr, js.num(size)])), js.num(1));
    // The second comparison never holds.
    const moved = js.bin("===", js.assign(window, js.bin("&", addr, js.num(-4096))), js.num(1));
    return js.logical("&&", outside, js.logical("||", refused, moved));
  },
  offset(window, addr, delta) {
    const moved = js.bin("+", addr, js.id(difference(window)));
    return js.toUint(delta === 0 ? moved : js.bin("+", moved, js.num(delta)));
  },
  offsetDependsOnWindow: true,
};
