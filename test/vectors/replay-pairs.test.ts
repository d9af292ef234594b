import { replayTests } from "./replay-tests.js";

replayTests(["pairs"]);
