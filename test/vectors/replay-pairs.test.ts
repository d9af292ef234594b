import { REPLAYER } from "./replay.js";
import { replayTests } from "./replay-tests.js";

replayTests(REPLAYER, ["pairs"]);
