import { REPLAYER } from "./replay.js";
import { replayTests } from "./replay-tests.js";

replayTests(REPLAYER, ["mmx", "sse-move", "sse-float", "sse-convert", "sse-int", "sse4", "mxcsr"]);
