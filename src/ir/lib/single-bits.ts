import { registerOp } from "../op.js";

const G = new Float32Array(1);
const I = new Int32Array(G.buffer);

/**
 * The single of given bits. A signaling NaN cannot be held as a number: compiled code leaves its region there and the instruction is executed by
 * tier 0, so the op counts as one that faults.
 */
export const SINGLE_BITS = registerOp("sse.single", { faults: true }, {
  args: ["i32"], result: "f32", context: "pure", imm: false, lanewise: false,
  fn: (bits: number) => {
    I[0] = bits;
    return G[0]!;
  },
});
