import { replayTests } from "./replay-tests.js";

replayTests(["arith", "mov", "cond", "shift", "bits", "muldiv", "stack", "string", "flow", "system", "invalid"]);
