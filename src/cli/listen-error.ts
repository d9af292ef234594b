/** Why a socket cannot listen, in words. */
export function listenError(e: NodeJS.ErrnoException, port: number): string {
  switch (e.code) {
    case "EADDRINUSE": return `port ${port} is in use; choose another, or 0 for any that is free`;
    case "EACCES": return `port ${port} may not be used; those from 1024 on may`;
    case "EADDRNOTAVAIL": return "this is no address of this machine's";
    case "ENOTFOUND": case "EAI_AGAIN": return "no such host";
    default: return e.message;
  }
}
