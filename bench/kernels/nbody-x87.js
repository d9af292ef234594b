export { kernel } from "./nbody-sse2.js";
