/** "lift86/node": the host folder, standard streams and random bytes of a Node process for a LinuxSystem. */
export { HostFolder } from "./runtime/node/host-folder.js";
export { type NodeHost, nodeHost } from "./runtime/node/linux.js";
