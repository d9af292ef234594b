import { REPLAYER } from "./replay.js";
import { replayTests } from "./replay-tests.js";

replayTests(REPLAYER, ["x87-arith", "x87-misc", "x87-math"]);
