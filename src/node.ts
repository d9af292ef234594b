/** "lift86/node": the host folder, standard streams and random bytes of a Node process for a LinuxSystem, its terminal for a Machine, a socket for debuggers. */
export { HostFolder } from "./runtime/node/host-folder.js";
export { nodeNetwork } from "./runtime/node/network.js";
export { layeredRoot, type NodeHost, nodeHost } from "./runtime/node/linux.js";
export { fileSerial, type NodeSerial, stdioSerial } from "./runtime/node/serial.js";
export { type DebugListener, listenForDebugger, parseListen } from "./runtime/node/debug-listener.js";
export { type Sampler, startSampler } from "./runtime/node/sampler.js";
