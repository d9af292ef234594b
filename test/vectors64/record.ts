import { join } from "node:path";
import { FAMILIES64 } from "../vectors/codes.js";
import { record } from "../vectors/recording.js";
import { CASES } from "./cases.js";
import { Image } from "./layout.js";
import { writeOutcome } from "./store.js";

/**
 * Records vectors of 64-bit code on this machine's processor: npm run vectors -- --64 [family…]
 * Needs gcc, static libraries and an x86-64 kernel that lets this user map page 8 (vm.mmap_min_addr).
 */
record({
  here: join("test", "vectors64"), flags: ["-no-pie"], families: FAMILIES64, cases: CASES, tellsSelectors: false, image: Image, addressBytes: 8, writeOutcome,
  stepBack: (after) => {
    after.rip -= 1n;
  },
  outcome: (after, fault, writes) => ({ after, fault, writes }),
});
