import { setFlagsFromString } from "node:v8";

/**
 * Set the JavaScript engine up for compiled guest code. To be called when the command's modules are loaded and before the guest starts.
 *
 * V8 gives a function room for type feedback after some calls only. Regions come by the hundred, and most are entered again and again for short stays:
 * those calls taught V8 nothing, so code was optimised later, and thrown away more often (docs/performance.md has the gain).
 */
export function tuneEngine(): void {
  setFlagsFromString("--no-lazy-feedback-allocation");
}
