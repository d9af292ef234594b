import { replayTests } from "./replay-tests.js";

replayTests(["x87-arith", "x87-misc", "x87-math"]);
