import { stateful } from "../op.js";
import { FTOP, FTW } from "../state.js";

/** First thing in every MMX instruction but EMMS: TOP = 0 and all registers valid, their mantissas as raw lanes in the state. */
export const OP_MMX_ENTER = stateful("x87.mmx", [], "void", (S: Int32Array) => {
  S[FTOP >> 2] = 0;
  S[FTW >> 2] = 0xff;
});

/** EMMS: all registers empty. */
export const OP_EMMS = stateful("x87.emms", [], "void", (S: Int32Array) => {
  S[FTOP >> 2] = 0;
  S[FTW >> 2] = 0;
});
