import { PRIMING } from "../../jit/prime.js";
import { compileEmitted, emitRegion, FUNCTION_HEAD } from "../../jit/compile.js";
import type { GrowthLimits } from "../region-builder.js";
import { CodeNames } from "./code-names.js";
import type { CodeMap } from "./images.js";
import type { Inspection } from "./inspection.js";
import { dataUrl, sourceMap } from "./source-map.js";

/** Regions are whole functions, and callees functions of their own: as a debugger's user thinks of them. */
const WHOLE_FUNCTIONS: GrowthLimits = { nodes: 400, instructions: 3000, straight: 3000, callees: [] };

/**
 * Compiled code as JavaScript debuggers show it: each region a script with a name (`//# sourceURL`) and a source map to the disassembly of its function,
 * with a statement for each guest instruction to stop at. `pauseFirst`: stop where the first region begins that is not firmware's.
 */
export class DebugView {
  private names = new CodeNames(null);
  private pause: boolean;
  private readonly urls = new Map<string, number>();

  constructor(pauseFirst = false) {
    this.pause = pauseFirst;
  }

  /** Where names come from: known once there is a system. */
  set code(code: CodeMap) {
    this.names = new CodeNames(code);
  }

  /** Code may be compiled again, differently: debuggers take a breakpoint in one script of a name for one in all of them. */
  private unique(url: string): string {
    const n = (this.urls.get(url) ?? 0) + 1;
    this.urls.set(url, n);
    return n === 1 ? url : url.replace(/\.js$/, `.${n}.js`);
  }

  readonly inspection: Inspection = {
    growth: WHOLE_FUNCTIONS,
    compile: (region, source, _role, strategy) => {
      const names = this.names.of(region, source);
      const { home, at } = this.names.listingsOf(region, source, names, region.mode);
      const emitted = emitRegion(region, { positions: "step", name: names.identifier }, strategy);
      const url = this.unique(names.url);
      const map = sourceMap(url, emitted.positions, home, at, FUNCTION_HEAD + 1);
      let { code } = emitted;
      if (this.pause && !names.image?.firmware) {
        code = code.replace("() {", `() { if (!(${PRIMING})) debugger;`);
        this.pause = false;
      }
      return compileEmitted({ ...emitted, code }, `//# sourceURL=${url}\n//# sourceMappingURL=${dataUrl(map)}`);
    },
  };
}
