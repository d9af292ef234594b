import { join } from "node:path";
import { CASES } from "./cases.js";
import { FAMILIES } from "./codes.js";
import { Image } from "./layout.js";
import { record } from "./recording.js";
import { writeOutcome } from "./store.js";

/**
 * Records vectors on this machine's processor. Usage, from the project's root: npm run vectors [-- family…]
 * Needs gcc with 32-bit support and a kernel that runs 32-bit programs and lets this user map page 8 (vm.mmap_min_addr).
 */
record({
  here: join("test", "vectors"), flags: ["-m32"], families: FAMILIES, cases: CASES, tellsSelectors: true, image: Image, addressBytes: 4, writeOutcome,
  stepBack: (after) => {
    after.eip -= 1;
  },
  outcome: (after, fault, writes) => ({ after, fault: fault && { ...fault, address: Number(fault.address) }, writes }),
});
