/** Something the user can put right: shown as one line, exit code 2. */
export class UsageError extends Error {}

/** What a failed call of the host's file system says, without its jargon. */
export function hostReason(e: unknown): string {
  switch ((e as NodeJS.ErrnoException).code) {
    case "ENOENT": return "no such file or directory";
    case "EACCES": case "EPERM": return "permission denied";
    case "EISDIR": return "is a directory";
    case "ENOTDIR": return "not a directory";
    case "ENOSPC": return "no space left on the device";
    default: return (e as Error).message;
  }
}
