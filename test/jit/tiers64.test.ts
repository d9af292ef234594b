import { USER64 } from "../../src/frontend/mode.js";
import { tiersAgree } from "../support/random-loops.js";

// i64 in the interpreter, pairs of words in compiled regions.
tiersAgree("tier 0 and tier 1 agree on 64-bit code", {
  mode: USER64,
  prefixes(r) {
    const size = r() % 8 === 0 ? [0x66] : [];
    // Mostly 64 bits; R, X and B reach the upper registers.
    return r() % 8 ? [...size, 0x40 | (r() % 3 ? 8 : 0) | (r() % 3 ? 0 : r() & 5)] : size;
  },
  modrm: [0xff, 0x63, 0xf7],
  modrm8: [0x83],
  modrm0f: [0xaf],
  plain: [0x50, 0x51, 0x53, 0x58, 0x59, 0x5b, 0x90, 0x91, 0x92, 0x98, 0x99, 0x9c, 0x9e, 0x9f, 0xf5, 0xf8, 0xf9],
  absolute: (reg) => [0x04 | (reg << 3), 0x25],
  words: 32,
  word: (r, i) => (i % 2 && r() % 3 ? (r() % 2 ? 0 : -1) : r()),
});
