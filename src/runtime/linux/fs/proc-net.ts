import type { Kernel } from "../contract.js";
import { type InetSocket, inetSockets } from "./inet-socket.js";
import type { Inode } from "./inode.js";
import { addressesOf, interfacesOf, maskOf, scopeOf } from "./interfaces.js";
import { type Family, familyOf, hostBytes, type InetAddress, type Network } from "./network.js";
import { SyntheticDirectory, SyntheticFile, type SyntheticFs } from "./synthetic.js";
import { unixSockets } from "./unix-socket.js";

/** /proc/net: interfaces, routes and sockets. Nobody counts packets. */

const hex = (n: number, digits: number): string => (n >>> 0).toString(16).toUpperCase().padStart(digits, "0");
const hexBytes = (bytes: Iterable<number>): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** An address as words of the processor's byte order. */
function words(host: string): string {
  const bytes = hostBytes(host);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4) text += hexBytes(bytes.slice(i, i + 4).reverse());
  return text.toUpperCase();
}

const at = (a: InetAddress): string => `${words(a.host)}:${hex(a.port, 4)}`;

function sockets(network: Network | null, family: Family, kind: 1 | 2): string {
  const six = family === 6, any = { host: six ? "0:0:0:0:0:0:0:0" : "0.0.0.0", port: 0 };
  const head = six
    ? "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    : "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
  const line = (s: InetSocket, i: number): string => {
    const [received, ahead] = s.queues, sent = s.state === "listening" ? 0 : ahead, tail = kind === 1 ? `${s.ino} 1 0000000000000000 100 0 0 10 0` : `${s.ino} 2 0000000000000000 0`;
    const state = hex(s.protocolState, 2), queues = `${hex(sent, 8)}:${hex(received, 8)}`;
    return `${String(i).padStart(kind === 1 ? 4 : 5)}: ${at(s.local)} ${at(s.remote ?? any)} ${state} ${queues} 00:00000000 00000000 ${String(s.uid).padStart(5)} ${"0".padStart(8)} ${tail}`;
  };
  const width = six ? 0 : kind === 1 ? 149 : 127;
  const list = [...(network ? inetSockets(network) : [])].filter((s) => s.family === family && s.kind === kind && s.protocolState !== 0).map(line);
  return [head + (kind === 2 ? " ref pointer drops" : ""), ...list].map((l) => `${l.padEnd(width)}\n`).join("");
}

function unix(kernel: Kernel): string {
  const lines = [...unixSockets(kernel)].map((s) => {
    const path = s.name === "" ? "" : ` ${s.name.replace(/\0/g, "@")}`;
    return `0000000000000000: ${hex(s.peer ? 3 : 2, 8)} 00000000 ${s.backlog > 0 ? "00010000" : "00000000"} ${hex(s.kind, 4)} ${s.peer ? "03" : "01"} ${String(s.ino).padStart(5)}${path}\n`;
  });
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${lines.join("")}`;
}

function devices(network: Network | null): string {
  const zeros = "       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0";
  return [
    "Inter-|   Receive                                                |  Transmit\n",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
    ...interfacesOf(network).map((i) => `${i.name.padStart(6)}:${zeros}\n`),
  ].join("");
}

function addresses6(network: Network | null): string {
  return interfacesOf(network).flatMap((i) => addressesOf(i, 6).map(({ host, prefix }) => {
    // Scopes are numbered as in struct inet6_ifaddr: link 20h, host 10h.
    const scope = { 0: "00", 253: "20", 254: "10" }[scopeOf(i, host)] ?? "00";
    return `${hexBytes(hostBytes(host))} ${i.index.toString(16).padStart(2, "0")} ${prefix.toString(16).padStart(2, "0")} ${scope} 80 ${i.name.padStart(8)}\n`;
  })).join("");
}

const RTF_UP = 1, RTF_GATEWAY = 2;

function routes(network: Network | null, family: Family): string {
  const list = (network?.routes() ?? []).filter((r) => familyOf(r.host) === family);
  if (family === 6) return list.map((r) => {
    const bytes = (host: string): string => hexBytes(hostBytes(host)), none = "0".repeat(32), flags = RTF_UP | (r.gateway ? RTF_GATEWAY : 0);
    const number = (n: number): string => n.toString(16).padStart(8, "0");
    return `${bytes(r.host)} ${r.prefix.toString(16).padStart(2, "0")} ${none} 00 ${r.gateway ? bytes(r.gateway) : none} ${number(r.metric)} ${number(1)} ${number(0)} ${number(flags)} ${r.through.padStart(8)}\n`;
  }).join("");
  const mask = (prefix: number): string => words([...maskOf(prefix, 4)].join("."));
  return ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", ...list.map((r) =>
    `${r.through}\t${words(r.host)}\t${words(r.gateway ?? "0.0.0.0")}\t${hex(RTF_UP | (r.gateway ? RTF_GATEWAY : 0), 4)}\t0\t0\t${r.metric}\t${mask(r.prefix)}\t0\t0\t0`)]
    .map((l) => `${l.padEnd(127)}\n`).join("");
}

function summary(network: Network | null, kernel: Kernel): string {
  const all = [...(network ? inetSockets(network) : [])], count = (family: Family, kind: number): number => all.filter((s) => s.family === family && s.kind === kind && s.protocolState !== 0).length;
  return `sockets: used ${all.length + unixSockets(kernel).size}\nTCP: inuse ${count(4, 1)} orphan 0 tw 0 alloc ${all.filter((s) => s.kind === 1).length} mem 0\nUDP: inuse ${count(4, 2)} mem 0\n` +
    "UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n";
}

const RAW = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";
const RAW6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";

const FIRST_INO = 0x800;

export function netDirectory(kernel: Kernel, fs: SyntheticFs, network: () => Network | null): () => Inode {
  const files: Readonly<Record<string, () => string>> = {
    arp: () => "IP address       HW type     Flags       HW address            Mask     Device\n",
    dev: () => devices(network()),
    if_inet6: () => addresses6(network()),
    ipv6_route: () => routes(network(), 6),
    netlink: () => "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n",
    packet: () => "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n",
    raw: () => RAW,
    raw6: () => RAW6,
    route: () => routes(network(), 4),
    sockstat: () => summary(network(), kernel),
    tcp: () => sockets(network(), 4, 1),
    tcp6: () => sockets(network(), 6, 1),
    udp: () => sockets(network(), 4, 2),
    udp6: () => sockets(network(), 6, 2),
    unix: () => unix(kernel),
  };
  const names = Object.keys(files);
  const made = new Map(names.map((name, i) => [name, new SyntheticFile(fs, FIRST_INO + 1 + i, files[name]!)]));
  const root = new SyntheticDirectory(fs, FIRST_INO, (name) => made.get(name) ?? null, () => names);
  return () => root;
}
