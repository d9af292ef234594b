import { REPLAYER } from "./replay.js";
import { replayTests } from "./replay-tests.js";

replayTests(REPLAYER, ["arith", "mov", "cond", "shift", "bits", "muldiv", "stack", "string", "flow", "system", "invalid"]);
