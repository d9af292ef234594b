import type { LibEnv } from "../env.js";
import { memorial } from "../op.js";

/**
 * MASKMOVDQU and MASKMOVQ: store the bytes (as many as the immediate says) whose mask is negative. The lifter probes all of them first, as
 * processors do that fault for bytes which are not stored, too.
 */
export const MASKED_STORE = memorial("sse.maskmov", ["i32", "v128", "v128"], "void", (
  env: LibEnv, addr: number, d0: number, d1: number, d2: number, d3: number, m0: number, m1: number, m2: number, m3: number, bytes: number,
) => {
  for (let k = 0; k < bytes; k++) {
    const mask = k < 4 ? m0 : k < 8 ? m1 : k < 12 ? m2 : m3;
    const shift = (k & 3) * 8;
    if (((mask >>> shift) & 0x80) === 0) continue;
    const data = k < 4 ? d0 : k < 8 ? d1 : k < 12 ? d2 : d3;
    env.memory.store8((addr + k) | 0, (data >>> shift) & 0xff);
  }
}, true);
