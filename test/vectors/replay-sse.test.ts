import { replayTests } from "./replay-tests.js";

replayTests(["mmx", "sse-move", "sse-float", "sse-convert", "sse-int", "sse4", "mxcsr"]);
